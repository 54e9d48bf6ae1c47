"""What the pages state that follows from formulas: computed here, by the package's own code.

One function for each page returns its numbers by their meaning; `at` holds what all pages share,
the values of the schedules at single times. Nothing is trained, drawn or measured.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch

from ddpm.data import PER_CLASS
from ddpm.paths import every, strided
from ddpm.recipes import RECIPES, Recipe, recipe
from ddpm.schedule import NoiseSchedule
from ddpm.training import learning_rate
from scripts.registry import measurement

LINEAR, COSINE = NoiseSchedule.linear(1000), NoiseSchedule.cosine(1000)
STRENGTHS = {"too small": (1e-6, 2e-4), "as usual": (1e-4, 0.02), "too large": (1e-2, 0.5)}
"""As in scripts.schedules, which is not imported: its figures may not be on the site yet."""
SMALL, USUAL, LARGE = (NoiseSchedule.linear(1000, *betas) for betas in STRENGTHS.values())
SCHEDULES = {
    "linear-300": NoiseSchedule.linear(300),
    "linear-400": NoiseSchedule.linear(400),
    "linear-600": NoiseSchedule.linear(600),
    "linear-1000": LINEAR,
    "cosine-1000": COSINE,
    "single-1": NoiseSchedule.single(),
    "too-small": SMALL,
    "too-large": LARGE,
}
TIMES = (1, 2, 3, 4, 5, 10, 20, 40, 50, 77, 100, 150, 180, 200, 225, 250, 259, 290, 300, 400, 480,
         500, 520, 600, 700, 720, 750, 800, 900, 960, 980, 990, 999, 1000)  # fmt: skip
"""Times at which pages quote a schedule, each where it is within 1..T."""

OF_RECIPE = {"attention": "linear-1000", "class": "linear-300", "resunet-small": "linear-400",
             "resunet-large": "linear-600", "digits": "cosine-1000",
             "denoiser": "single-1"}  # fmt: skip
PIXELS = recipe("resunet").scaling
"""Its mean and standard deviation are those of all MNIST pixels in [0, 1], without padding."""


def signal(schedule: NoiseSchedule, t: int) -> float:
    """sqrt(alpha_bar_t)."""
    return math.sqrt(float(schedule.alpha_bar[t]))


def ratio(schedule: NoiseSchedule, t: int) -> float:
    """sqrt(1 - alpha_bar_t) / sqrt(alpha_bar_t), noise over signal."""
    alpha_bar = float(schedule.alpha_bar[t])
    return math.sqrt((1 - alpha_bar) / alpha_bar)


def angle(schedule: NoiseSchedule, t: int) -> float:
    """Whose cosine is the signal's amplitude and whose sine is the noise's, in radians."""
    alpha_bar = float(schedule.alpha_bar[t])
    return math.atan2(math.sqrt(1 - alpha_bar), math.sqrt(alpha_bar))


def log_snr(schedule: NoiseSchedule, t: int) -> float:
    """The logarithm of the ratio of the variances of signal and noise."""
    return -2 * math.log(ratio(schedule, t))


def quoted(schedule: NoiseSchedule, t: int) -> dict[str, float]:
    """A schedule at one time 1..T."""
    alpha_bar = float(schedule.alpha_bar[t])
    return {
        "beta": float(schedule.beta[t]),
        "alpha_bar": alpha_bar,
        "signal": signal(schedule, t),
        "noise": math.sqrt(1 - alpha_bar),
        "ratio": ratio(schedule, t),
        "snr": alpha_bar / (1 - alpha_bar),
        "log_snr": log_snr(schedule, t),
        "degrees": math.degrees(angle(schedule, t)),
        "nats": -0.5 * math.log1p(-alpha_bar),  # of a pixel of value 1
    }


def first_below(schedule: NoiseSchedule, amplitude: float) -> int:
    """The first time at which the signal is below an amplitude; T + 1 if there is none."""
    return int((schedule.alpha_bar.sqrt() >= amplitude).sum())


def turns(schedule: NoiseSchedule, steps: int) -> list[float]:
    """By how many degrees each of so many even strides from T turns."""
    path = strided(schedule.T, steps)
    return [math.degrees(angle(schedule, t) - angle(schedule, s)) for t, s in pairwise(path)]


def moments(of: Recipe) -> tuple[float, float]:
    """Mean and variance of all pixels as the recipe scales them, without padding."""
    scaling = of.scaling
    return (PIXELS.mean - scaling.mean) / scaling.std, (PIXELS.std / scaling.std) ** 2


# ---- schedules.md


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
        path = strided(schedule.T, 100)
        strengths[name] = {
            "above": first_below(schedule, 0.95) - 1,
            "below": first_below(schedule, 0.05),
            "idle": (schedule.T + 1 - first_below(schedule, 0.05)) / schedule.T,
            "strides_seen": sum(signal(schedule, s) >= 0.05 for s in path[1:]),
            "last_turn": turns(schedule, 100)[-1],
            "turn_before": turns(schedule, 100)[-2],
            "largest_turn": max(turns(schedule, 100)),
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
        "of_a_label": 55_000 // 10,
        "label_nats": math.log(55_000 / 10),
        "digit_nats": math.log(10),
        "float32_zero": int((LARGE.alpha_bar.sqrt().float() > 0).sum()),
        "float32_smallest": 2.0**-149,
        "faster": {"end": signal(faster, 300), "middle": signal(faster, 150)},
        "stretched": {str(t): float(stretched[t]) for t in (150, 225, 290)},
        "stretched_betas": last_betas.tolist(),
        "cap": {
            "last": log_snr(COSINE, 999) - log_snr(COSINE, 1000),
            "between": log_snr(COSINE, 100) - log_snr(COSINE, 900),
        },
    }


def end_share(schedule: NoiseSchedule, variance: float) -> float:
    """The share of the variance of x_T that comes from data of this variance."""
    alpha_bar = float(schedule.alpha_bar[-1])
    return alpha_bar * variance / (alpha_bar * variance + 1 - alpha_bar)


def noise_factor(schedule: NoiseSchedule, t: int, s: int) -> float:
    """What the noise estimate is multiplied with in the mean of a reverse step from t to s."""
    alpha = float(schedule.alpha_bar[t] / schedule.alpha_bar[s])
    return (1 - alpha) / math.sqrt(alpha * (1 - float(schedule.alpha_bar[t])))


# ---- courses.md


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


# ---- forward.md


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


# ---- grounds.md


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


PAGES = (schedules, courses, forward, grounds)


@measurement
def facts(quick: bool) -> dict[str, Any]:
    """What follows from formulas: schedules, counts of parameters, exact cases."""
    at = {
        name: {
            str(t): quoted(schedule, t) for t in sorted({*TIMES, schedule.T}) if t <= schedule.T
        }
        for name, schedule in SCHEDULES.items()
    }
    return {"at": at, **{page.__name__: page() for page in PAGES}}
