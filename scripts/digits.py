"""Figures of the flagship, the recipe `digits`, and those of the home page, which it drew."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from ddpm import viz
from ddpm.data import mnist
from ddpm.diffusion import bundled_models, default_device, load
from ddpm.metrics import Classifier, as_images, fid, load_classifier, train_classifier
from ddpm.recipes import DIGITS
from ddpm.training import fast_arithmetic
from scripts.registry import SEED, digest_of, figure, measurement

DEFAULTS = {"sampler": DIGITS.sampler, "steps": DIGITS.steps, "guidance": DIGITS.guidance}
SCALES = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
COUNT = 1000
"""How many digits a model draws to be judged by."""

NAMES = [str(digit) for digit in range(10)]


@measurement
def quality(quick: bool) -> dict[str, Any]:
    """How well every model draws what it is asked for, at its default setting.

    A second classifier, trained here, was not there when anything was chosen.
    """
    test, training = as_images(mnist("test")), mnist("train")
    judges = {"": load_classifier(), "second_": second_classifier(1 if quick else 6)}
    order = torch.randperm(len(training), generator=torch.Generator().manual_seed(SEED))
    real = as_images(training[order[:COUNT]])
    floors = {judge: fid(real, test, judges[judge]) for judge in judges}
    asked = torch.arange(10).repeat_interleave(COUNT // 10)
    device, models = default_device(), {}
    for name in ["digits"] if quick else bundled_models():
        model = load(name)
        if not model.recipe.classes:
            continue
        started = time.perf_counter()
        with fast_arithmetic(device):
            images = model.sample(labels=asked, seed=SEED).float()
        recipe = model.recipe
        models[name] = {
            "sampler": recipe.sampler,
            "steps": recipe.steps,
            "guidance": recipe.guidance,
            "seconds": time.perf_counter() - started,
            "weights": digest_of(f"weights/{name}.safetensors"),
        }
        for judge, classifier in judges.items():
            distance = fid(images, test, classifier)
            models[name] |= {
                f"{judge}accuracy": float((classifier.read(images) == asked).float().mean()),
                f"{judge}fid": distance,
                f"{judge}fid_over_floor": distance / floors[judge],
            }
        print(name, models[name])
    read = judges["second_"].read(test)
    return {
        "models": models,
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


@figure(
    "guidance-scales",
    "guidance",
    caption="The same noise with more and more guidance: an unclear stroke becomes a clear one,"
    " then all strokes become bolder.",
    made="The model `digits`, one sample of each label from the same noise in every row.",
    alt="Six rows of the digits 0 to 9, with scales from 1 to 10. A column keeps its digit and"
    " nearly its form; towards the last row the strokes grow thicker and rounder.",
    models=("digits",),
    settings={**DEFAULTS, "guidance": list(SCALES), "seed": 4},
)
def guidance_scales() -> Image.Image:
    """Every digit at six scales."""
    model = load("digits")
    rows = [model.sample(labels=range(10), guidance=scale, seed=4)[:, 0] for scale in SCALES]
    scales = [f"{scale:g}" for scale in SCALES]
    return viz.sheet(torch.stack(rows), rows=scales, columns=NAMES, across="label", down="scale")
