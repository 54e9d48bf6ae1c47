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
from scripts.workshop.quality import is_student
from scripts.workshop.records import read_json, results_file
from scripts.workshop.registry import SEED, digest_of, figure, measurement

COURSES = ("resunet", "time", "class", "denoiser")

GUIDED = ("class", "resunet", "digits")
"""The models that know images without a label too."""


@measurement
def losses(quick: bool) -> dict[str, Any]:
    """The loss of every bundled model on MNIST's test digits, in float32; a student's says nothing
    of its samples, so it is left out."""
    digits = mnist("test")[: 500 if quick else 10_000]
    models = {}
    names = [name for name in bundled_models() if not is_student(name)]
    for name in ["digits"] if quick else names:
        model = load(name)
        models[name] = {
            "test": validate(model.network, model.recipe, digits, exact=True),
            "set": model.recipe.weights,
            "weights": digest_of(f"weights/{name}.safetensors"),
        }
    return {"models": models, "count": len(digits)}


@measurement
def telling(quick: bool) -> dict[str, Any]:
    """The effect of the label: the error with the right one, with none and with a wrong one."""
    digits, table = mnist("test")[: 100 if quick else 1000], {}
    weights = {name: digest_of(f"weights/{name}.safetensors") for name in GUIDED}
    for name in GUIDED:
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
    return {"rows": table, "count": len(digits), "weights": weights}


@figure(
    "loss-curves-courses",
    "courses",
    caption="The losses of the other courses' recipes; dotted, what course B reported for its own"
    " 128 features. Each recipe has its own kind of loss, so do not compare one plot with another.",
    made="From the logs of the bundled models' trainings; the validation uses the same digits,"
    " times and noise after every epoch.",
    alt="Four plots, one below the other, of the loss against the epoch, one for each recipe. In"
    " each the curves for training and validation fall steeply at first and flatten. In the first"
    " a dotted line, the source's, runs along those for validation.",
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
        if name == "resunet":
            theirs = read_json("sources")["resunet"]["test_by_epoch"]
            axes.plot(x, theirs, color=viz.INK, linestyle=":", label="the source's test")
        top = 1.1 * max(epochs[1]["train"], *(e["validation_averaged"] for e in epochs[1:]))
        axes.set(title=name, xlabel="epoch", ylabel="mean squared error", xticks=_ticks(len(x)))
        axes.set_ylim(top=min(top, axes.get_ylim()[1]))
    panels[0].legend(frameon=False, fontsize=13)
    return plot


def _ticks(epochs: int) -> range:
    return range(0, epochs + 1, 5) if epochs > 10 else range(1, epochs + 1)


def _grids(name: str) -> Image.Image:
    """Samples of a model after some of its epochs, in rows of ten."""
    kept = read_pictures(results_file(f"training/{name}.npz"))
    # Sampled label by label, the same number of each: a column is a digit.
    rows = [images[:, 0].unflatten(0, (10, -1)).transpose(0, 1) for images in kept.values()]
    names = [
        f"epoch {epoch}" if row == 0 else ""
        for epoch, grid in zip(kept, rows, strict=True)
        for row in range(len(grid))
    ]
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
    caption="Samples of every digit by the recipe class, after epoch 5 and after epoch 20.",
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


def derived() -> dict[str, Any]:
    """The conventions of the courses, and the noise levels that their losses cover."""
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
