"""Figures of the flagship, the recipe `digits`, and those of the home page, which it drew."""

from __future__ import annotations

import copy
from functools import cache, partial
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from ddpm import viz
from ddpm.checkpoints import Run
from ddpm.classifiers import Classifier, train_classifier
from ddpm.data import bundled, mnist
from ddpm.devices import default_device
from ddpm.loading import bundled_models, load
from ddpm.metrics import fid_to
from ddpm.model import Diffusion
from ddpm.recipes import DIGITS, RECIPES
from ddpm.training import train
from scripts.workshop.judge import (
    COUNT,
    distance,
    draw_fast,
    floor,
    judge,
    real_images,
    rows,
    test_images,
    verdict,
)
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, digest_of, figure, measurement

DEFAULTS = {"sampler": DIGITS.sampler, "steps": DIGITS.steps, "guidance": DIGITS.guidance}
NAMES = [str(digit) for digit in range(10)]


@measurement
def quality(quick: bool) -> dict[str, Any]:
    """How well every model draws what it is asked for, at its default setting.

    A second classifier, trained here, was not there when anything was chosen.
    """
    second = second_classifier(1 if quick else 6)
    judges = {"": judge(), "second_": second}
    distances = {"": distance(), "second_": fid_to(test_images(), second)}
    floors = {
        prefix: sum(fid(images) for images in real_images(COUNT)) / len(real_images(COUNT))
        for prefix, fid in distances.items()
    }
    asked = torch.arange(10).repeat_interleave(COUNT // 10)

    def of_model(name: str) -> dict[str, Any]:
        model = load(name)
        images, seconds = draw_fast(model, asked, seed=SEED)
        recipe = model.recipe
        row: dict[str, Any] = {
            "sampler": recipe.sampler,
            "steps": recipe.steps,
            "guidance": recipe.guidance,
            "seconds": seconds,
            "weights": digest_of(f"weights/{name}.safetensors"),
        }
        for prefix, classifier in judges.items():
            fid = distances[prefix](images)
            right = classifier.read(images) == asked
            row[f"{prefix}accuracy"] = float(right.float().mean())
            row[f"{prefix}fid"] = fid
            row[f"{prefix}fid_over_floor"] = fid / floors[prefix]
        return row

    names = [name for name in bundled_models() if RECIPES[name].classes]
    settings = {name: digest_of(f"weights/{name}.safetensors") for name in names}
    jobs = {name: partial(of_model, name) for name in (["digits"] if quick else names)}
    read = second.read(test_images())
    return {
        "models": rows("quality-quick" if quick else "quality", settings, jobs),
        "floor": floors[""],
        "second_floor": floors["second_"],
        "second_test_accuracy": float((read == mnist("test").labels).float().mean()),
        "count": COUNT,
    }


def second_classifier(epochs: int) -> Classifier:
    """A narrower classifier from another seed, for numbers that nothing was chosen by."""
    torch.manual_seed(SEED + 1)
    classifier = Classifier(width=24)
    for _ in tqdm(train_classifier(classifier, mnist("train"), epochs, seed=SEED + 1)):
        pass
    return classifier


EPOCHS, LEARNED = 5, 15_000
"""How long the training is whose samples are judged after each epoch, and on how many digits."""

QUICKLY: dict[str, Any] = {"sampler": "dpm-solver", "steps": 10}


@measurement
def epochs(quick: bool) -> dict[str, Any]:
    """Loss and samples after each epoch of a short training, by the last weights and the mean."""
    device, asked = default_device(), torch.arange(10).repeat_interleave(COUNT // 10)
    state, digits = Run.start(DIGITS, device), bundled() if quick else mnist("train")[:LEARNED]
    table: dict[str, dict[str, float]] = {}
    for progress in train(state, digits, bundled()[:500], 1 if quick else EPOCHS):
        if progress.entry is None:
            continue
        row = table[str(state.epoch)] = {"seconds": progress.entry["seconds"]}
        for name, network in (("raw", state.network), ("averaged", state.averaged)):
            images, _ = draw_fast(
                Diffusion(DIGITS, copy.deepcopy(network), device), asked, **QUICKLY
            )
            row[f"{name}_loss"] = progress.entry[f"validation_{name}"]
            row |= {f"{name}_{key}": value for key, value in verdict(images, asked).items()}
    return {"rows": table, "learned": len(digits), "count": COUNT, "floor": floor(COUNT)}


@figure(
    "quality-epochs",
    "digits",
    caption="Distance from real digits, above, and validation loss, below, after each epoch of a"
    " short training, with the last weights and with their running average.",
    made=f"The recipe `digits` on {LEARNED:,} digits, its whole cycle in {EPOCHS} epochs; {COUNT:,}"
    " digits a point, drawn by DPM-Solver++ in 10 calls.",
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


@cache
def each_label() -> list[Tensor]:
    """Ten images of each digit, from noise to the end: each (10, 10, 28, 28), label by label."""
    model = load("digits")
    labels = [label for label in range(10) for _ in range(10)]
    states = model.states(labels=labels, seed=0)
    return [model.to_images(state.x)[:, 0].unflatten(0, (10, 10)) for state in states]


@figure(
    "hero",
    "home",
    caption="Fifty digits come out of noise: five of each, asked for by their label.",
    made=f"All {DIGITS.steps} steps of the model `digits`, in {DIGITS.steps} network calls;"
    " nothing was picked.",
    alt="Fifty cells of noise, ten in a row, in which digits appear until each column shows five"
    " different handwritten forms of its digit, from 0 on the left to 9 on the right.",
    models=("digits",),
    settings={**DEFAULTS, "seed": 0},
    milliseconds=110,
    levels=8,
)
def hero() -> list[Image.Image]:
    """The first five of each digit, out of noise."""
    return [viz.sheet(images[:, :5].transpose(0, 1), scale=2) for images in each_label()]


@figure(
    "logo",
    "home",
    caption="The site's mark: a 6 that the model drew.",
    made="The first 6 of the figure of ten samples of each digit, enlarged four times.",
    alt="A handwritten 6, white on black.",
    models=("digits",),
    settings={**DEFAULTS, "seed": 0},
)
def logo() -> Image.Image:
    """A 6."""
    return viz.sheet(each_label()[-1][6:7, :1], scale=4, gap=0)


@figure(
    "digits-grid",
    "digits",
    caption="Ten samples of each digit asked for, in 25 steps each; nothing was picked.",
    made=f"The model `digits` at its default setting: {DIGITS.sampler}, {DIGITS.steps} steps,"
    f" guidance {DIGITS.guidance:g}.",
    alt="A sheet of ten rows, one for each digit from 0 to 9, with ten samples in each: white,"
    " sharp digits on black, different in slant, width and thickness.",
    models=("digits",),
    settings={**DEFAULTS, "seed": 0},
)
def digits_grid() -> Image.Image:
    """Ten samples of each digit."""
    return viz.sheet(each_label()[-1], rows=NAMES, across="samples", down="label")
