"""Figures of the home page, which the flagship made."""

from __future__ import annotations

from functools import cache

from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.loading import load
from ddpm.recipes import DIGITS
from scripts.workshop.registry import figure

DEFAULTS = {"sampler": DIGITS.sampler, "steps": DIGITS.steps, "guidance": DIGITS.guidance}


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
    shares="each label",
    caption="Fifty digits appear out of noise: five for each label.",
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
    shares="each label",
    caption="The site's logo: a 6 that the model sampled.",
    made="The first 6 of the figure of ten samples of each digit, enlarged four times.",
    alt="A handwritten 6, white on black.",
    models=("digits",),
    settings={**DEFAULTS, "seed": 0},
)
def logo() -> Image.Image:
    """A 6."""
    return viz.sheet(each_label()[-1][6:7, :1], scale=4, gap=0)
