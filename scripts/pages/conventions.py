"""The recipes' conventions, and the loss of a network that is called with other conventions."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from ddpm.data import Digits, Scaling, bundled
from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.recipes import RECIPES, Recipe
from ddpm.training import loss
from scripts.workshop.registry import SEED, digest_of, measurement

MODEL, COUNT = "class", 200
"""The recipe whose conventions are broken, and the number of digits in each test."""

# --8<-- [start:mistakes]
MISTAKES: dict[str, dict[str, Any]] = {
    "as trained": {},
    "time counted from 0": {"time_shift": 1},
    "time not divided by T": {"time_scale": 1},
    "time divided by 1000": {"time_scale": 1000},
    "images in [-1, 1]": {"scaling": Scaling(28, 0.5, 0.5)},
    "normalised images": {"scaling": Scaling(28, 0.1307, 0.3081)},
    "schedule of T = 1000": {"T": 1000},
}
"""What is changed in the recipe; the weights stay the same."""
# --8<-- [end:mistakes]


@torch.no_grad()
def cost(model: Diffusion, changes: dict[str, Any], digits: Digits) -> float:
    """The loss of a model that is called by a changed recipe, at times spread over 2..T."""
    recipe = dataclasses.replace(model.recipe, **changes)
    generator = torch.Generator().manual_seed(SEED)
    count, last = len(digits), model.recipe.T
    t = torch.linspace(2, last, count).long()[torch.randperm(count, generator=generator)]
    x0 = recipe.scaling.to_network(digits.images)
    eps = torch.randn(x0.shape, generator=generator)
    arguments = (v.to(model.device) for v in (x0, digits.labels, t, eps))
    return float(loss(model.network, recipe, recipe.make_schedule(), *arguments))


def facts(recipe: Recipe) -> dict[str, Any]:
    """A recipe's conventions in numbers."""
    first, last = (float(v) for v in recipe.network_time(torch.tensor([1, recipe.T])))
    low, high = (float(v) for v in (torch.tensor([0.0, 1.0]) - recipe.scaling.mean))
    return {
        "size": recipe.scaling.size,
        "ground": low / recipe.scaling.std,
        "ink": high / recipe.scaling.std,
        "T": recipe.T,
        "schedule": recipe.schedule,
        "told_first": first,
        "told_last": last,
        "predicts": recipe.predicts,
        "dropped": recipe.label_dropout,
        "sampler": recipe.sampler,
        "gamma": recipe.guidance,
        "omega": recipe.guidance - 1,
    }


@measurement
def conventions(quick: bool) -> dict[str, Any]:
    """The recipes' conventions side by side, and the loss of one model when they are mixed."""
    model, digits = load(MODEL), bundled()
    chosen = digits[torch.arange(0, len(digits), len(digits) // (20 if quick else COUNT))]
    costs = {name: cost(model, changes, chosen) for name, changes in MISTAKES.items()}
    return {
        "recipes": {name: facts(recipe) for name, recipe in RECIPES.items()},
        "model": MODEL,
        "weights": digest_of(f"weights/{MODEL}.safetensors"),
        "count": len(chosen),
        "mistakes": {
            name: {"loss": value, "times": value / costs["as trained"]}
            for name, value in costs.items()
        },
    }
