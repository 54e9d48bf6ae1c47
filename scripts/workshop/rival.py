"""How few network calls course A's network needs, and how few the flagship needs to be as good."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ddpm.recipes import recipe
from scripts.workshop.judge import COUNT, floor, rows
from scripts.workshop.quality import kept, weights_of
from scripts.workshop.registry import measurement
from scripts.workshop.samples import Setting, judged, own

RIVAL = "attention-class"
"""Course A's network with labels: of the source's two, the one that can be asked for a digit."""

THEIRS = (10, 25, 50, 100, 250)
"""Network calls that the rival is measured with, besides all that its recipe takes."""

RULES = ("ancestral", "beta-noise")
"""The two variances of a step, which hardly differ where every time is visited."""

OURS = (3, 4, 5, 6, 8, 10)
"""Calls of the flagship by DPM-Solver++ without guidance, the fewest first."""

LESS_ACCURATE, FARTHER = 0.02, 1.1
"""As good: at most two percentage points less accurate, at most a tenth farther away.

Two standard errors of the difference of two shares of 1,000 near 0.93 are 0.023; the distance of
1,000 samples varies by some 4 percent from seed to seed. Fixed before anything was measured.
"""


def as_good(row: Mapping[str, Any], goal: Mapping[str, Any]) -> bool:
    """Whether samples are as good as the goal's, but for chance."""
    return bool(
        row["accuracy"] >= goal["accuracy"] - LESS_ACCURATE and row["fid"] <= FARTHER * goal["fid"]
    )


def reaches(row: Mapping[str, Any], goal: Mapping[str, Any]) -> bool:
    """Whether both numbers reach the goal's, without allowance."""
    return bool(row["accuracy"] >= goal["accuracy"] and row["fid"] <= goal["fid"])


def fewest(table: Mapping[str, Mapping[str, Any]], goal: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with the fewest calls that is as good as the goal; of two, the nearer to digits."""
    enough = [row for row in table.values() if as_good(row, goal)]
    return min(enough, key=lambda row: (row["steps"], row["fid"]))


def flagship(goal: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The flagship's settings, the cheapest first, up to the first that reaches the goal."""
    tried: dict[str, dict[str, Any]] = {}
    for calls in OURS:
        setting = own("digits", sampler="dpm-solver", steps=calls, guidance=1.0)
        tried[f"dpm-solver-{calls}"] = row = judged(setting)
        if reaches(row, goal):
            break
    return tried


@measurement
def rival(quick: bool) -> dict[str, Any]:
    """Accuracy and FID of course A's network over its calls, and the calls of ours as good."""
    settings = {
        f"{rule}-{steps}": Setting(RIVAL, rule, steps).whole()
        for steps in (THEIRS[:1] if quick else THEIRS)
        for rule in RULES
    }
    weights = weights_of([RIVAL, "digits"])
    jobs: dict[str, Any] = {name: partial(judged, s) for name, s in settings.items()}
    whole = recipe(RIVAL).steps
    if not quick:
        jobs[f"{RULES[0]}-{whole}"] = partial(kept, RIVAL)
    table = rows("rival-quick" if quick else "rival", weights, jobs)
    goal = [*table.values()][-1]
    ours = flagship(goal)
    reached = [*ours.values()][-1]
    return {
        "model": RIVAL,
        "rows": table,
        "goal": goal,
        "fewest": fewest(table, goal),
        "ours": ours,
        "reached": reached if reaches(reached, goal) else None,
        "less_accurate": LESS_ACCURATE,
        "farther": FARTHER,
        "weights": weights,
        "count": COUNT,
        "floor": floor(COUNT),
    }
