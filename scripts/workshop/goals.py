"""Whether the flagship reaches its goals, by a classifier that had no part in any choice.

The bundled classifier chooses a setting for each goal, and the second one judges it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any

from ddpm.devices import default_device
from ddpm.records import device_name
from ddpm.sampling import StepRule, ddim
from scripts.workshop.guidance_kinds import MANY, drawn_by, within
from scripts.workshop.judge import COUNT, Second, floor, rows, verdict
from scripts.workshop.registry import digest_of, measurement

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
}
"""What is tried: intervals that spend few evaluations, and guidance at all times."""


def of_setting(setting: Guided, count: int, second: Second) -> dict[str, Any]:
    """A setting by both classifiers, the evaluations that each sample took, and where it was
    measured: the second classifier is trained there, and differs a little between devices."""
    estimate = within(setting.scale, setting.low, setting.high)
    how = {"sampler": setting.rule(), "steps": setting.steps}
    samples, asked, network = drawn_by(estimate, count, **how)
    measures = {**verdict(samples, asked), **second.verdict(samples, asked)}
    where = {"count": count, "device": device_name(default_device())}
    return {**asdict(setting), "evaluations": network.images / count, **measures, **where}


def best(table: Mapping[str, Mapping[str, Any]], evaluations: int) -> str:
    """The row for a goal: by the bundled classifier the nearest to digits of those that are
    accurate enough; of all that take few enough evaluations, if none is."""
    few = {name: row for name, row in table.items() if row["evaluations"] <= evaluations}
    least = GOALS[evaluations][0]
    right = {name: row for name, row in few.items() if row["accuracy"] >= least} or few
    return min(right, key=lambda name: right[name]["fid"])


@measurement
def flagship_goals(quick: bool) -> dict[str, Any]:
    """The flagship with at most 50 and at most 20 evaluations, by 10,000 digits."""
    count = COUNT if quick else MANY
    second = cache(partial(Second, 1 if quick else 6, count))
    chosen = dict([*CANDIDATES.items()][-1:]) if quick else CANDIDATES
    jobs = {
        name: lambda setting=setting: of_setting(setting, count, second())
        for name, setting in chosen.items()
    }
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": count}
    table = rows("flagship_goals-quick" if quick else "flagship_goals", settings, jobs)
    goals = {}
    for most, (accuracy, over) in GOALS.items():
        name = best(table, most) if not quick else next(iter(table))
        row = table[name]
        right, near = row["second_accuracy"], row["second_fid_over_floor"]
        goals[str(most)] = {
            "setting": name,
            "least": accuracy,
            "most": over,
            "accuracy": right,
            "times": near,
            "outcome": "reached" if right >= accuracy and near <= over else "missed",
        }
    return {"rows": table, "goals": goals, "floor": floor(count), **settings}
