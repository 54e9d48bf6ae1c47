"""Measurements of the leaderboard: quality against network calls."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from ddpm import viz
from ddpm.loading import load
from ddpm.recipes import DIGITS
from scripts.workshop.costs import calls_of, steps_for
from scripts.workshop.judge import BATCH, COUNT, draw_fast, floor, natural_labels, rows
from scripts.workshop.registry import digest_of, measurement
from scripts.workshop.samples import judged, own

CALLS = (5, 10, 20, 25, 50, 100, 250, 1000)


SAMPLERS = {
    "dpm-solver": viz.VERMILION,
    "heun": viz.PURPLE,
    "ddim": viz.BLUE,
    "ancestral": viz.GREEN,
    "beta-noise": viz.ORANGE,
}
"""The samplers compared, and their colours."""


SEEDS = {5: 3, 10: 3, 20: 2, 25: 2, 50: 1, 100: 1, 250: 1, 1000: 1}
"""For each number of calls, how many seeds are measured: few calls are cheap."""


NOT_DRAWN = {"heun-eps": (10, 50)}
"""Measured with these numbers of calls but not plotted: its distances need an axis of their own."""


LONG = {
    100: ("dpm-solver", "ddim", "ancestral", "beta-noise"),
    250: ("ancestral",),
    1000: ("ancestral",),
}
"""Which samplers get very many calls; the others gain nothing from them."""


def one_setting(
    sampler: str, calls: int, count: int, seeds: int | None = None, **options: Any
) -> dict[str, Any]:
    """The flagship with one sampler and one number of calls, over its seeds."""
    setting = own("digits", sampler=sampler, steps=steps_for(sampler, calls), **options)
    return {
        **judged(setting, count, range(1, (seeds or SEEDS[calls]) + 1)),
        "calls": calls,
    }


def milliseconds(calls: int, rounds: int) -> dict[str, float]:
    """What a digit costs with each sampler, per network call.

    The samplers take turns with a batch each, and the fastest of the rounds counts, so that other
    work on the machine slows down none of them.
    """
    model, asked, best = load("digits"), natural_labels(BATCH), dict.fromkeys(SAMPLERS, math.inf)
    for _ in range(rounds):
        for sampler in SAMPLERS:
            steps = steps_for(sampler, calls)
            _, seconds = draw_fast(model, asked, sampler=sampler, steps=steps)
            cost = 1000 * seconds / len(asked) / calls_of(sampler, steps)
            best[sampler] = min(best[sampler], cost)
    return best


@measurement
def leaderboard(quick: bool) -> dict[str, Any]:
    """Accuracy, FID and seconds of every sampler at 5 to 1000 network calls."""
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": COUNT}
    jobs = {
        f"{sampler}-{calls}": partial(one_setting, sampler, calls, COUNT)
        for calls in (CALLS[:1] if quick else CALLS)
        for sampler in (*SAMPLERS, *NOT_DRAWN)
        if calls in NOT_DRAWN.get(sampler, CALLS) and sampler in LONG.get(calls, (sampler,))
    }
    table = rows("leaderboard-quick" if quick else "leaderboard", settings, jobs)
    costs = milliseconds(*((5, 1) if quick else (10, 6)))
    for row in table.values():
        if row["sampler"] in costs:
            row["milliseconds"] = calls_of(row["sampler"], row["steps"]) * costs[row["sampler"]]
    best = {}
    for calls in CALLS:
        entered = [
            row for row in table.values() if row["calls"] == calls and row["sampler"] in SAMPLERS
        ]
        if entered:
            best[str(calls)] = min(entered, key=lambda row: row["fid"])
    return {"rows": table, "best": best, "milliseconds": costs, "floor": floor(COUNT), **settings}


def one_variety(sampler: str, calls: int) -> dict[str, float]:
    """How near the samples of one setting are to real digits, and how many of those they cover."""
    found = judged(own("digits", sampler=sampler, steps=steps_for(sampler, calls)))
    return {name: found[name] for name in ("precision", "recall", "diversity")}


@measurement
def variety(quick: bool) -> dict[str, Any]:
    """Precision, recall and diversity of every sampler at few calls."""
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": COUNT}
    jobs = {
        f"{sampler}-{calls}": partial(one_variety, sampler, calls)
        for calls in ((5,) if quick else (5, 10, 25))
        for sampler in SAMPLERS
    }
    return {"rows": rows("variety-quick" if quick else "variety", settings, jobs), **settings}


@measurement
def spacings(quick: bool) -> dict[str, Any]:
    """How the choice of times changes the result of DDIM and DPM-Solver++ at few calls."""
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": COUNT}
    jobs = {
        f"{sampler}-{calls}-{spacing}": partial(
            one_setting, sampler, calls, COUNT, seeds=1, spacing=spacing
        )
        for sampler in ("ddim", "dpm-solver")
        for calls in ((5,) if quick else (5, 10, 25))
        for spacing in ("trailing", "uniform", "quadratic")
    }
    name = "spacings-quick" if quick else "spacings"
    return {"rows": rows(name, settings, jobs), "floor": floor(COUNT), **settings}


FINALISTS = (
    ("dpm-solver", 10, DIGITS.guidance),
    ("dpm-solver", 20, 1.2),
    ("ddim", 25, 1.2),
    ("heun", 25, 1.25),
    ("dpm-solver", 25, 1.25),
    ("ddim", 25, 1.25),
)
"""The settings that are measured with ten thousand digits: sampler, calls, guidance."""


def finalist(sampler: str, calls: int, guidance: float, count: int) -> dict[str, Any]:
    """The flagship with one setting, by many digits."""
    steps = steps_for(sampler, calls)
    setting = own("digits", sampler=sampler, steps=steps, guidance=guidance)
    return {**judged(setting, count), "calls": calls}


@measurement
def ten_thousand(quick: bool) -> dict[str, Any]:
    """Accuracy and FID of a few settings by ten thousand digits, where the floor is low."""
    count = COUNT if quick else 10_000
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": count}
    jobs = {
        f"{sampler}-{calls}-{guidance:g}": partial(finalist, sampler, calls, guidance, count)
        for sampler, calls, guidance in FINALISTS
    }
    table = rows("ten_thousand-quick" if quick else "ten_thousand", settings, jobs)
    good = [
        f"{row['sampler']} with {row['calls']} calls at a scale of {row['guidance']:g}"
        for row in table.values()
        if row["accuracy"] >= ACCURATE and row["fid_over_floor"] <= NEAR
    ]
    return {
        "rows": table,
        "good": "; ".join(good) or "none",
        "accurate": ACCURATE,
        "near": NEAR,
        "floor": floor(count),
        **settings,
    }


ACCURATE, NEAR = 0.99, 2.0
"""The least accuracy and the largest distance over the floor of a good setting."""
