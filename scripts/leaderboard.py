"""Quality against network calls, for every sampler: the leaderboard's numbers and figures."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image

from ddpm import viz
from ddpm.diffusion import load
from ddpm.recipes import DIGITS
from scripts.common import read_json
from scripts.exact import steps_for
from scripts.judge import COUNT, draw_fast, floor, natural_labels, over_seeds, rows, verdict
from scripts.registry import SEED, digest_of, figure, measurement

CALLS = (5, 10, 20, 25, 50, 100, 250, 1000)
SAMPLERS = {
    "dpm-solver": viz.VERMILION,
    "heun": viz.PURPLE,
    "ddim": viz.BLUE,
    "ancestral": viz.GREEN,
    "beta-noise": viz.ORANGE,
}
"""The samplers compared, and their colours."""

SEEDS = {5: 3, 10: 3, 20: 2, 25: 3, 50: 1, 100: 1, 250: 1, 1000: 1}
"""Over how many seeds each number of calls is measured: few calls are cheap."""

NOT_DRAWN = ("heun-eps",)
"""Measured too; its distances would need an axis of their own."""

LONG = {
    100: ("dpm-solver", "ddim", "ancestral", "beta-noise"),
    250: ("ddim", "ancestral"),
    1000: ("ancestral",),
}
"""Which samplers are given very many calls; the others have nothing to gain from them."""


def one_setting(
    sampler: str, calls: int, count: int, seeds: int | None = None, **options: Any
) -> dict[str, Any]:
    """The flagship with one sampler and so many calls, over the seeds that it is given."""
    model, asked = load("digits"), natural_labels(count)
    steps, verdicts, seconds = steps_for(sampler, calls), [], []
    for seed in range(1, (seeds or SEEDS[calls]) + 1):
        images, spent = draw_fast(model, asked, sampler=sampler, steps=steps, seed=seed, **options)
        verdicts.append(verdict(images, asked))
        seconds.append(spent)
    return {
        "sampler": sampler,
        "calls": calls,
        "steps": steps,
        "seeds": len(verdicts),
        **over_seeds(verdicts),
        "milliseconds": 1000 * sum(seconds) / len(seconds) / count,
    }


@measurement
def leaderboard(quick: bool) -> dict[str, Any]:
    """Accuracy, FID and seconds of every sampler at 5 to 1000 network calls."""
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": COUNT}
    jobs = {
        f"{sampler}-{calls}": partial(one_setting, sampler, calls, COUNT)
        for calls in (CALLS[:1] if quick else CALLS)
        for sampler in LONG.get(calls, (*SAMPLERS, *NOT_DRAWN))
    }
    table = rows("leaderboard-quick" if quick else "leaderboard", settings, jobs)
    best = {}
    for calls in CALLS:
        entered = [row for row in table.values() if row["calls"] == calls]
        if entered:
            best[str(calls)] = min(entered, key=lambda row: row["fid"])
    return {"rows": table, "best": best, "floor": floor(COUNT), **settings}


@measurement
def spacings(quick: bool) -> dict[str, Any]:
    """How the choice of times changes the result of DDIM and DPM-Solver++ at few calls."""
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": COUNT}
    jobs = {
        f"{sampler}-{calls}-{spacing}": partial(
            one_setting, sampler, calls, COUNT, seeds=2, spacing=spacing
        )
        for sampler in ("ddim", "dpm-solver")
        for calls in ((5,) if quick else (5, 10, 25))
        for spacing in ("trailing", "uniform", "quadratic")
    }
    name = "spacings-quick" if quick else "spacings"
    return {"rows": rows(name, settings, jobs), "floor": floor(COUNT), **settings}


FINALISTS = (
    ("dpm-solver", 10, DIGITS.guidance),
    ("dpm-solver", 15, 1.2),
    ("heun", 19, 1.2),
    ("ddim", 25, DIGITS.guidance),
    ("ddim", 25, 1.2),
)
"""The settings that are measured with ten thousand digits: sampler, calls, guidance."""

ACCURATE, NEAR = 0.99, 2.0
"""What a good setting has at least of accuracy, and at most of its distance over the floor."""


def finalist(sampler: str, calls: int, guidance: float, count: int) -> dict[str, Any]:
    """The flagship with one setting, by many digits."""
    model, asked = load("digits"), natural_labels(count)
    steps = steps_for(sampler, calls)
    images, seconds = draw_fast(
        model, asked, sampler=sampler, steps=steps, guidance=guidance, seed=SEED
    )
    return {
        "sampler": sampler,
        "calls": calls,
        "guidance": guidance,
        **verdict(images, asked),
        "milliseconds": 1000 * seconds / count,
    }


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


def _axes_of_calls(plot: Plot, label: str) -> Any:
    axes = plot.axes[0]
    axes.set(xscale="log", xlabel="network calls", ylabel=label)
    axes.set_xticks(CALLS, [str(calls) for calls in CALLS], fontsize=13)
    axes.minorticks_off()
    return axes


def _curve(key: str, label: str) -> Plot:
    measured = read_json("leaderboard")
    plot, _ = viz.plot(height=4.6)
    axes = _axes_of_calls(plot, label)
    for sampler, colour in SAMPLERS.items():
        entries = [row for row in measured["rows"].values() if row["sampler"] == sampler]
        axes.errorbar(
            [row["calls"] for row in entries],
            [row[key] for row in entries],
            yerr=[row.get(f"{key}_spread", 0) for row in entries],
            color=colour,
            marker="o",
            markersize=5,
            capsize=3,
            label=sampler,
        )
    axes.legend(frameon=False, fontsize=14)
    return plot


@figure(
    "leaderboard-fid",
    "leaderboard",
    caption="Distance from real digits against network calls, for each sampler.",
    made="The model `digits`, a thousand digits a point; bars show the spread over seeds where"
    " there are several.",
    alt="A plot with the number of network calls from 5 to 1000 on a logarithmic axis and the"
    " Fréchet distance on another, one line for each of five samplers, and a dotted line for the"
    " floor that real digits have.",
    results=("leaderboard",),
)
def leaderboard_fid() -> Plot:
    """FID against calls."""
    plot = _curve("fid", "Fréchet distance")
    axes = plot.axes[0]
    level = read_json("leaderboard")["floor"]
    axes.axhline(level, color=viz.INK, linestyle=":")
    axes.text(1000, level, "real digits", ha="right", va="bottom", fontsize=14)
    viz.log_scale(axes)
    return plot


@figure(
    "leaderboard-accuracy",
    "leaderboard",
    caption="The share of digits that are read as asked, against network calls.",
    made="The same samples as in the figure above.",
    alt="A plot with the number of network calls from 5 to 1000 on a logarithmic axis and the"
    " share read as asked, one line for each of five samplers.",
    results=("leaderboard",),
)
def leaderboard_accuracy() -> Plot:
    """Accuracy against calls."""
    return _curve("accuracy", "read as asked")


@figure(
    "leaderboard-grid",
    "leaderboard",
    caption="The same noise through every sampler, with 5, 10 and 25 network calls.",
    made="The model `digits` at its default guidance, one sample of each label.",
    alt="Fifteen rows of the digits 0 to 9 in three groups, for 5, 10 and 25 calls, with one row"
    " for each of five samplers in each group.",
    models=("digits",),
    settings={"calls": [5, 10, 25], "samplers": list(SAMPLERS), "seed": 4},
)
def leaderboard_grid() -> Image.Image:
    """Labels 0 to 9 for three budgets and five samplers."""
    model, images, names = load("digits"), [], []
    for calls in (5, 10, 25):
        for sampler in SAMPLERS:
            steps = steps_for(sampler, calls)
            drawn = model.sample(labels=range(10), sampler=sampler, steps=steps, seed=4)
            images.append(drawn[:, 0])
            names.append(f"{calls}, {sampler}")
    columns = [str(digit) for digit in range(10)]
    return viz.sheet(torch.stack(images), rows=names, columns=columns, across="label")
