"""What a setting costs: steps, calls of the network on a batch, and evaluations an image."""

from __future__ import annotations

from ddpm.recipes import recipe
from scripts.workshop.samples import Setting


def steps_for(sampler: str, calls: int) -> int:
    """The steps that fit into some network calls: each of Heun's costs two, but for the last."""
    return (calls + 1) // 2 if sampler.startswith("heun") else calls


def calls_of(sampler: str, steps: int) -> int:
    """How many network calls a number of steps takes."""
    return 2 * steps - 1 if sampler.startswith("heun") else steps


def evaluations_of(setting: Setting) -> int:
    """How many evaluations of the network an image takes, from noise to the end.

    A guided call asks twice, with the label and without.
    """
    guided = setting.guidance not in (0, 1) and recipe(setting.model).classes > 0
    return calls_of(setting.sampler, setting.steps) * (2 if guided else 1)
