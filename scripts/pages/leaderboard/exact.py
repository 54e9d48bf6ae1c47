"""Samplers where the answer is known: Gaussian data, whose best noise estimate is a formula."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ddpm.sampling import SAMPLERS, EpsFn, sample
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import strided
from scripts.workshop.costs import steps_for
from scripts.workshop.registry import measurement

MEAN, STD, T = 0.4, 0.3, 1000
"""Mean and standard deviation of the data, a single pixel; and the last time."""

SCHEDULES = {"linear": NoiseSchedule.linear(T), "cosine": NoiseSchedule.cosine(T)}
DETERMINISTIC = ("ddim", "heun", "heun-eps", "dpm-solver")
COUNT = 100_000
"""How many pixels are sampled if the rule adds noise: their spread is right to 0.001."""


def ideal(schedule: NoiseSchedule) -> EpsFn:
    """E[eps | x_t], for data from N(MEAN, STD^2)."""

    def eps_fn(x: Tensor, t: int) -> Tensor:
        kept = schedule.alpha_bar[t]
        return (1 - kept).sqrt() / (kept * STD**2 + 1 - kept) * (x - kept.sqrt() * MEAN)

    return eps_fn


def result(sampler: str, schedule: NoiseSchedule, steps: int, x: Tensor) -> Tensor:
    """Where a sampler ends from the starts x, float64 (N, 1, 1, 1)."""
    generator = torch.Generator().manual_seed(1)

    def noise() -> Tensor:
        return torch.randn(x.shape, generator=generator, dtype=x.dtype)

    path = strided(T, steps)
    *_, last = sample(ideal(schedule), x, path, schedule, SAMPLERS[sampler], noise=noise)
    return last.x


def flow_error(sampler: str, schedule: NoiseSchedule, steps: int) -> float:
    """How far the results lie from the exact curve's, at most, for starts from -3 to 3.

    The curve keeps each start's distance from the mean in standard deviations.
    """
    x = torch.linspace(-3, 3, 61, dtype=torch.float64)[:, None, None, None]
    kept = schedule.alpha_bar[T]
    deviations = (x - kept.sqrt() * MEAN) / (kept * STD**2 + 1 - kept).sqrt()
    expected = MEAN + STD * deviations
    return float((result(sampler, schedule, steps, x) - expected).abs().max())


def spread(sampler: str, schedule: NoiseSchedule, steps: int) -> float:
    """The standard deviation of a sampler's results; it should be `STD`."""
    x = torch.randn(COUNT, 1, 1, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return float(result(sampler, schedule, steps, x).std())


@measurement
def exact(quick: bool) -> dict[str, Any]:
    """The samplers' errors on Gaussian data, against the number of calls."""
    errors = {
        str(calls): {
            name: {
                sampler: flow_error(sampler, schedule, steps_for(sampler, calls))
                for sampler in DETERMINISTIC
            }
            for name, schedule in SCHEDULES.items()
        }
        for calls in (5, 10, 25, 50, 100)
    }
    spreads = {
        str(steps): {
            sampler: spread(sampler, SCHEDULES["cosine"], steps)
            for sampler in ("ancestral", "beta-noise", "ddim", "dpm-solver")
        }
        for steps in ((10,) if quick else (10, 25, 100, 1000))
    }
    return {"mean": MEAN, "std": STD, "errors": errors, "spreads": spreads, "count": COUNT}
