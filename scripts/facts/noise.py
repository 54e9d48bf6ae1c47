"""The pages on the noise schedules: how much noise, and when."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch

from ddpm.recipes import recipe
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import strided
from ddpm.training import learning_rate
from scripts.facts.common import (
    COSINE,
    LARGE,
    LINEAR,
    OF_RECIPE,
    PIXELS,
    SCHEDULES,
    SMALL,
    TRAIN,
    USUAL,
    end_share,
    first_below,
    log_snr,
    moments,
    noise_factor,
    ratio,
    signal,
    turns,
)


def schedules() -> dict[str, Any]:
    """Ends, starts from noise, and betas too small and too large."""
    images = {}
    for name in ("class", "resunet-small", "resunet-large", "attention-class", "digits"):
        scaling, alpha_bar = recipe(name).scaling, float(recipe(name).make_schedule().alpha_bar[-1])
        (mean, variance), pixels, inner = moments(recipe(name)), scaling.size**2, 28**2
        ground, ink = -scaling.mean / scaling.std, (1 - scaling.mean) / scaling.std
        square = ((mean**2 + variance) * inner + ground**2 * (pixels - inner)) / pixels
        images[name] = {
            "ground": ground,
            "ink": ink,
            "mean_square": square,
            "shift": math.sqrt(pixels * square * alpha_bar / (1 - alpha_bar)),
            "nats": pixels / 2 * (alpha_bar * (square - 1) - math.log1p(-alpha_bar)),
            "contrast_log_snr": math.log(variance * alpha_bar / (1 - alpha_bar)),
            "log_variance": math.log(variance),
        }
    shares = {}
    for name in ("linear-300", "linear-400", "linear-600", "linear-1000", "cosine-1000"):
        shares[name] = {f"v{v}": end_share(SCHEDULES[name], v) for v in (1, 5)}
        shares[name] |= {f"root{v}": math.sqrt(end_share(SCHEDULES[name], v)) for v in (1, 5)}

    mean, variance = moments(recipe("digits"))
    share, end = end_share(SMALL, variance), float(SMALL.alpha_bar[-1])
    of_start = math.sqrt(end) * variance / (end * variance + 1 - end)
    small = {
        "mean": mean,
        "variance": variance,
        "std": math.sqrt(variance),
        "share": share,
        "drawn_mean": mean * (1 - share),
        "drawn_std": math.sqrt(of_start**2 + variance * (1 - share)),
        "start": 1 / math.sqrt(end),
    }
    strengths = {}
    for name, schedule in {"small": SMALL, "usual": USUAL, "large": LARGE}.items():
        path = strided(schedule.T, 60)
        strengths[name] = {
            "above": first_below(schedule, 0.95) - 1,
            "below": first_below(schedule, 0.05),
            "idle": (schedule.T + 1 - first_below(schedule, 0.05)) / schedule.T,
            "strides_seen": sum(signal(schedule, s) >= 0.05 for s in path[1:]),
            "last_turn": turns(schedule, 60)[-1],
            "turn_before": turns(schedule, 60)[-2],
            "largest_turn": max(turns(schedule, 60)),
            "first_stride": noise_factor(schedule, path[0], path[1]),
        }
    third = SCHEDULES["linear-300"]
    faster = NoiseSchedule.from_betas(third.beta[1:] * 1000 / 300)
    amplitude = third.alpha_bar.sqrt()
    stretched = (amplitude - amplitude[-1]) * amplitude[1] / (amplitude[1] - amplitude[-1])
    last_betas = 1 - (stretched[-3:] / stretched[-4:-1]) ** 2
    return {
        "images": images,
        "shares": shares,
        "small": small,
        "strengths": strengths,
        "mean_beta": float(LINEAR.beta[1:].mean()),
        "contrast_lost": -images["class"]["log_variance"],
        "of_a_label": TRAIN // 10,
        "label_nats": math.log(TRAIN / 10),
        "digit_nats": math.log(10),
        "float32_zero": int((LARGE.alpha_bar.float() > 0).sum()),
        "float32_smallest": 2.0**-149,
        "faster": {"end": signal(faster, 300), "middle": signal(faster, 150)},
        "stretched": {str(t): float(stretched[t]) for t in (150, 225, 290)},
        "stretched_betas": last_betas.tolist(),
        "cap": {
            "last": log_snr(COSINE, 999) - log_snr(COSINE, 1000),
            "between": log_snr(COSINE, 100) - log_snr(COSINE, 900),
        },
    }


def courses() -> dict[str, Any]:
    """The conventions of the courses, and where their losses look."""
    levels = {}
    for name in OF_RECIPE:
        of = recipe(name)
        schedule, std, T = of.make_schedule(), of.scaling.std, of.T
        sigma = [std * ratio(schedule, t) for t in range(1, T + 1)]
        levels[name] = {
            "first": sigma[0],
            "quarter": sigma[max(T // 4, 1) - 1],
            "half": sigma[max(T // 2, 1) - 1],
            "three_quarters": sigma[max(3 * T // 4, 1) - 1],
            "last": sigma[-1],
            "share": sum(value < 0.1 for value in sigma) / T,
            "contrast": 1 / sigma[-1],
        }
    decayed, padded = recipe("time").training, recipe("attention").scaling.size ** 2
    return {
        "levels": levels,
        "mean_beta": float(LINEAR.beta[1:].mean()),
        "half_mean": float(LINEAR.beta[1:].mean()) / 2,
        "at_77": SCHEDULES["linear-400"].coefficients(77),
        "beta_from_0": float(SCHEDULES["linear-400"].beta[78]),
        "ink_of_1": 1 - PIXELS.mean,
        "span": 1 / PIXELS.std,
        "padded": padded,
        "border": padded - 28**2,
        "inner_share": 28**2 / padded,
        "last_rate": learning_rate(decayed, decayed.epochs, 0.0),
    }


def forward() -> dict[str, Any]:
    """The end of the chain, and other betas than the linear ones."""
    end, pixels = float(LINEAR.alpha_bar[-1]), recipe("attention").scaling.size ** 2
    constant = 1 - end ** (1 / 1000)
    even = NoiseSchedule.from_betas(torch.full((1000,), constant, dtype=torch.float64))
    times = {
        name: {"half": first_below(schedule, 0.5), "twentieth": first_below(schedule, 0.05)}
        for name, schedule in {"linear": LINEAR, "constant": even}.items()
    }
    scaled = {
        name: NoiseSchedule.linear(1000, 1e-4 * factor, 0.02 * factor)
        for name, factor in {"hundredth": 0.01, "tenth": 0.1, "tenfold": 10}.items()
    }
    nats = -0.5 * math.log1p(-end)
    return {
        "even": min(range(1, 1001), key=lambda t: abs(log_snr(LINEAR, t))),
        "nats": nats,
        "image_nats": pixels * nats,
        "pixels": pixels,
        "shift": math.sqrt(end * pixels),
        "grey_values": math.sqrt(end) * 255,
        "constant_beta": constant,
        "constant_first": math.sqrt(constant),
        "times": times,
        "too_small": {name: signal(scaled[name], 1000) for name in ("hundredth", "tenth")},
        "tenfold_at_300": signal(scaled["tenfold"], 300),
    }


def grounds() -> dict[str, Any]:
    """The lever of an offset, and what two samplers make of it."""
    lever, pixels = {t: ratio(LINEAR, t) for t in range(1, 1001)}, 32**2
    lever[0] = 0.0

    def collected(steps: int, power: int) -> float:
        path = strided(1000, steps)
        return sum((1 - (lever[s] / lever[t]) ** power) * lever[t] for t, s in pairwise(path))

    amplitude = 1 / math.sqrt(2 * pixels)
    # The amplitude of ancestral noise: each step adds some along the noise that is there.
    added = sum(
        float(LINEAR.beta[t] / (1 - LINEAR.alpha_bar[t])) / pixels for t in range(501, 1001)
    )
    return {
        "enough": 0.2 / lever[1000],
        "enough_squared": (0.2 / lever[1000]) ** 2,
        "mean_of_noise": 1 / math.sqrt(pixels),
        "within_a_tenth": 0.1 / lever[1000],
        "of_the_noise": 0.1 / lever[1000] * math.sqrt(pixels),
        "added": {
            f"{name}{steps}": collected(steps, power)
            for name, power in {"ddim": 1, "ancestral": 2}.items()
            for steps in (50, 1000)
        },
        "forgotten": {
            "ddim": lever[300] / lever[700],
            "ancestral": (lever[300] / lever[700]) ** 2,
            "border": lever[180] / lever[1000],
        },
        "stands_out": max(t for t in lever if lever[t] / math.sqrt(pixels) < 0.2),
        "collected": 1 - lever[600] / lever[1000],
        "amplitude": {
            "start": amplitude,
            "700": amplitude * lever[1000] / lever[700],
            "500": amplitude * lever[1000] / lever[500],
            "ancestral500": math.sqrt(amplitude**2 + added),
            "guess": amplitude * lever[1000],
        },
        "weight": 1 / lever[1000] ** 2,
        "below_200": 0.2 / lever[200],
    }
