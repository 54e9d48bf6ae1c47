"""Measurements of course C's claims about denoising, editing and epochs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ddpm.baselines import best_blur, blurred
from ddpm.data import Digits, as_images, bundled, mnist
from ddpm.devices import default_device, fast_arithmetic
from ddpm.images import read_pictures
from ddpm.loading import load
from ddpm.metrics import MINIMUM
from ddpm.model import Diffusion
from ddpm.techniques.denoising import add_noise, denoise
from ddpm.techniques.sdedit import sdedit
from scripts.workshop.judge import distance, judge
from scripts.workshop.records import results_file
from scripts.workshop.registry import SEED, digest_of, measurement

START, STRIDE = 691, 30
"""Where the source's iterative denoising begins (its index 690), and its stride."""

TIMES = (250, 500, 750)

ERASED = slice(12, 16)
"""The rows of a digit that are erased."""


def gaps(model: Diffusion, images: Tensor) -> dict[str, dict[str, float]]:
    """How much of the ink in some erased rows comes back in one step, and by a blur: by time."""
    cut = images.clone()
    cut[:, :, ERASED] = 0
    ink = images[:, :, ERASED].sum()
    table = {}
    for t in TIMES:
        noisy = add_noise(model, cut, t, SEED)
        with fast_arithmetic(default_device()):
            one = denoise(model, noisy, t, once=True)
        blur = blurred(model, noisy, t, best_blur(model, t))
        table[str(t)] = {
            name: float((result.clamp(0, 1) * images)[:, :, ERASED].sum() / ink)
            for name, result in (("one step", one), ("blur", blur))
        }
    return table


def one_or_many(model: Diffusion, digits: Digits) -> dict[str, dict[str, float]]:
    """Error, distance and accuracy of one step and of the source's strides, from t = 691."""
    images, table = as_images(digits), {}
    noisy, path = add_noise(model, images, START, SEED), (*range(START, 0, -STRIDE), 0)
    with fast_arithmetic(default_device()):
        one = denoise(model, noisy, START, once=True)
        states = model.states(
            x=noisy,
            path=path,
            sampler="ancestral",
            seed=SEED,
            eps_fn=model.unlabelled(len(noisy)),
        )
        many = model.last_images(states)
    for name, result in (("one step", one), ("iterative", many)):
        table[name] = {
            "mse": float((result - images).square().mean()),
            "accuracy": float((judge().read(result) == digits.labels).float().mean()),
        }
        if len(result) >= MINIMUM:
            table[name]["fid"] = distance()(result.float())
    return table


def features(images: Tensor) -> dict[str, Tensor]:
    """Where a digit is, how it leans and how much ink it has: float (N,) each."""
    ink = images[:, 0].double().clamp(min=0)
    mass = ink.sum((1, 2)).clamp(min=1e-9)
    y, x = (torch.arange(28, dtype=torch.float64).reshape(shape) for shape in ((28, 1), (1, 28)))
    row, column = ((ink * v).sum((1, 2)) / mass for v in (y, x))
    dy, dx = y - row.reshape(-1, 1, 1), x - column.reshape(-1, 1, 1)
    across, down = ((ink * v).sum((1, 2)) / mass for v in (dx * dy, dy.square()))
    return {"height": row, "place": column, "slant": across / down.clamp(min=1e-9), "ink": mass}


def correlation(a: Tensor, b: Tensor) -> float:
    """Pearson's, of two (N,)."""
    return float(torch.corrcoef(torch.stack([a.double(), b.double()]))[0, 1])


def persistence(model: Diffusion, images: Tensor) -> dict[str, dict[str, float]]:
    """How far each feature of the input is still that of the result, by SDEdit's strength."""
    before, table = features(images), {}
    for strength in (0.5, 0.7, 0.9):
        with fast_arithmetic(default_device()):
            after = features(sdedit(model, images, strength, seed=SEED).float())
        table[f"{strength:g}"] = {
            name: correlation(value, after[name]) for name, value in before.items()
        }
    return table


def sureness(name: str) -> dict[str, float]:
    """The mean probability of the likeliest digit, in the samples kept after each epoch shown."""
    kept = read_pictures(results_file(f"training/{name}.npz"))
    with torch.no_grad():
        return {
            epoch: float(judge()(images.float()).softmax(1).amax(1).mean())
            for epoch, images in kept.items()
        }


@measurement
def ways(quick: bool) -> dict[str, Any]:
    """What one step, many steps, a blur, SDEdit and further epochs do, by course C's claims."""
    model = load("digits")
    digits = bundled()[:: 100 if quick else 5]
    images, average = as_images(digits), as_images(mnist("train")).mean(0, keepdim=True)
    return {
        "average": float((images - average).square().mean()),
        "gaps": gaps(model, images),
        "one_or_many": one_or_many(model, digits),
        "features": persistence(model, images[::2]),
        "epochs": {name: sureness(name) for name in ("time", "class")},
        "count": len(digits),
        "weights": digest_of("weights/digits.safetensors"),
    }
