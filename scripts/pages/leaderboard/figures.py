"""Figures of the leaderboard."""

from __future__ import annotations

from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image

from ddpm import viz
from ddpm.loading import load
from scripts.pages.leaderboard.measurements import CALLS, SAMPLERS
from scripts.workshop.costs import steps_for
from scripts.workshop.records import read_json
from scripts.workshop.registry import figure


def _axes_of_calls(plot: Plot, label: str) -> Any:
    axes = plot.axes[0]
    axes.set(xscale="log", xlabel="network calls", ylabel=label)
    axes.set_xticks(CALLS, ["" if calls == 20 else str(calls) for calls in CALLS])  # 20 by 25
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
    " there are several. With 5 and 10 calls `beta-noise` lies far above the plot.",
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
    axes.text(1000, level, "real digits", ha="right", va="top", fontsize=14)
    axes.set_ylim(0.06, 0.6)
    viz.log_scale(axes)
    return plot


@figure(
    "leaderboard-accuracy",
    "leaderboard",
    caption="Accuracy against network calls, for each sampler.",
    made="The same samples as in the figure above.",
    alt="A plot with the number of network calls from 5 to 1000 on a logarithmic axis and the"
    " accuracy, one line for each of five samplers.",
    results=("leaderboard",),
)
def leaderboard_accuracy() -> Plot:
    """Accuracy against calls."""
    return _curve("accuracy", "accuracy")


@figure(
    "leaderboard-grid",
    "leaderboard",
    caption="The same noise through every sampler, with 5, 10 and 20 network calls.",
    made="The model `digits`, one sample of each label; only the sampler and its steps differ.",
    alt="Fifteen rows of the digits 0 to 9 in three groups, for 5, 10 and 20 calls, with one row"
    " for each of five samplers in each group.",
    models=("digits",),
    settings={"calls": [5, 10, 20], "samplers": list(SAMPLERS), "seed": 4},
)
def leaderboard_grid() -> Image.Image:
    """Labels 0 to 9 for three budgets and five samplers."""
    model, images, names = load("digits"), [], []
    for calls in (5, 10, 20):
        for sampler in SAMPLERS:
            steps = steps_for(sampler, calls)
            drawn = model.sample(labels=range(10), sampler=sampler, steps=steps, seed=4)
            images.append(drawn[:, 0])
            names.append(f"{calls}, {sampler}")
    columns = [str(digit) for digit in range(10)]
    return viz.sheet(torch.stack(images), rows=names, columns=columns, across="label")
