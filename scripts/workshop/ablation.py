"""The rows of the table "what mattered": short trainings that differ in one thing.

Every row is a short training from the same seed on the same images, times and noise, that
differs from the first row in one thing; then a thousand digits are sampled from the same noise.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Any

import torch

from ddpm.checkpoints import Run
from ddpm.data import Digits, Scaling, bundled, mnist
from ddpm.devices import default_device, fast_arithmetic
from ddpm.model import Diffusion
from ddpm.recipes import Recipe
from ddpm.training import train
from scripts.workshop.first import FIRST
from scripts.workshop.judge import verdict

EACH = 100
"""Samples of each digit."""

EPOCHS = 2
"""Passes over the 55,000 digits."""


SEED = 1


def change(training: dict[str, Any] | None = None, **fields: Any) -> Recipe:
    """The first recipe with other settings."""
    settings = dataclasses.replace(FIRST.training, **(training or {}))
    return dataclasses.replace(FIRST, training=settings, **fields)


def network(width: int, blocks: int) -> Recipe:
    """The first recipe with another size of network."""
    return change(options={**FIRST.options, "width": width, "blocks": blocks})


# --8<-- [start:rows]
ROWS: dict[str, tuple[str, Recipe]] = {
    "first": ("the first recipe", FIRST),
    "last-weights": ("the last weights, not their average", change(weights="raw")),
    "eps": ("predicts the noise", change(predicts="eps")),
    "linear": ("linear schedule", change(schedule="linear")),
    "linear-eps": (
        "linear schedule, predicts the noise",
        change(schedule="linear", predicts="eps"),
    ),
    "x0": ("predicts the image", change(predicts="x0")),
    "min-snr": ("loss weighted by min-SNR 5", change({"min_snr": 5.0})),
    "lower-rate": ("rate of 1e-3", change({"rate": 1e-3})),
    "batch-128": ("half the batch, twice the steps", change({"batch": 128})),
    "wide": ("64 channels, one block a level", network(64, 1)),
    "small": ("32 channels", network(32, 2)),
    "no-dropout": ("labels never dropped, no guidance", change(label_dropout=0, guidance=1)),
    "unit-range": ("pixels from 0 to 1", change(scaling=Scaling(size=28, mean=0.0, std=1.0))),
    "wide-range": ("pixels from -2 to 2", change(scaling=Scaling(size=28, mean=0.5, std=0.25))),
    "shifted": ("digits shifted by up to one pixel", FIRST),
    "balanced": ("the same number of each digit", FIRST),
}
# --8<-- [end:rows]


def shifted(digits: Digits) -> Digits:
    """Each digit moved by -1, 0 or 1 pixel in both directions at random."""
    generator = torch.Generator().manual_seed(SEED)
    moves = torch.randint(-1, 2, (len(digits), 2), generator=generator)
    images = digits.images.clone()
    for dy, dx in [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]:
        these = (moves == torch.tensor([dy, dx])).all(1)
        images[these] = digits.images[these].roll((dy, dx), (1, 2))
    return Digits(images, digits.labels)


def balanced(digits: Digits) -> Digits:
    """The same number of each digit, and the same sum: some are left out, some come twice."""
    generator = torch.Generator().manual_seed(SEED)
    size, chosen = len(digits) // 10, []
    for label in range(10):
        places = (digits.labels == label).nonzero()[:, 0]
        order = torch.randperm(len(places), generator=generator)
        chosen.append(places[order.repeat(2)[:size]])
    return digits[torch.cat(chosen)]


DATA = {"shifted": shifted, "balanced": balanced}


SAME_TRAINING = {"last-weights": "first"}
"""Rows that sample from the training of another row."""


@lru_cache(maxsize=1)
def trained(name: str, epochs: int) -> Run:
    """The training of one row, done."""
    state = Run.start(ROWS[name][1], default_device())
    digits = DATA.get(name, lambda same: same)(mnist("train"))
    for _ in train(state, digits, bundled()[:500], epochs):
        pass
    return state


def measure(name: str, epochs: int) -> dict[str, Any]:
    """Trains one row and judges its samples."""
    recipe, device = ROWS[name][1], default_device()
    state = trained(SAME_TRAINING.get(name, name), epochs)
    seconds = sum(entry["seconds"] for entry in state.log)
    model = Diffusion(recipe, state.network if recipe.weights == "raw" else state.averaged, device)
    asked = torch.arange(10).repeat(EACH)
    with fast_arithmetic(device):
        images = model.sample(labels=asked, seed=SEED).float()
    return {
        "change": ROWS[name][0],
        **verdict(images, asked),
        "loss": state.log[-1][f"validation_{recipe.weights}"],
        "parameters": sum(p.numel() for p in state.network.parameters()),
        "seconds": seconds,
        "images_per_second": state.log[-1]["images_per_second"],
    }
