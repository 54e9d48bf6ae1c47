"""Figures of the models of courses B and C, from what was kept while they were trained."""

from __future__ import annotations

from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image

from ddpm import viz
from ddpm.data import mnist
from ddpm.devices import fast_arithmetic
from ddpm.images import read_pictures
from ddpm.loading import bundled_models, load
from ddpm.recipes import recipe
from ddpm.recipes import recipe as find_recipe
from ddpm.training import learning_rate, loss, validate
from scripts.pages.training import CURVES
from scripts.workshop.formulas import (
    LINEAR,
    OF_RECIPE,
    PIXELS,
    SCHEDULES,
    ratio,
)
from scripts.workshop.records import read_json, results_file
from scripts.workshop.registry import SEED, digest_of, figure, measurement

COURSES = ("resunet-small", "time", "class", "denoiser")


@measurement
def losses(quick: bool) -> dict[str, Any]:
    """The loss of every bundled model on MNIST's test digits, in float32."""
    digits = mnist("test")[: 500 if quick else 10_000]
    models = {}
    for name in ["digits"] if quick else bundled_models():
        model = load(name)
        models[name] = {
            "test": validate(model.network, model.recipe, digits, exact=True),
            "set": model.recipe.weights,
            "weights": digest_of(f"weights/{name}.safetensors"),
        }
    return {"models": models, "count": len(digits)}


