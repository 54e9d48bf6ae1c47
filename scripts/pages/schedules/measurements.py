"""What the noise schedule does: how much image is left at the end, and what that costs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.checkpoints import Run
from ddpm.data import bundled, mnist
from ddpm.devices import default_device, fast_arithmetic
from ddpm.images import read_pictures, write_pictures
from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.recipes import Recipe
from ddpm.schedule import NoiseSchedule
from ddpm.training import train
from scripts.workshop.first import FIRST
from scripts.workshop.formulas import (
    STRENGTHS,
)
from scripts.workshop.judge import COUNT, floor, natural_labels, rows, verdict
from scripts.workshop.records import read_json, results_file
from scripts.workshop.registry import SEED, digest_of, figure, measurement
from scripts.workshop.samples import judged, own

DRAWN: Mapping[str, tuple[NoiseSchedule, str]] = {
    "linear, T = 300": (NoiseSchedule.linear(300), viz.VERMILION),
    "linear, T = 400": (NoiseSchedule.linear(400), viz.ORANGE),
    "linear, T = 600": (NoiseSchedule.linear(600), viz.GREEN),
    "linear, T = 1000": (NoiseSchedule.linear(1000), viz.BLUE),
    "cosine, T = 1000": (NoiseSchedule.cosine(1000), viz.PURPLE),
}
"""All schedules of the recipes, and their colours."""

MODELS = ("class", "resunet", "digits")
"""Models that are started from what they were trained to see at T, and from pure noise."""

SHORT: dict[str, Any] = {"sampler": "ancestral", "steps": 60}
"""The setting of models whose own setting takes hundreds of steps; only the start differs."""

EPOCHS = 2


def started(name: str, matched: bool) -> dict[str, Any]:
    """A model's samples from pure noise, or from real digits with all the noise of T."""
    setting = own(name)
    if setting.steps > SHORT["steps"]:
        setting = own(name, **SHORT)
    if not matched:
        return judged(setting)
    model, asked = load(name), natural_labels(COUNT)
    digits = mnist("train")
    chosen = torch.randperm(len(digits), generator=torch.Generator().manual_seed(SEED))
    of_each = {label: [int(i) for i in chosen[:20_000] if digits.labels[i] == label]
               for label in range(10)}  # fmt: skip
    picked = [of_each[label].pop() for label in asked.tolist()]
    x0 = model.recipe.scaling.to_network(digits.images[picked])
    # The first noise of the other start, so that the two differ in the digit alone.
    x = model.schedule.add_noise(x0, model.recipe.T, model.noise(COUNT, SEED)().cpu())
    way: dict[str, Any] = {"sampler": setting.sampler, "steps": setting.steps}
    with fast_arithmetic(default_device()):
        images = model.sample(labels=asked, x=x, seed=SEED, **way).float()
    return verdict(images, asked)


def briefly(strength: str, epochs: int) -> dict[str, Any]:
    """A short training of the flagship's network that predicts the noise under other betas."""
    recipe: Recipe = dataclasses.replace(
        FIRST, schedule="linear", betas=STRENGTHS[strength], predicts="eps"
    )
    device = default_device()
    state = Run.start(recipe, device)
    for _ in train(state, mnist("train"), bundled()[:500], epochs):
        pass
    model, asked = Diffusion(recipe, state.averaged, device), natural_labels(COUNT)
    with fast_arithmetic(device):
        images = model.sample(labels=asked, seed=SEED, **SHORT).float()
        shown = model.sample(labels=range(10), seed=SEED, **SHORT).float()
    kept = _kept()
    write_pictures(results_file("schedules.npz"), {**kept, strength: shown})
    return {"betas": list(STRENGTHS[strength]), **verdict(images, asked)}


def _kept() -> dict[str, Tensor]:
    path = results_file("schedules.npz")
    return read_pictures(path) if path.is_file() else {}


def left_at_the_end(schedule: NoiseSchedule) -> dict[str, float]:
    """What is left of the image at T: its amplitude, and how many nats a pixel of ±1 tells."""
    alpha_bar = float(schedule.alpha_bar[-1])
    return {
        "amplitude": math.sqrt(alpha_bar),
        "log_snr": math.log(alpha_bar / (1 - alpha_bar)),
        "nats": -0.5 * math.log(1 - alpha_bar),
    }


@measurement
def schedules(quick: bool) -> dict[str, Any]:
    """What is left at T, what a wrong start costs, and betas far too small and too large."""
    models = ("digits",) if quick else MODELS
    settings = {name: digest_of(f"weights/{name}.safetensors") for name in models}
    prefix = "schedules-quick" if quick else "schedules"
    starts = rows(
        f"{prefix}-starts",
        settings,
        {
            f"{name}-{'matched' if matched else 'noise'}": partial(started, name, matched)
            for name in models
            for matched in (False, True)
        },
    )
    strengths = {} if quick else rows(
        f"{prefix}-strengths",
        {"epochs": EPOCHS},
        {strength: partial(briefly, strength, EPOCHS) for strength in STRENGTHS},
    )  # fmt: skip
    return {
        "ends": {name: left_at_the_end(schedule) for name, (schedule, _) in DRAWN.items()},
        "starts": starts,
        "strengths": strengths,
        "epochs": EPOCHS,
        "count": COUNT,
        "floor": floor(COUNT),
        "weights": settings,
    }


@figure(
    "schedules",
    "schedules",
    caption="How much of the image is left, against t / T: the shorter linear schedules never"
    " reach pure noise.",
    made="Computed from the schedules of the recipes.",
    alt="Two plots above one another against t / T from 0 to 1. In the upper one the amplitude of"
    " the image falls from 1: with the linear schedule of 300 steps to about a fifth, with those"
    " of more steps further, with 1000 steps and with the cosine to nothing. In the lower one the"
    " logarithm of the signal-to-noise ratio falls, steeply at both ends for the cosine.",
    settings={"schedules": list(DRAWN)},
)
def schedule_curves() -> Plot:
    """Amplitude and log signal-to-noise ratio of every schedule."""
    plot, (amplitude, ratio) = viz.plot(height=8.0, panels=2)
    for name, (schedule, colour) in DRAWN.items():
        way = torch.arange(schedule.T + 1) / schedule.T
        alpha_bar = schedule.alpha_bar
        amplitude.plot(way, alpha_bar.sqrt(), color=colour, label=name)
        ratio.plot(way[1:], (alpha_bar[1:] / (1 - alpha_bar[1:])).log(), color=colour)
    amplitude.set(ylabel="signal $\\sqrt{\\bar\\alpha_t}$", xlim=(0, 1), ylim=(0, 1.02))
    amplitude.legend(frameon=False, fontsize=13)
    ratio.set(xlabel="t / T", ylabel="log SNR", xlim=(0, 1), ylim=(-14, 10))
    return plot


@figure(
    "strengths",
    "schedules",
    caption="The same network after the same short training, with betas a hundred times smaller"
    " and ten times larger than usual.",
    made="Three trainings of the flagship's network that predicts the noise, then 60 ancestral"
    " steps from the same noise.",
    alt="Three rows of the digits 0 to 9, one for each strength of beta.",
    results=("schedules.npz", "schedules"),
)
def strengths_grid() -> Image.Image:
    """Samples after short trainings with three strengths of beta."""
    kept = read_pictures(results_file("schedules.npz"))
    betas = read_json("schedules")["strengths"]
    names = [f"{name}, {betas[name]['betas'][1]:g}" for name in kept]
    columns = [str(digit) for digit in range(10)]
    return viz.sheet(torch.stack([*kept.values()])[:, :, 0], rows=names, columns=columns)
