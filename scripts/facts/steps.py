"""The pages on the steps of a sampler: what they multiply, keep and add; and the warm-up."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import torch
from torch import Tensor

from ddpm.guidance import as_eps
from ddpm.recipes import recipe
from ddpm.sampling import Step, ddim, posterior
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import strided
from ddpm.training import min_snr_weight
from scripts.facts.common import (
    COSINE,
    LINEAR,
    log_snr,
    one_step,
    ratio,
    turns,
)
from scripts.facts.noise import forward
from scripts.warmup import joint


def error_factor(schedule: NoiseSchedule, t: int, s: int, predicts: str) -> float:
    """By how much an error of the network's answer is multiplied in a DDIM step from t to s."""
    x, wrong = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)

    def estimate(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
        eps = as_eps(lambda x, t: wrong, predicts, schedule)(x, t)
        return eps, schedule.x0_from_eps(x, t, eps)

    eps, x0 = estimate(x, t)
    step = Step(x, t, s, eps, x0, schedule, lambda: torch.zeros_like(x), estimate)
    return abs(float(ddim(step)))


def digits() -> dict[str, Any]:
    """Targets, the angle, what can be seen at each time, and the weights of the times."""
    both = {"linear": LINEAR, "cosine": COSINE}
    path = strided(1000, 25)
    weighted = dataclasses.replace(
        recipe("digits"), training=dataclasses.replace(recipe("digits").training, min_snr=5.0)
    )
    weights = min_snr_weight(weighted)
    assert weights is not None
    return {
        "errors": {
            name: {
                f"{t}-{s}": {p: error_factor(schedule, t, s, p) for p in ("eps", "x0", "v")}
                for t, s in ((1000, 960), (520, 480), (40, 0))
            }
            for name, schedule in both.items()
        },
        "velocity_sum": sum(error_factor(LINEAR, t, s, "v") for t, s in pairwise(path)),
        "turns": {
            "cosine": turns(COSINE, 25)[0],
            "cosine_last": turns(COSINE, 25)[-1],
            "linear_first_seven": sum(turns(LINEAR, 25)[:7]),
            "linear_last": turns(LINEAR, 25)[-1],
        },
        "slope": -4 / math.sin(2 * math.pi / 8),
        "both_seen": {
            name: sum(abs(log_snr(schedule, t)) < 4 for t in range(1, 1001)) / 1000
            for name, schedule in both.items()
        },
        "told_apart": {
            name: {
                str(t): NormalDist().cdf(20 / 2 / ratio(schedule, t))
                for t in (500, 700, 800, 900, 1000)
            }
            for name, schedule in both.items()
        },
        "min_snr": {str(t): float(weights[t]) for t in (100, 300, 500, 700, 900)},
    }


def randomness() -> dict[str, Any]:
    """What one ancestral step keeps, entropies, and the step without its noise."""
    pixels = 28**2

    def bits(kept: float, added: float) -> float:
        return pixels * 0.5 * math.log2(1 + kept**2 / added**2)

    def first_step(s: int) -> dict[str, float]:
        kept = one_step(posterior, COSINE, 1000, s, x=1.0)
        added = one_step(posterior, COSINE, 1000, s, z=1.0)
        told = bits(kept, added)
        return {
            "start": kept,
            "guess": one_step(posterior, COSINE, 1000, s, x0=1.0),
            "noise": added,
            "kept": kept**2 / added**2,
            "bits": told,
            "nats": told * math.log(2),
            "total_variation": math.sqrt(told * math.log(2) / 2),
            "points": 100 * math.sqrt(told * math.log(2) / 2),
        }

    def too_low(samples: int) -> float:
        return (10 - 1) / (2 * samples * math.log(2))

    lever = {t: ratio(LINEAR, t) for t in range(1, 1001)}
    without = {}
    for t in (1000, 980, 950, 900, 800, 700, 500):
        left = lever[t] ** 2 / lever[1000]
        without[str(t)] = {
            "share": left / lever[t],
            "missing": 1 - (left / lever[t]) ** 2,
            "time": min(lever, key=lambda other: abs(lever[other] - left)),
        }
    amplitude, t = math.sqrt(1 - float(LINEAR.alpha_bar[-1])), 1000
    while amplitude > 0:  # the network always answers with noise of amplitude 1
        beta, noise = float(LINEAR.beta[t]), math.sqrt(1 - float(LINEAR.alpha_bar[t]))
        amplitude, t = (amplitude - beta / noise) / math.sqrt(1 - beta), t - 1
    return {
        "numbers": 1000 * pixels,
        "largest": math.log2(10),
        "step_to_980": first_step(980),
        "too_low": {str(n): too_low(n) for n in (20, 100, 2000)},
        "of_nothing": too_low(100) - too_low(2000),
        "without": without,
        "all_gone": t,
        "linear_bits": forward()["image_nats"] / math.log(2),
        "cosine_bits": -pixels * 0.5 * math.log2(1 - float(COSINE.alpha_bar[-1])),
    }


def sampling() -> dict[str, Any]:
    """The posterior's weights and noise, and what x_T can tell."""

    def weight(t: int) -> float:
        before = float(LINEAR.alpha_bar[t - 1])
        return math.sqrt(before) * float(LINEAR.beta[t]) / (1 - float(LINEAR.alpha_bar[t]))

    def noise(t: int) -> float:
        return math.sqrt(float((1 - LINEAR.alpha_bar[t - 1]) / (1 - LINEAR.alpha_bar[t])))

    nats = forward()["image_nats"]
    return {
        "weight_of_x0": {str(t): weight(t) for t in (1, 2, 1000)},
        "noise": {str(t): noise(t) for t in (2, 100)},
        "nats": nats,
        "bits": nats / math.log(2),
        "digit_bits": math.log2(10),
        "total_variation": math.sqrt(nats / 2),
    }


def conditional() -> dict[str, Any]:
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


def warmup() -> dict[str, Any]:
    """The two rows of the joint table that one of the queries adds up."""
    table = joint()
    with_mains_failed, without = float(table[1, 1, 1, 1]), float(table[1, 1, 0, 1])
    return {"failed": with_mains_failed, "fine": without, "both": with_mains_failed + without}
