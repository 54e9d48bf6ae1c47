"""Figures and a measurement of the page on conditional sampling."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.devices import fast_arithmetic
from ddpm.loading import load
from scripts.pages.sampling import STEPS, history, history_sheet, unlabelled
from scripts.workshop.judge import COUNT, rows
from scripts.workshop.quality import kept
from scripts.workshop.records import read_json
from scripts.workshop.registry import digest_of, figure, measurement
from scripts.workshop.samples import Setting, judged


def settings() -> dict[str, Setting]:
    """Both sets of weights of course A's network, by all of its steps and by DDIM in 50.

    DDIM computes in float32, since errors at large t are what its samples suffer from.
    """
    return {
        f"{weights}-{sampler}-{steps}": Setting(
            "attention-class", sampler, steps, weights=weights, arithmetic=arithmetic
        )
        for sampler, steps, arithmetic in (("ancestral", 1000, "fast"), ("ddim", 50, "float32"))
        for weights in ("raw", "averaged")
    }


@measurement
def reading(quick: bool) -> dict[str, Any]:
    """The accuracy of conditional samples, and the share of grey ones."""
    weights = digest_of("weights/attention-class.safetensors")
    chosen = dict(list(settings().items())[2:3]) if quick else settings()
    jobs: dict[str, Any] = {name: partial(judged, setting) for name, setting in chosen.items()}
    if not quick:
        jobs["raw-ancestral-1000"] = partial(kept, "attention-class")
    return {
        "rows": rows("reading-quick" if quick else "reading", {"weights": weights}, jobs),
        "count": COUNT,
        "classifier_test_accuracy": read_json("classifier")["accuracy"]["test"],
        "weights": weights,
    }


def ten_of_each() -> dict[int, Tensor]:
    """Ten samples of each digit, label by label, and their history."""
    return history("attention-class", tuple(range(10)), 10)


@figure(
    "label-3-history",
    "conditional",
    shares="ten of each",
    caption="Ten samples with the label 3 and their history: each row is one sample.",
    made="Ancestral sampling in 1000 steps with the variance β; every call gets the label.",
    alt="A sheet of ten samples in rows at eleven times from t = 1000 to t = 0. From t = 400 on,"
    " threes appear out of the noise. On the right they differ in slant and width.",
    models=("attention-class",),
    settings={**STEPS, "label": 3},
)
def label_3_history() -> Image.Image:
    """Ten samples of the label 3 at t = 1000, 900, ..., 0."""
    return history_sheet({t: images[30:40] for t, images in ten_of_each().items()})


@figure(
    "each-digit",
    "conditional",
    shares="ten of each",
    caption="Ten samples of each requested digit; nothing was picked.",
    made="Ancestral sampling in 1000 steps with the variance β.",
    alt="A sheet of ten rows, one for each digit from 0 to 9, with ten samples in each. Most show"
    " the digit of their row. Some are malformed or another digit, and some have a background that"
    " is not quite black.",
    models=("attention-class",),
    settings=STEPS,
)
def each_digit() -> Image.Image:
    """Ten samples of each digit."""
    rows = [str(digit) for digit in range(10)]
    images = ten_of_each()[0].unflatten(0, (10, 10))
    return viz.sheet(images, rows=rows, across="samples", down="label")


@figure(
    "samplers-and-weights",
    "conditional",
    caption="The same labels and the same noise with two samplers and two sets of weights: fifty"
    " large steps leave noise or an even grey in most pictures, a thousand small ones hardly do.",
    made="Ancestral sampling in 1000 steps and DDIM in 50, with the weights of the last training"
    " step and with their running average, nothing picked.",
    alt="Four rows of ten samples with the labels 0 to 9. The two upper rows, by ancestral"
    " sampling, show white digits on black or nearly black; one or two are malformed. The two lower"
    " ones, by DDIM, are much alike: four cells are full of noise, four are grey with a faint"
    " digit, and only the 3 and the 9 are clear.",
    models=("attention-class",),
    settings={
        "samplers": ["ancestral, 1000 steps", "ddim, 50 steps in float32"],
        "arithmetic": STEPS["arithmetic"],
        "seed": 0,
    },
)
def samplers_and_weights() -> Image.Image:
    """Labels 0 to 9 by two samplers and two sets of weights."""
    rows, images = [], []
    for sampler, steps in (("ancestral", 1000), ("ddim", 50)):
        for weights, name in (("raw", "last"), ("averaged", "averaged")):
            model = load("attention-class", weights=weights)
            with fast_arithmetic(model.device) if steps == 1000 else nullcontext():
                images.append(model.sample(labels=range(10), sampler=sampler, steps=steps)[:, 0])
            rows.append(f"{sampler}, {name}")
    columns = [str(digit) for digit in range(10)]
    return viz.sheet(torch.stack(images), rows=rows, columns=columns, across="label")


@figure(
    "conditional-vs-unconditional",
    "conditional",
    shares="unlabelled",
    caption="Above, samples without a label; below, samples with the labels 0 to 9, twice. Both"
    " start from the same noise.",
    made="Ancestral sampling in 1000 steps with the variance β, nothing picked.",
    alt="Four rows of ten samples. In the two upper rows, without labels, some shapes are no"
    " digits. In the two lower rows, most samples show the digits 0 to 9 in order, some of them on"
    " a background that is not quite black.",
    models=("attention", "attention-class"),
    settings={**STEPS, "labels": "0123456789 twice"},
)
def conditional_against_unconditional() -> Image.Image:
    """Twenty samples of either model from the same noise."""
    model, labels = load("attention-class"), [*range(10), *range(10)]
    with fast_arithmetic(model.device):
        labelled = model.sample(labels=labels, steps=1000, sampler="beta-noise", seed=0)
    images = torch.cat([unlabelled()[0], labelled[:, 0]]).unflatten(0, (4, 10))
    rows = ["none", "none", "0 to 9", "0 to 9"]
    return viz.sheet(images, rows=rows, down="labels")


def derived() -> dict[str, Any]:
    """The parameters of course A's table of label vectors."""
    return {"embedding": 10 * 64}
