"""What the pages state that follows from formulas: computed here, by the package's own code.

One function for each page returns its numbers by their meaning; `at` holds what all pages share,
the values of the schedules at single times. Nothing is trained, drawn or measured.
"""

from __future__ import annotations

from typing import Any

from ddpm.recipes import RECIPES
from scripts.facts import networks, noise, samplers, steps
from scripts.facts.common import SCHEDULES, TIMES, quoted
from scripts.workshop.registry import measurement

PAGES = (
    noise.schedules,
    noise.courses,
    noise.forward,
    noise.grounds,
    samplers.leaderboard,
    steps.digits,
    steps.randomness,
    steps.sampling,
    steps.conditional,
    steps.warmup,
    networks.denoiser,
    networks.networks,
    networks.network,
    networks.training,
    networks.guidance,
)


@measurement
def facts(quick: bool) -> dict[str, Any]:
    """What follows from formulas: schedules, counts of parameters, exact cases."""
    at = {
        name: {str(t): quoted(schedule, t) for t in sorted({*TIMES, schedule.T}) if t <= schedule.T}
        for name, schedule in SCHEDULES.items()
    }
    settings = {name: recipe.to_dict() for name, recipe in RECIPES.items()}
    return {"settings": settings, "at": at, **{page.__name__: page() for page in PAGES}}
