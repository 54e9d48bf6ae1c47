"""Measurements of the sources' slips."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ddpm.data import Digits, as_images, bundled
from ddpm.denoiser import add_noise as add_plain_noise
from ddpm.denoiser import denoise as denoise_once
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.metrics import psnr
from ddpm.sampling import Step, StepRule, posterior
from ddpm.schedule import NoiseSchedule
from ddpm.techniques.denoising import add_noise, denoise
from scripts.pages.claims.pictures import START, STRIDE, correlation
from scripts.pages.sdedit.figures import STARTS, STRENGTHS
from scripts.workshop.judge import judge
from scripts.workshop.registry import SEED, digest_of, measurement


# --8<-- [start:predicts]
def predicts(digits: Digits) -> dict[str, dict[str, float]]:
    """How the network's answer correlates with all the noise in x_t, and with the last step's."""
    model = load("attention")
    schedule, generator = model.schedule, torch.Generator().manual_seed(SEED)
    x0 = model.recipe.scaling.to_network(digits.images)
    table = {}
    for t in (100, 300, 500, 900):
        first, last = (torch.randn(x0.shape, generator=generator) for _ in range(2))
        x = schedule.renoise(schedule.add_noise(x0, t - 1, first), t - 1, t, last)
        with torch.no_grad(), fast_arithmetic(default_device()):
            answer = model.eps_fn()(x.to(model.device), t).float().cpu()
        everything = schedule.eps_from_x0(x, t, x0)
        table[str(t)] = {
            name: correlation(answer.flatten(), noise.flatten())
            for name, noise in (("all", everything), ("last", last))
        }
    return table
    # --8<-- [end:predicts]


def amplitude() -> dict[str, float]:
    """The noise that 77 single steps of course B's schedule put into images."""
    schedule, t = NoiseSchedule.linear(400), 77
    generator = torch.Generator().manual_seed(SEED)
    x = torch.zeros(1000, 28, 28)
    for s in range(t):
        x = schedule.renoise(x, s, s + 1, torch.randn(x.shape, generator=generator))
    left = 1 - float(schedule.alpha_bar[t])
    return {"measured": float(x.std()), "root": math.sqrt(left), "printed": left}


def as_printed(step: Step) -> Tensor:
    """The strided update with (1 - alpha_bar_t) over itself, so that x_t counts too much."""
    ab_t, ab_s = step.alpha_bars
    from_x0 = math.sqrt(ab_s) * (1 - step.alpha) / (1 - ab_t)
    sigma = math.sqrt((1 - ab_s) / (1 - ab_t) * (1 - step.alpha))
    return from_x0 * step.x0 + math.sqrt(step.alpha) * step.x + sigma * step.noise()


def update(digits: Digits) -> dict[str, dict[str, float]]:
    """Denoising from t = 691 in the source's strides, with the right update and the printed one."""
    model, images, table = load("digits"), as_images(digits), {}
    noisy, path = add_noise(model, images, START, SEED), (*range(START, 0, -STRIDE), 0)
    rules: dict[str, StepRule] = {"right": posterior, "printed": as_printed}
    for name, rule in rules.items():
        with fast_arithmetic(default_device()):
            states = model.states(
                x=noisy, path=path, sampler=rule, seed=SEED, eps_fn=model.unlabelled(len(noisy))
            )
            result = model.last_images(states).float().clamp(0, 1)
        table[name] = {
            "psnr": float(psnr(result, images).mean()),
            "recognised": float((judge().read(result) == digits.labels).float().mean()),
        }
    return table


def kinds(digits: Digits) -> dict[str, float]:
    """PSNR of one step at t = 500 on normal noise, and on noise that is uniform in [0, 1]."""
    model, images, t = load("digits"), as_images(digits), 500
    x0 = model.recipe.scaling.to_network(digits.images)
    draw = partial(torch.rand, generator=torch.Generator().manual_seed(SEED))
    noises = {"normal": model.noise(len(x0), SEED)().cpu(), "uniform": draw(x0.shape)}
    scores = {}
    for name, eps in noises.items():
        noisy = model.schedule.add_noise(x0, t, eps).to(model.device)
        with fast_arithmetic(default_device()):
            result = denoise(model, noisy, t, once=True)
        scores[name] = float(psnr(result.float().clamp(0, 1), images).mean())
    return scores


def without_image(digits: Digits) -> dict[str, float]:
    """PSNR of the denoiser's answer to a digit with noise, and to the noise alone."""
    model, clean = load("denoiser"), as_images(digits)
    noisy = add_plain_noise(clean, 0.5)
    return {
        name: float(psnr(denoise_once(model, given).clamp(0, 1), clean).mean())
        for name, given in (("image", noisy), ("noise", noisy - clean))
    }


@measurement
def slips(quick: bool) -> dict[str, Any]:
    """The sources' slips, each against what is right."""
    digits = bundled()[:: 250 if quick else 10]
    return {
        "predicts": predicts(digits),
        "amplitude": amplitude(),
        "update": update(digits),
        "kinds": kinds(digits),
        "start": {"place": 10, "time": round(1000 * STRENGTHS[STARTS.index(10)]) - 1},
        "input": without_image(digits[:: 1 if quick else 2]),
        "count": len(digits),
        "weights": {
            name: digest_of(f"weights/{name}.safetensors")
            for name in ("attention", "denoiser", "digits")
        },
    }
