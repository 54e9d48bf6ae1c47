"""What the pages state that follows from formulas: computed by the package's own code.

Each page's `derived` returns its numbers by their meaning; `at` holds what all pages share, the
values of the schedules at single times. Nothing is trained, sampled or measured.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ddpm.recipes import RECIPES
from scripts.workshop.formulas import SCHEDULES, TIMES, quoted
from scripts.workshop.registry import measurement

PAGES = (
    "schedules.facts",
    "courses",
    "forward",
    "backgrounds",
    "leaderboard.facts",
    "digits",
    "randomness.facts",
    "sampling",
    "conditional",
    "warmup.measurements",
    "denoiser",
    "networks",
    "network",
    "training",
    "guidance",
)
"""The modules below `scripts.pages` that have a function `derived`."""


@measurement
def facts(quick: bool) -> dict[str, Any]:
    """What follows from formulas: schedules, counts of parameters, exact cases."""
    at = {
        name: {str(t): quoted(schedule, t) for t in sorted({*TIMES, schedule.T}) if t <= schedule.T}
        for name, schedule in SCHEDULES.items()
    }
    settings = {name: recipe.to_dict() for name, recipe in RECIPES.items()}
    derived = {
        page.partition(".")[0]: import_module(f"scripts.pages.{page}").derived() for page in PAGES
    }
    return {"settings": settings, "at": at, **derived}
