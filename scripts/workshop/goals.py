"""Whether the flagship reaches its goals, by a classifier that had no part in any choice.

The bundled classifier chooses a setting for each goal. The second one shows how far it can be
trusted. A third one, which saw none of this, judges what was chosen, with other noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any

from ddpm.devices import default_device
from ddpm.records import device_name
from ddpm.sampling import StepRule, ddim
from scripts.workshop.guidance_kinds import MANY, drawn_by, within
from scripts.workshop.judge import COUNT, JUDGE, Second, floor, rows, verdict
from scripts.workshop.registry import SEED, digest_of, measurement

GOALS: Mapping[int, tuple[float, float]] = {50: (0.990, 1.25), 20: (0.990, 1.6)}
"""For at most so many evaluations the least accuracy and the largest distance over the floor, with
10,000 digits. Fixed before anything was measured."""


@dataclass(frozen=True)
class Guided:
    """A setting of the flagship, guided at the times low..high only.

    Attributes:
        sampler, steps: as for `Diffusion.sample`.
        scale: of guidance.
        low, high: the interval.
        eta: of DDIM, how much fresh noise each step mixes in.
    """

    sampler: str
    steps: int
    scale: float
    low: int = 1
    high: int = 1000
    eta: float = 0.0

    def rule(self) -> str | StepRule:
        """What `Diffusion.sample` takes as its sampler."""
        return partial(ddim, eta=self.eta) if self.eta else self.sampler


CANDIDATES = {
    "DDIM, 25 steps, 1.4 at 300 to 700": Guided("ddim", 25, 1.4, 300, 700),
    "DPM-Solver++, 20 steps, 1.2": Guided("dpm-solver", 20, 1.2),
    "DPM-Solver++, 14 steps, 1.5 at 300 to 700": Guided("dpm-solver", 14, 1.5, 300, 700),
    "DPM-Solver++, 14 steps, 1.4 at 300 to 700": Guided("dpm-solver", 14, 1.4, 300, 700),
    "DPM-Solver++, 10 steps, 1.2": Guided("dpm-solver", 10, 1.2),
    "DDIM, 35 steps, 1.4 at 350 to 700": Guided("ddim", 35, 1.4, 350, 700),
    "DPM-Solver++, 35 steps, 1.5 at 300 to 700": Guided("dpm-solver", 35, 1.5, 300, 700),
    "DDIM, eta 0.3, 35 steps, 1.3 at 300 to 700": Guided("ddim", 35, 1.3, 300, 700, 0.3),
    "DDIM, eta 0.3, 35 steps, 1.25 at 300 to 700": Guided("ddim", 35, 1.25, 300, 700, 0.3),
    "DDIM, eta 0.3, 35 steps, 1.4 at 300 to 700": Guided("ddim", 35, 1.4, 300, 700, 0.3),
    "DDIM, eta 0.3, 35 steps, 1.5 at 300 to 700": Guided("ddim", 35, 1.5, 300, 700, 0.3),
    "DPM-Solver++, 14 steps, 1.6 at 300 to 700": Guided("dpm-solver", 14, 1.6, 300, 700),
    "DPM-Solver++, 14 steps, 1.7 at 300 to 700": Guided("dpm-solver", 14, 1.7, 300, 700),
}
"""What is tried: intervals that spend few evaluations, guidance at all times, and fresh noise."""

SPARE = 2
"""A chosen row's accuracy passes the goal by so many standard errors. The largest of several
measured values is partly the largest by chance: with one, a choice missed the goal."""

JUDGED = SEED + 2
"""The noise of the verdicts, which nothing was chosen or judged by before."""


def of_setting(setting: Guided, count: int, second: Second, seed: int = SEED) -> dict[str, Any]:
    """A setting by the bundled classifier and by `second`, the evaluations that each sample took,
    and where it was measured: `second` is trained there, and differs a little between devices."""
    estimate = within(setting.scale, setting.low, setting.high)
    how = {"sampler": setting.rule(), "steps": setting.steps, "seed": seed}
    samples, asked, network = drawn_by(estimate, count, **how)
    measures = {**verdict(samples, asked), **second.verdict(samples, asked)}
    where = {"count": count, "device": device_name(default_device())}
    return {**asdict(setting), "evaluations": network.images / count, **measures, **where}


def best(table: Mapping[str, Mapping[str, Any]], evaluations: int) -> str:
    """The row for a goal: by the bundled classifier the nearest to digits of those that are
    accurate enough, with `SPARE` standard errors to spare; of all that take few enough evaluations,
    if none is."""
    few = {name: row for name, row in table.items() if row["evaluations"] <= evaluations}
    least = GOALS[evaluations][0]

    def right(row: Mapping[str, Any]) -> bool:
        return row["accuracy"] >= least + SPARE * math.sqrt(least * (1 - least) / row["count"])

    enough = [name for name, row in few.items() if right(row)]
    return min(enough or few, key=lambda name: few[name]["fid"])


@measurement
def flagship_goals(quick: bool) -> dict[str, Any]:
    """The flagship with at most 50 and at most 20 evaluations, by 10,000 digits.

    `second_NAME` is by the second classifier under "rows", and by the third one under "judged".
    """
    count, epochs = (COUNT, 1) if quick else (MANY, 6)
    second = cache(partial(Second, epochs, count))
    third = cache(partial(Second, epochs, count, **JUDGE))
    candidates = dict([*CANDIDATES.items()][-1:]) if quick else CANDIDATES
    jobs = {
        name: lambda setting=setting: of_setting(setting, count, second())
        for name, setting in candidates.items()
    }
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": count}
    prefix = "flagship_goals-quick" if quick else "flagship_goals"
    table = rows(prefix, settings, jobs)
    chosen = {most: next(iter(table)) if quick else best(table, most) for most in GOALS}

    def again(name: str) -> dict[str, Any]:
        return of_setting(candidates[name], count, third(), JUDGED)

    verdicts = {name: partial(again, name) for name in dict.fromkeys(chosen.values())}
    by = {"judge": dict(JUDGE), "judged_seed": JUDGED}
    judged = rows(f"{prefix}-judged", settings | by, verdicts)
    goals = {str(most): outcome(most, name, judged[name]) for most, name in chosen.items()}
    found = {"rows": table, "judged": judged, "goals": goals, "floor": floor(count)}
    return found | by | settings


def outcome(most: int, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A goal, the setting that was chosen for it, and what the third classifier says of that."""
    least, over = GOALS[most]
    right, near = row["second_accuracy"], row["second_fid_over_floor"]
    return {
        "setting": name,
        "least": least,
        "most": over,
        "accuracy": right,
        "times": near,
        "outcome": "reached" if right >= least and near <= over else "missed",
    }
