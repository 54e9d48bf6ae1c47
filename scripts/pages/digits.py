"""Figures and measurements of the page on the flagship, the recipe `digits`."""

from __future__ import annotations

import copy
import dataclasses
import math
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.checkpoints import Run
from ddpm.data import bundled, mnist
from ddpm.devices import default_device
from ddpm.guidance import as_eps
from ddpm.model import Diffusion
from ddpm.recipes import DIGITS, recipe
from ddpm.sampling import Step, ddim
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import strided
from ddpm.training import time_weight, train
from scripts.pages.home import DEFAULTS, each_label
from scripts.workshop.first import FIRST
from scripts.workshop.formulas import COSINE, LINEAR, log_snr, ratio, turns
from scripts.workshop.judge import COUNT, draw_fast, floor, verdict
from scripts.workshop.records import read_json
from scripts.workshop.registry import figure, measurement

NAMES = [str(digit) for digit in range(10)]


EPOCHS, LEARNED = 5, 15_000
"""The training whose samples are judged after each epoch: its epochs, and its number of digits."""


QUICKLY: dict[str, Any] = {"sampler": "dpm-solver", "steps": 10}


@measurement
def epochs(quick: bool) -> dict[str, Any]:
    """Loss and samples after each epoch of a short training, by the last weights and the mean."""
    device, asked = default_device(), torch.arange(10).repeat_interleave(COUNT // 10)
    state, digits = Run.start(FIRST, device), bundled() if quick else mnist("train")[:LEARNED]
    table: dict[str, dict[str, float]] = {}
    for progress in train(state, digits, bundled()[:500], 1 if quick else EPOCHS):
        if progress.entry is None:
            continue
        row = table[str(state.epoch)] = {"seconds": progress.entry["seconds"]}
        for name, network in (("raw", state.network), ("averaged", state.averaged)):
            images, _ = draw_fast(
                Diffusion(FIRST, copy.deepcopy(network), device), asked, **QUICKLY
            )
            row[f"{name}_loss"] = progress.entry[f"validation_{name}"]
            row |= {f"{name}_{key}": value for key, value in verdict(images, asked).items()}
    return {"rows": table, "learned": len(digits), "count": COUNT, "floor": floor(COUNT)}


@figure(
    "quality-epochs",
    "digits",
    caption="The FID (above) and the validation loss (below) after each epoch of a short training,"
    " with the last weights and with their running average.",
    made=f"The first recipe of the table on {LEARNED:,} digits, its whole cycle in {EPOCHS} epochs;"
    f" {COUNT:,} digits a point, sampled by DPM-Solver++ in 10 calls.",
    alt="Two plots against the epoch, each with a line for the last weights and one for the"
    " averaged ones. Both lines fall in both plots.",
    results=("epochs",),
)
def quality_epochs() -> Plot:
    """FID and loss against the epoch."""
    table = read_json("epochs")["rows"]
    plot, (above, below) = viz.plot(height=6.0, panels=2)
    for name, colour, label in (
        ("raw", viz.VERMILION, "last weights"),
        ("averaged", viz.BLUE, "their average"),
    ):
        for axes, key in ((above, "fid"), (below, "loss")):
            values = [row[f"{name}_{key}"] for row in table.values()]
            axes.plot([int(e) for e in table], values, color=colour, marker="o", label=label)
    above.set(ylabel="Fréchet distance")
    below.set(ylabel="loss", xlabel="epoch", xticks=[int(epoch) for epoch in table])
    above.set_xticks([int(epoch) for epoch in table])
    viz.log_scale(above)
    viz.log_scale(below)
    above.legend(frameon=False)
    return plot


@figure(
    "digits-grid",
    "digits",
    shares="each label",
    caption="Ten samples of each digit, in 25 steps each; nothing was picked.",
    made=f"The model `digits` at its default setting, which takes {DIGITS.steps} steps.",
    alt="A sheet of ten rows, one for each digit from 0 to 9, with ten samples in each: white,"
    " sharp digits on black, different in slant, width and thickness.",
    models=("digits",),
    settings={**DEFAULTS, "seed": 0},
)
def digits_grid() -> Image.Image:
    """Ten samples of each digit."""
    return viz.sheet(each_label()[-1], rows=NAMES, across="samples", down="label")


@figure(
    "what-mattered",
    "digits",
    caption="The effect of each choice: the FID after short trainings, smaller is better. Each row"
    " differs from the first in one thing.",
    made="The rows of the table, each trained on the same number of images.",
    alt="A bar chart on a logarithmic axis of the Fréchet distance of each row, the"
    " first recipe's bar in another colour; each bar has its number at its end.",
    results=("ablation",),
)
def what_mattered() -> Plot:
    """The Fréchet distance of every row."""
    rows = read_json("ablation")["rows"]
    plot, (axes,) = viz.plot(height=0.9 + 0.36 * len(rows))
    names = [*reversed(rows)]
    values = [rows[name]["fid"] for name in names]
    colours = [viz.VERMILION if name == "first" else viz.BLUE for name in names]
    axes.barh(names, values, color=colours, height=0.65)
    for place, value in enumerate(values):
        axes.text(value * 1.08, place, f"{value:.3g}", va="center", fontsize=13)
    axes.set(xscale="log", xlabel="Fréchet distance, lower is better")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(right=2.2 * max(values))
    axes.grid(axis="y", visible=False)
    return plot


def error_factor(schedule: NoiseSchedule, t: int, s: int, predicts: str) -> float:
    """By how much an error of the network's answer is multiplied in a DDIM step from t to s."""
    x, wrong = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)

    def estimate(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
        eps = as_eps(lambda x, t: wrong, predicts, schedule)(x, t)
        return eps, schedule.x0_from_eps(x, t, eps)

    eps, x0 = estimate(x, t)
    step = Step(x, t, s, eps, x0, schedule, lambda: torch.zeros_like(x), estimate)
    return abs(float(ddim(step)))


def derived() -> dict[str, Any]:
    """Targets, the angle, what can be seen at each time, and the weights of the times."""
    both = {"linear": LINEAR, "cosine": COSINE}
    path = strided(1000, 25)
    weighted = dataclasses.replace(
        recipe("digits"), training=dataclasses.replace(recipe("digits").training, min_snr=5.0)
    )
    weights = time_weight(weighted)
    assert weights is not None
    return {
        "errors": {
            name: {
                f"{t}-{s}": {p: error_factor(schedule, t, s, p) for p in ("eps", "x0", "v")}
                for t, s in ((1000, 960), (520, 480), (40, 0))
            }
            for name, schedule in both.items()
        },
        "velocity_sum": sum(error_factor(LINEAR, t, s, "v") for t, s in pairwise(path)),
        "turns": {
            "cosine": turns(COSINE, 25)[0],
            "cosine_last": turns(COSINE, 25)[-1],
            "linear_first_seven": sum(turns(LINEAR, 25)[:7]),
            "linear_last": turns(LINEAR, 25)[-1],
        },
        "slope": -4 / math.sin(2 * math.pi / 8),
        "both_seen": {
            name: sum(abs(log_snr(schedule, t)) < 4 for t in range(1, 1001)) / 1000
            for name, schedule in both.items()
        },
        "told_apart": {
            name: {
                str(t): NormalDist().cdf(20 / 2 / ratio(schedule, t))
                for t in (500, 700, 800, 900, 1000)
            }
            for name, schedule in both.items()
        },
        "min_snr": {str(t): float(weights[t]) for t in (100, 300, 500, 700, 900)},
    }
