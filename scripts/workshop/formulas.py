"""Schedules, and what is asked about them on more than one page."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from ddpm.recipes import Recipe, recipe
from ddpm.sampling import Step, StepRule
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import strided

STRENGTHS = {
    "too small": (1e-6, 2e-4),
    "as usual": (1e-4, 0.02),
    "too large": (1e-3, 0.2),
}
"""The first and the last beta of the linear schedules that are trained briefly."""

LINEAR, COSINE = NoiseSchedule.linear(1000), NoiseSchedule.cosine(1000)
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
         500, 520, 600, 700, 720, 750, 800, 900, 923, 960, 980, 990, 999, 1000)  # fmt: skip
"""Times at which pages quote a schedule, each where it is within 1..T."""

OF_RECIPE = {"attention": "linear-1000", "class": "linear-300", "resunet": "linear-400",
             "resunet-large": "linear-600", "digits": "cosine-1000",
             "denoiser": "single-1"}  # fmt: skip
TRAIN = 55_000
"""Digits in the training split."""

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
    """By how many degrees each of a number of even strides from T turns."""
    path = strided(schedule.T, steps)
    return [math.degrees(angle(schedule, t) - angle(schedule, s)) for t, s in pairwise(path)]


def moments(of: Recipe) -> tuple[float, float]:
    """Mean and variance of all pixels as the recipe scales them, without padding."""
    scaling = of.scaling
    return (PIXELS.mean - scaling.mean) / scaling.std, (PIXELS.std / scaling.std) ** 2


def end_share(schedule: NoiseSchedule, variance: float) -> float:
    """The share of the variance of x_T that comes from data of this variance."""
    alpha_bar = float(schedule.alpha_bar[-1])
    return alpha_bar * variance / (alpha_bar * variance + 1 - alpha_bar)


def noise_factor(schedule: NoiseSchedule, t: int, s: int) -> float:
    """What the noise estimate is multiplied with in the mean of a reverse step from t to s."""
    alpha = float(schedule.alpha_bar[t] / schedule.alpha_bar[s])
    return (1 - alpha) / math.sqrt(alpha * (1 - float(schedule.alpha_bar[t])))


def one_step(
    rule: StepRule,
    schedule: NoiseSchedule,
    t: int,
    s: int,
    x: float = 0.0,
    x0: float = 0.0,
    z: float = 0.0,
    x0_s: float = 0.0,
) -> float:
    """What a rule makes of one pixel x at t, with the predicted clean pixel x0, the fresh noise z,
    and the prediction x0_s at s for rules that look there."""
    there, guess, fresh = (torch.full((1,), v, dtype=torch.float64) for v in (x, x0, z))

    def estimate(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
        later = torch.full_like(x, x0_s)
        return schedule.eps_from_x0(x, t, later), later

    eps = schedule.eps_from_x0(there, t, guess)
    return float(rule(Step(there, t, s, eps, guess, schedule, lambda: fresh, estimate)))


def weights_of(of: Recipe, layer: str) -> int:
    """How many weights the first convolution within a part of a recipe's network has."""
    with torch.device("meta"):
        part = of.make_network().get_submodule(layer)
    convolutions = (nn.Conv2d, nn.ConvTranspose2d)
    return next(m.weight.numel() for m in part.modules() if isinstance(m, convolutions))
