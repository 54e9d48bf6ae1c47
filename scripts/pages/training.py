"""Figures of the page on training."""

from __future__ import annotations

import math
from typing import Any

import torch
from matplotlib.figure import Figure as Plot

from ddpm import viz
from ddpm.data import bundled
from ddpm.loading import load
from ddpm.noise import Noise
from ddpm.recipes import recipe
from ddpm.training import loss
from scripts.workshop.formulas import LINEAR, TRAIN
from scripts.workshop.records import read_json
from scripts.workshop.registry import figure

CURVES = (
    ("train", "training", viz.SKY),
    ("validation_raw", "validation", viz.ORANGE),
    ("validation_averaged", "validation, averaged weights", viz.BLUE),
)
"""A log's keys, what they are called, and their colours."""


LOGS = ("training/attention", "training/attention-class")


@figure(
    "loss-curves",
    "training",
    caption="The loss falls fast at first and then slowly. The averaged weights are soon ahead and"
    " stay ahead. Dotted: the validation loss that the source course reported after its last"
    " epoch.",
    made="From the logs of the bundled models' trainings. Validation uses the same digits, times"
    " and noise after every epoch.",
    alt="Two plots, one below the other, of the loss against the epoch, one for each recipe."
    " Three curves each, for"
    " training, validation, and validation of the averaged weights, fall steeply in the first"
    " five epochs and flatten towards twenty; that of the averaged weights is the lowest. A"
    " dotted line marks the source's last validation loss.",
    results=(*LOGS, "sources"),
)
def loss_curves() -> Plot:
    """Train and validation loss per epoch of both attention recipes."""
    plot, panels = viz.plot(height=7.6, panels=2)
    sources = read_json("sources")
    for axes, name in zip(panels, LOGS, strict=True):
        recipe = name.partition("/")[2]
        epochs = read_json(name)["epochs"]
        x = [entry["epoch"] for entry in epochs]
        for key, label, colour in CURVES:
            axes.plot(x, [entry[key] for entry in epochs], color=colour, label=label)
        reported = sources[recipe]["validation"]
        axes.axhline(reported, color=viz.INK, linestyle=":", label="the source")
        axes.set(title=recipe, xlabel="epoch", ylim=(0.015, 0.06), xticks=range(0, 21, 5))
        axes.set_ylabel("mean squared error")
    panels[0].legend(frameon=False)
    return plot


@figure(
    "loss-by-time",
    "training",
    caption="Almost all of the loss comes from small t: very weak noise is hard to tell from the"
    " digit.",
    made="Two networks that predict the noise under the linear schedule, on 500 held-out digits at"
    " 28 times with the same noise.",
    alt="A plot of the loss on a logarithmic axis against t from 0 to 1000. It is highest at t = 1,"
    " falls steeply within the first hundred steps, and then more and more slowly.",
    models=("attention", "attention-class"),
    settings={"seed": 0},
)
def loss_by_time() -> Plot:
    """The validation loss against t."""
    plot, (axes,) = viz.plot()
    digits = bundled()
    times = [1, 2, 3, 5, 8, 12, 20, 30, *range(50, 1001, 50)]
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(0))[:500]
    for name, colour in (("attention", viz.BLUE), ("attention-class", viz.VERMILION)):
        model = load(name)
        x0 = model.recipe.scaling.to_network(digits.images[order]).to(model.device)
        labels = digits.labels[order].to(model.device)
        losses = []
        for t in times:
            eps = Noise(range(len(x0)), x0.shape[1:], model.device)()
            t_each = torch.full((len(x0),), t, device=model.device)
            with torch.no_grad():
                error = loss(model.network, model.recipe, model.schedule, x0, labels, t_each, eps)
            losses.append(float(error))
        axes.plot(times, losses, color=colour, label=name)
    axes.set(xlabel="time t", ylabel="mean squared error", yscale="log", xlim=(0, 1000))
    axes.legend(frameon=False)
    return plot


def derived() -> dict[str, Any]:
    """Weights of the bound, the average's reach, and the resolution of the arithmetic."""
    of = recipe("attention").training
    steps, decay = TRAIN // of.batch, of.average

    def weight(t: int) -> float:  # with sigma_t^2 = beta_t
        beta, alpha_bar = float(LINEAR.beta[t]), float(LINEAR.alpha_bar[t])
        return beta / (2 * (1 - beta) * (1 - alpha_bar))

    grain = torch.finfo(torch.bfloat16).eps
    return {
        "weights": {str(t): weight(t) for t in (1, 2, 100, 500)},
        "reached": math.ceil((10 * decay - 1) / (1 - decay) - 1e-6),
        "steps_of_an_epoch": steps,
        "steps": steps * of.epochs,
        "grain_above": grain,
        "grain_below": grain / 2,
    }
