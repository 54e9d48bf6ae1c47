"""Which length of the averaged weights is best, found after the training.

The samples are compared with the validation digits, which the training did not see and which no
page's numbers are measured against: those are the test digits.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from ddpm.averages import folder_of, kept_in, reconstruct
from ddpm.data import as_images, bundled
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.metrics import fid_to
from ddpm.model import Diffusion
from ddpm.recipes import Recipe
from scripts.workshop.judge import judge
from scripts.workshop.registry import SEED

LENGTHS = (0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2)
"""The lengths that are tried. Far below the shortest length that was kept, the sum has large shares
of both signs, which magnify the rounding to half precision."""

COUNT = 5000
"""Samples for each: the distance of fewer is too uncertain to tell neighbours apart."""

HOW: dict[str, Any] = {"sampler": "dpm-solver", "steps": 20, "guidance": 1.2}
"""One of the flagship's best settings, so that the samplers' own errors are small."""


@cache
def distance() -> Any:
    """The distance to the validation digits, in the first classifier's features."""
    return fid_to(as_images(bundled()), judge())


def one_length(recipe: Recipe, weights: Path, length: float, count: int) -> dict[str, Any]:
    """How far samples of the average of that length are from the validation digits."""
    model = Diffusion(recipe, reconstruct(folder_of(weights), recipe, length), default_device())
    asked = torch.arange(10).repeat_interleave(count // 10)  # as in the validation digits
    with fast_arithmetic(default_device()):
        images = model.sample(labels=asked, seed=SEED + 1, **HOW).float()
    images = F.avg_pool2d(images, images.shape[-1] // 28)  # larger digits as the judge sees them
    right = float((judge().read(images) == asked).float().mean())
    return {"length": length, "fid": distance()(images), "accuracy": right}


def settings(recipe: Recipe, weights: Path, count: int) -> dict[str, Any]:
    """What the distances depend on."""
    kept = kept_in(folder_of(weights), recipe)
    steps = sorted({profile.step for profile in kept})
    return {"recipe": recipe.to_dict(), "kept": steps, "count": count, "sampled": HOW}


def best(table: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The row with the least distance."""
    return min(table.values(), key=lambda row: row["fid"])


def keep_best(weights: Path, recipe: Recipe, length: float) -> None:
    """Replaces the averaged weights of a file by the average of that length; the raw ones stay."""
    raw, before = load(weights, "cpu", "raw"), load(weights, "cpu", "averaged")
    header = before.header | {"average_length": length}
    network = reconstruct(folder_of(weights), recipe, length)
    sets = {"raw": raw.network, "averaged": network}
    model = Diffusion(before.recipe, sets.pop(before.recipe.weights), "cpu", header)
    model.save(weights, sets)
