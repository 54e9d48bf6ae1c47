"""Kinds of guidance at equal steps: everywhere, in an interval, by a worse model, rescaled."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ddpm.data import bundled, mnist
from ddpm.devices import default_device, fast_arithmetic
from ddpm.guidance import Network, as_eps, autoguided, condition, guided, in_interval
from ddpm.loading import load
from ddpm.metrics import diversity
from ddpm.recipes import DIGITS, Recipe
from ddpm.sampling import EpsFn
from scripts.workshop.candidates import short_training
from scripts.workshop.judge import COUNT, floor, judge, natural_labels, rows, verdict
from scripts.workshop.registry import SEED, digest_of, measurement
from scripts.workshop.samples import BATCH, judged, own

MANY = 10_000
"""Samples of each setting."""

SCALES = (1.0, 1.2, 1.4)
"""Of guidance at all times; 1 is none."""

INTERVALS = ((1, 700), (300, 700), (300, 1000))
"""The times within which the estimate is guided."""

INTERVAL_SCALES = (1.4, 2.0)

RESCALED = ((1.4, 1.0), (2.0, 0.7), (3.0, 0.7))
"""Scales, and how far the spread is brought back."""

SMALL = {"width": 32, "blocks": 1, "classes": 10}
"""The options of a network with fewer channels and half the blocks or less."""

WEAK: dict[str, tuple[Recipe, int]] = {
    "earlier": (DIGITS, 2),
    "smaller": (dataclasses.replace(DIGITS, options=SMALL), 4),
}
"""Worse models for autoguidance, and after how many epochs their short trainings end."""

AUTO_SCALES = (1.3, 2.0)


class Counted:
    """A network that counts the images it is called with.

    Attributes:
        images: so far.
    """

    def __init__(self, network: Network):
        self.network, self.images = network, 0

    def __call__(self, x: Tensor, t: Tensor, label: Tensor | None) -> Tensor:
        self.images += len(x)
        return self.network(x, t, label)


Estimate = Callable[[Counted, Tensor], Callable[[Tensor, int], Tensor]]
"""From the flagship's network and labels to a guided answer of the network's own kind."""


def everywhere(scale: float, rescale: float = 0.0) -> Estimate:
    """Guidance at all times."""
    null = load("digits").recipe.classes
    return lambda network, labels: guided(network, labels, null, scale, rescale)


def within(scale: float, low: int, high: int) -> Estimate:
    """Guidance at the times low..high, none outside."""
    return lambda network, labels: in_interval(
        everywhere(scale)(network, labels), condition(network, labels), low, high
    )


def against(weak: Counted, scale: float) -> Estimate:
    """Guidance by a worse model."""
    return lambda network, labels: autoguided(
        condition(network, labels), condition(weak, labels), scale
    )


@torch.no_grad()
def drawn_by(estimate: Estimate, count: int, **how: Any) -> tuple[Tensor, Tensor, Counted]:
    """Samples of the flagship by an estimate, their labels, and its network with its count.

    Args:
        how: as for `Diffusion.sample`; by default as the recipe says.
    """
    model, asked = load("digits"), natural_labels(count)
    recipe = model.recipe
    network, images = Counted(partial(recipe.ask, model.network)), []
    for first in range(0, count, BATCH):
        labels = asked[first : first + BATCH].to(model.device)
        answer = estimate(network, labels)
        eps_fn: EpsFn = as_eps(answer, recipe.predicts, model.schedule)
        with fast_arithmetic(default_device()):
            drawn = model.sample(len(labels), eps_fn=eps_fn, first=first, **{"seed": SEED} | how)
        images.append(drawn.float())
    return torch.cat(images), asked, network


def one_kind(estimate: Estimate, count: int, weak: Counted | None = None) -> dict[str, Any]:
    """The measures of samples by an estimate, and the evaluations that each of them took."""
    samples, asked, network = drawn_by(estimate, count)
    every = network.images + (weak.images if weak else 0)
    return {
        "steps": load("digits").recipe.steps,
        "evaluations": every / count,
        "of_those_weak": weak.images / count if weak else 0.0,
        **verdict(samples, asked),
        "diversity": float(diversity(samples, asked, judge()).mean()),
        "count": count,
    }


def by_weak(name: str, scale: float, count: int, quick: bool) -> dict[str, Any]:
    """Autoguidance by one of the worse models, which is trained if that has not been done."""
    recipe, epochs = WEAK[name]
    digits = bundled if quick else partial(mnist, "train")
    label = f"weak-{name}" + "-quick" * quick
    state = short_training(label, recipe, 1 if quick else epochs, digits)
    weak = Counted(partial(recipe.ask, state.averaged.eval()))
    row = one_kind(against(weak, scale), count, weak)
    row["weak_parameters"] = sum(p.numel() for p in state.averaged.parameters())
    return {"scale": scale, "weak": name, "weak_epochs": epochs, **row}


def at_all_times(scale: float, count: int) -> dict[str, Any]:
    """Guidance at all times; of the same samples as in other records."""
    row = judged(own("digits", guidance=scale), count)
    return {"scale": scale, "evaluations": row["steps"] * (1 if scale == 1 else 2), **row}


def in_times(scale: float, low: int, high: int, count: int) -> dict[str, Any]:
    """Guidance at the times low..high."""
    found = one_kind(within(scale, low, high), count)
    return {"scale": scale, "low": low, "high": high, **found}


def rescaled(scale: float, rescale: float, count: int) -> dict[str, Any]:
    """Guidance at all times whose spread is brought back."""
    return {"scale": scale, "rescale": rescale, **one_kind(everywhere(scale, rescale), count)}


@measurement
def guidance_kinds(quick: bool) -> dict[str, Any]:
    """Guidance everywhere, in an interval, by a worse model and rescaled, by 10,000 digits."""
    count = COUNT if quick else MANY
    kinds: tuple[dict[str, Callable[[], dict[str, Any]]], ...] = (
        {f"everywhere {scale:g}": partial(at_all_times, scale, count) for scale in SCALES},
        {
            f"interval {scale:g} {low}-{high}": partial(in_times, scale, low, high, count)
            for scale in INTERVAL_SCALES
            for low, high in INTERVALS
        },
        {
            f"rescaled {scale:g} {share:g}": partial(rescaled, scale, share, count)
            for scale, share in RESCALED
        },
        {
            f"auto {name} {scale:g}": partial(by_weak, name, scale, count, quick)
            for name in WEAK
            for scale in AUTO_SCALES
        },
    )
    jobs = {name: kind[name] for kind in kinds for name in [*kind][: 1 if quick else None]}
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": count}
    table = rows("guidance_kinds-quick" if quick else "guidance_kinds", settings, jobs)
    best = min(table, key=lambda name: table[name]["fid"])
    return {"rows": table, "best": best, "floor": floor(count), **settings}
