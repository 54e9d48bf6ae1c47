"""Measurements of the courses' own models, and of the noise levels that a sampler visits."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from ddpm.data import as_images, bundled
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.metrics import diversity, precision_recall
from ddpm.model import Diffusion
from ddpm.schedule import NoiseSchedule
from ddpm.techniques.denoising import add_noise, denoise
from ddpm.timesteps import Timesteps, from_time, strided
from scripts.workshop.judge import (
    COUNT,
    distance,
    draw_fast,
    judge,
    natural_labels,
    rows,
    same_many_real,
    test_images,
    verdict,
)
from scripts.workshop.registry import SEED, digest_of, measurement

STEPS = 100
"""Steps of ancestral sampling from T; only those below T / 2 are taken."""


@measurement
def half_way(quick: bool) -> dict[str, Any]:
    """Course A's unconditional model from pure noise at T / 2; and what x at T / 2 still shows."""
    model, digits = load("attention"), bundled()[:: 50 if quick else 5]
    middle, path = model.recipe.T // 2, model.path(10 if quick else STEPS)
    noisy = add_noise(model, as_images(digits), middle, SEED)
    with fast_arithmetic(default_device()):
        guess = denoise(model, noisy, middle, once=True)
        images = model.sample(
            COUNT, seed=SEED, sampler="ancestral", path=from_time(path, middle)
        ).float()
    precision, recall = precision_recall(images, same_many_real(COUNT), judge())
    return {
        "recognised": float((judge().read(guess) == digits.labels).float().mean()),
        "fid": distance()(images),
        "precision": precision,
        "recall": recall,
        "steps": len(path) - 1,
        "count": COUNT,
        "weights": digest_of("weights/attention.safetensors"),
    }


def scale_row(name: str, scale: float, steps: int) -> dict[str, float]:
    """A model at one scale of guidance: accuracy, distance, precision, recall and diversity."""
    asked = natural_labels(COUNT)
    images, _ = draw_fast(load(name), asked, guidance=scale, sampler="ddim", steps=steps, seed=SEED)
    spread = float(diversity(images, asked, judge()).mean())
    found = {"scale": scale, "omega": scale - 1, "diversity": spread}
    return {**found, **verdict(images, asked)}


def scales_of(name: str, measured: str, scales: tuple[float, ...], steps: int) -> dict[str, Any]:
    """A model at several scales of guidance, by DDIM."""
    settings = {"weights": digest_of(f"weights/{name}.safetensors"), "steps": steps}
    jobs = {f"{scale:g}": partial(scale_row, name, scale, steps) for scale in scales}
    return {"rows": rows(measured, settings, jobs), "count": COUNT, **settings}


@measurement
def resunet_scales(quick: bool) -> dict[str, Any]:
    """Course B's network without guidance and at the source's strengths, omega = scale - 1."""
    if quick:
        return scales_of("resunet", "resunet_scales-quick", (1.0,), 2)
    return scales_of("resunet", "resunet_scales", (1.0, 1.1, 1.5, 2.0, 3.0, 4.0, 6.0), 10)


# --8<-- [start:levels]
def levels(model: Diffusion, schedule: NoiseSchedule, calls: int) -> Timesteps:
    """The times at which `model` has the noise that `calls` strides of another schedule visit."""
    signal = model.schedule.alpha_bar.logit(eps=1e-9)
    wanted = schedule.alpha_bar[list(strided(schedule.T, calls)[:-1])].logit(eps=1e-9)
    nearest = [int((signal - level).abs().argmin()) for level in wanted]
    return (*sorted({max(t, 1) for t in nearest}, reverse=True), 0)
    # --8<-- [end:levels]


def schedules() -> dict[str, NoiseSchedule]:
    """A cosine, a linear schedule, and the constant beta that ends where the linear one does."""
    linear = NoiseSchedule.linear(1000)
    beta = 1 - float(linear.alpha_bar[-1]) ** (1 / 1000)
    return {
        "cosine": NoiseSchedule.cosine(1000),
        "linear": linear,
        "constant": NoiseSchedule.linear(1000, beta, beta),
    }


def stride_row(name: str, calls: int) -> dict[str, float]:
    """The flagship without guidance, in ancestral steps over another schedule's noise levels."""
    model, asked = load("digits"), natural_labels(COUNT)
    path = levels(model, schedules()[name], calls)
    images, _ = draw_fast(model, asked, guidance=1.0, sampler="ancestral", path=path, seed=SEED)
    return {"calls": len(path) - 1, **verdict(images, asked)}


def strides_of(measured: str, names: tuple[str, ...], calls: tuple[int, ...]) -> dict[str, Any]:
    """The flagship at the noise levels of these schedules, with few calls."""
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": COUNT}
    jobs = {f"{name}-{n}": partial(stride_row, name, n) for name in names for n in calls}
    return {"rows": rows(measured, settings, jobs), **settings}


@measurement
def strides(quick: bool) -> dict[str, Any]:
    """One network at the noise levels of a cosine and of a linear schedule, with few calls."""
    if quick:
        return strides_of("strides-quick", ("cosine",), (2,))
    return strides_of("strides", ("cosine", "linear"), (10, 25))


@measurement
def constant_strides(quick: bool) -> dict[str, Any]:
    """The same network at the noise levels of a constant beta."""
    if quick:
        return strides_of("constant_strides-quick", ("constant",), (2,))
    return strides_of("constant_strides", ("constant",), (10, 25))


GRAINS = 100
"""How many samples are looked at."""


# --8<-- [start:grain]
def grain_of(images: Tensor) -> float:
    """The root mean square of images (N, 1, 28, 28) where they should be black.

    That is at least two pixels away from all that is left by a median over 3x3 pixels, which
    keeps strokes and removes specks.
    """
    windows = F.unfold(F.pad(images.float(), (1, 1, 1, 1)), 3)
    strokes = windows.median(1).values.reshape(images.shape)
    near = F.max_pool2d(strokes, 5, stride=1, padding=2)
    return float(images[near < 0.1].square().mean().sqrt())
    # --8<-- [end:grain]


@measurement
def grain(quick: bool) -> dict[str, Any]:
    """How rough the background of the flagship's samples is, with 5, 10 and 20 steps."""
    asked, table = natural_labels(20 if quick else GRAINS), {}
    for sampler in ("ancestral", "beta-noise"):
        for steps in (5, 10, 20):
            images, _ = draw_fast(load("digits"), asked, sampler=sampler, steps=steps, seed=SEED)
            table[f"{sampler}-{steps}"] = {"grain": grain_of(images)}
    real = grain_of(test_images())
    weights = digest_of("weights/digits.safetensors")
    return {"rows": table, "real": real, "count": len(asked), "weights": weights}