@measurement
def telling(quick: bool) -> dict[str, Any]:
    """What the label is worth: the error with the right one, with none and with a wrong one."""
    digits, table = mnist("test")[: 100 if quick else 1000], {}
    for name in ("class", "resunet-small", "digits"):
        model = load(name)
        recipe, device = model.recipe, model.device
        x0 = recipe.scaling.to_network(digits.images).to(device)
        eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(SEED)).to(device)
        told = digits.labels.to(device)
        answers = {"told": told, "none": told * 0 + recipe.classes, "wrong": (told + 1) % 10}
        for quarter in (1, 2, 3, 4):
            t = torch.full_like(told, recipe.T * quarter // 4)
            with torch.no_grad(), fast_arithmetic(device):
                errors = {
                    key: float(loss(model.network, recipe, model.schedule, x0, labels, t, eps))
                    for key, labels in answers.items()
                }
            saved = 1 - errors["told"] / errors["none"]
            table[f"{name}, {quarter}/4"] = {**errors, "saved": saved}
    return {"rows": table, "count": len(digits)}


@figure(
    "loss-curves-courses",
    "courses",
    caption="The losses of the other courses' recipes; dotted, what course B reported for its own"
    " 128 features. Each is on its own terms: they do not compare with one another.",
    made="From the logs of the bundled models' trainings; the validation uses the same digits,"
    " times and noise after every epoch.",
    alt="Four plots, one below the other, of the loss against the epoch, one for each recipe. In"
    " each the curves for training and validation fall steeply at first and flatten. In the first"
    " a dotted line, the source's, runs below them.",
    results=("sources", *(f"training/{name}" for name in COURSES)),
)
def loss_curves_of_courses() -> Plot:
    """Train and validation loss per epoch of the recipes of courses B and C."""
    plot, panels = viz.plot(height=12.0, panels=len(COURSES))
    for axes, name in zip(panels, COURSES, strict=True):
        epochs = read_json(f"training/{name}")["epochs"]
        x = [entry["epoch"] for entry in epochs]
        for key, label, colour in CURVES:
            axes.plot(x, [entry[key] for entry in epochs], color=colour, label=label)
        if name == "resunet-small":
            theirs = read_json("sources")["resunet"]["test_by_epoch"]
            axes.plot(x, theirs, color=viz.INK, linestyle=":")
            words = "the source's test"
            axes.text(x[0], theirs[-1], words, va="center", fontsize=13)
        top = 1.1 * max(epochs[1]["train"], *(e["validation_averaged"] for e in epochs[1:]))
        axes.set(title=name, xlabel="epoch", ylabel="mean squared error", xticks=_ticks(len(x)))
        axes.set_ylim(top=min(top, axes.get_ylim()[1]))
    panels[0].legend(frameon=False, fontsize=13)
    return plot


def _ticks(epochs: int) -> range:
    return range(0, epochs + 1, 5) if epochs > 10 else range(1, epochs + 1)


def _grids(name: str) -> Image.Image:
    """What a model drew after some of its epochs, four rows of ten for each."""
    kept = read_pictures(results_file(f"training/{name}.npz"))
    # Drawn label by label, four of each: a column is a digit.
    rows = [images[:, 0].unflatten(0, (10, 4)).transpose(0, 1) for images in kept.values()]
    names = [f"epoch {epoch}" if row == 0 else "" for epoch in kept for row in range(4)]
    labels = find_recipe(name).classes
    return viz.sheet(torch.cat(rows), rows=names, columns=[*map(str, range(10))] if labels else [])


@figure(
    "time-epochs",
    "courses",
    caption="Samples of the recipe time after epoch 5 and after epoch 20, from the same noise.",
    made="Kept while the bundled model was trained: 300 ancestral steps with the averaged weights.",
    alt="Eight rows of ten generated digits. The upper four rows, after epoch 5, have more"
    " strokes that form no digit than the lower four, after epoch 20.",
    results=("training/time.npz",),
    settings={"seed": 0},
)
def time_epochs() -> Image.Image:
    """Unconditional samples after epochs 5 and 20."""
    return _grids("time")


@figure(
    "class-epochs",
    "courses",
    caption="Every digit as the recipe class draws it after epoch 5 and after epoch 20.",
    made="Kept while the bundled model was trained: 300 ancestral steps with guidance 5 and the"
    " averaged weights; the same noise for both epochs.",
    alt="Eight rows of the digits 0 to 9, four after epoch 5 and four after epoch 20. All can be"
    " read as the digit above their column; they look alike within a column.",
    results=("training/class.npz",),
    settings={"seed": 0},
)
def class_epochs() -> Image.Image:
    """Conditional samples after epochs 5 and 20."""
    return _grids("class")


OMEGAS = (0.1, 0.5, 1.0, 2.0, 3.0, 5.0)
"""The source's strengths of guidance."""


@figure(
    "omega-sweep",
    "courses",
    caption="Course B's strengths of guidance on its own network, the narrower one: more of it"
    " makes bolder strokes, not digits that were not there.",
    made="The model `resunet-small` in 100 steps with sigma = sqrt(beta), the same noise in every"
    " row.",
    alt="Six rows for omega from 0.1 to 5 of samples for the labels 0 to 9. Strokes become bolder"
    " from row to row; only some cells show the digit asked for.",
    models=("resunet-small",),
    settings={"seed": 0, "omega": list(OMEGAS), "steps": 100},
)
def omega_sweep() -> Image.Image:
    """Every digit at the source's six strengths."""
    model = load("resunet-small")
    labels = torch.arange(10)
    with fast_arithmetic(model.device):
        lines = [
            model.sample(labels=labels, guidance=1 + omega, steps=100, seed=0)[:, 0]
            for omega in OMEGAS
        ]
    names = [f"{omega:g}" for omega in OMEGAS]
    columns = [str(digit) for digit in range(10)]
    return viz.sheet(torch.stack(lines), rows=names, columns=columns, down="ω", across="label")


@figure(
    "resunet-epochs",
    "courses",
    caption="One row of samples after each epoch, always from the same noise.",
    made="Kept while the bundled model was trained: 400 steps with sigma = sqrt(beta), guidance 3"
    " and the averaged weights.",
    alt="Ten rows, one for each epoch, of samples for the labels 0 to 9. The first row is broken"
    " blots. From row to row the strokes become cleaner, but even in the last row most are not the"
    " digit asked for, and several are none.",
    results=("training/resunet-small.npz",),
    settings={"seed": 0},
)
def resunet_epochs() -> Image.Image:
    """One sample of each digit after each epoch."""
    kept = read_pictures(results_file("training/resunet-small.npz"))
    rows = torch.stack([images[::4, 0] for images in kept.values()])
    columns = [str(digit) for digit in range(10)]
    return viz.sheet(rows, rows=list(kept), columns=columns, down="epoch", across="label")


def derived() -> dict[str, Any]:
    """The conventions of the courses, and where their losses look."""
    levels = {}
    for name in OF_RECIPE:
        of = recipe(name)
        schedule, std, T = of.make_schedule(), of.scaling.std, of.T
        sigma = [std * ratio(schedule, t) for t in range(1, T + 1)]
        levels[name] = {
            "first": sigma[0],
            "quarter": sigma[max(T // 4, 1) - 1],
            "half": sigma[max(T // 2, 1) - 1],
            "three_quarters": sigma[max(3 * T // 4, 1) - 1],
            "last": sigma[-1],
            "share": sum(value < 0.1 for value in sigma) / T,
            "contrast": 1 / sigma[-1],
        }
    decayed, padded = recipe("time").training, recipe("attention").scaling.size ** 2
    return {
        "levels": levels,
        "mean_beta": float(LINEAR.beta[1:].mean()),
        "half_mean": float(LINEAR.beta[1:].mean()) / 2,
        "at_77": SCHEDULES["linear-400"].coefficients(77),
        "beta_from_0": float(SCHEDULES["linear-400"].beta[78]),
        "ink_of_1": 1 - PIXELS.mean,
        "span": 1 / PIXELS.std,
        "padded": padded,
        "border": padded - 28**2,
        "inner_share": 28**2 / padded,
        "last_rate": learning_rate(decayed, decayed.epochs, 0.0),
    }
