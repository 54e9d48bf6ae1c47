"""The pages on the networks and their training: weights, work and counts."""

from __future__ import annotations

import math
from typing import Any

import torch

from ddpm.networks.attention_unet import time_encoding
from ddpm.recipes import recipe
from ddpm.schedule import NoiseSchedule
from scripts.facts.common import (
    LINEAR,
    PIXELS,
    TRAIN,
    ratio,
    weights_of,
)


def denoiser() -> dict[str, Any]:
    """One level of noise, one pixel, and the size of one layer."""
    of, sigma = recipe("denoiser"), ratio(NoiseSchedule.single(), 1)
    steps = TRAIN // of.training.batch
    return {
        "ink": {
            name: 1 / (1 + math.exp(-(z - 0.5) / sigma**2))
            for name, z in {"ground": 0.0, "middle": 0.5, "ink": 1.0}.items()
        },
        "unflatten": weights_of(of, "unflatten"),
        "alpha_bar": float(NoiseSchedule.single().alpha_bar[1]),
        "inverse": 1 / float(NoiseSchedule.single().alpha_bar[1]),
        "beta": float(NoiseSchedule.single().beta[1]),
        "unchanged": sigma**2,
        "unchanged_psnr": -10 * math.log10(sigma**2),
        "steps_of_an_epoch": steps,
        "steps": steps * of.training.epochs,
    }


def networks() -> dict[str, Any]:
    """Where the weights and the work of the networks are."""
    of = recipe("class")
    unflatten, full = weights_of(of, "unflatten"), weights_of(of, "stem.1")
    width = of.options["width"]
    return {
        "unflatten": unflatten,
        "full": full,
        "full_work": full * 28**2,
        "digits_work": weights_of(recipe("digits"), "down14.0.conv1") * 14**2,
        "features": width * 28**2,
        "megabytes": width * 28**2 * 128 * 4 / 1e6,
        "span": 1 / PIXELS.std,
        "span_squared": 1 / PIXELS.std**2,
        "pairs": {str(side): side**4 for side in (7, 14, 28)},
    }


def network() -> dict[str, Any]:
    """Course A's network: pairs of positions, the slowest sinusoid, one stage's weights."""
    side = recipe("attention").scaling.size
    slowest = float(time_encoding(torch.ones(1), 64)[0, 31])  # its sine at t = 1
    return {
        "thrice_halved": 28 / 8,
        "positions": side**2,
        "pairs": (side // 4) ** 4,
        "pairs_ratio": (side**2) ** 2 // (side // 4) ** 4,
        "slowest": round(2 * math.pi / math.asin(slowest), -3),
        "up1": 2 * weights_of(recipe("attention"), "up1.convs.0"),
    }


def training() -> dict[str, Any]:
    """Weights of the bound, the average's reach, and the arithmetic's grain."""
    of = recipe("attention").training
    steps, decay = TRAIN // of.batch, of.average

    def weight(t: int) -> float:  # with sigma_t^2 = beta_t
        beta, alpha_bar = float(LINEAR.beta[t]), float(LINEAR.alpha_bar[t])
        return beta / (2 * (1 - beta) * (1 - alpha_bar))

    grain = torch.finfo(torch.bfloat16).eps
    return {
        "weights": {str(t): weight(t) for t in (1, 2, 100, 500)},
        "reached": math.ceil((10 * decay - 1) / (1 - decay) - 1e-6),
        "steps_of_an_epoch": steps,
        "steps": steps * of.epochs,
        "grain_above": grain,
        "grain_below": grain / 2,
    }


def guidance() -> dict[str, Any]:
    """A pixel pushed out of range."""
    without, told = -0.2, 0.6
    return {"difference": told - without, "pushed": without + 10 * (told - without)}
