"""Figures and a measurement of the page on conditional sampling."""

from __future__ import annotations

import math
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
from scripts.workshop.formulas import LINEAR, ratio
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
    """The share of conditional samples recognised as the digit asked for, and of grey ones."""
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
    """Ten samples of each digit, label by label, and their past."""
    return history("attention-class", tuple(range(10)), 10)


@figure(
    "label-3-history",
    "conditional",
    shares="ten of each",
    caption="Ten samples told to be a 3, and their past: each row is one sample.",
    made="Ancestral sampling in 1000 steps with the variance β; the label goes into every call.",
    alt="A sheet of ten samples in rows at eleven times from t = 1000 to t = 0. Threes appear out"
    " of noise from t = 400 on; those on the right are threes of different slant and width.",
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
    caption="Ten samples of each digit asked for; nothing was picked.",
    made="Ancestral sampling in 1000 steps with the variance β.",
    alt="A sheet of ten rows, one for each digit from 0 to 9, with ten samples in each. Most can"
    " be read as the digit of their row; a few are malformed, and a few have specks around them.",
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
    caption="The same labels and the same noise, through either set of weights: a thousand small"
    " steps hide what fifty large ones show, grey grounds and shapes that are no digits.",
    made="Ancestral sampling in 1000 steps and DDIM in 50, with the weights of the last training"
    " step and with their running average, nothing picked.",
    alt="Four rows of ten samples with the labels 0 to 9. The two upper rows, by ancestral"
    " sampling, show white digits on black. The two lower ones, by DDIM, show few readable"
    " digits; many of their cells are grey all over, more so with the averaged weights.",
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
    caption="Above, digits drawn without a label; below, with the labels 0 to 9, twice."
    " Both start from the same noise.",
    made="Ancestral sampling in 1000 steps with the variance β, nothing picked.",
    alt="Four rows of ten samples. In the two upper rows, without labels, some shapes are no digit"
    " at all; in the two lower ones the digits 0 to 9 can mostly be read in order.",
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
    """An offset of the noise estimate and what ancestral sampling makes of it."""
    offset = 0.002
    added = [
        float(LINEAR.beta[t]) / math.sqrt(float(LINEAR.alpha_bar[t] * (1 - LINEAR.alpha_bar[t])))
        for t in range(1, 1001)
    ]
    return {
        "embedding": 10 * 64,
        "shift": offset * ratio(LINEAR, 1000),
        "squared": offset**2,
        "added": sum(added),
        "added_early": sum(added[500:]),
    }


# ---- warmup.md
