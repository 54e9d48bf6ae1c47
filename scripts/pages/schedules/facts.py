"""Numbers of the page "Schedules" that follow from formulas."""

from __future__ import annotations

import math
from typing import Any

from ddpm.recipes import recipe
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import strided
from scripts.workshop.formulas import (
    COSINE,
    LARGE,
    LINEAR,
    SCHEDULES,
    SMALL,
    TRAIN,
    USUAL,
    end_share,
    first_below,
    log_snr,
    moments,
    noise_factor,
    signal,
    turns,
)


def derived() -> dict[str, Any]:
    """Ends, starts from noise, and betas too small and too large."""
    images = {}
    for name in ("class", "resunet", "resunet-large", "attention-class", "digits"):
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
