"""What a model may be asked for when it samples: a student serves some numbers of steps only."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ddpm import arguments
from ddpm.sampling import StepRule, step_rule
from ddpm.settings import Recipe

Labels = Sequence[int] | Tensor | None
"""One label per image, for a model with labels."""


def served(recipe: Recipe) -> tuple[int, ...]:
    """The numbers of steps that a student was distilled for; empty if a model takes any."""
    return recipe.distillation.serves if recipe.distillation else ()


def steps_of(recipe: Recipe, steps: int | None, spacing: str) -> int:
    """The number of steps asked for, or the recipe's own.

    Raises:
        ValueError: a student was not distilled for this number or this spacing.
    """
    steps = recipe.steps if steps is None else steps
    if known := served(recipe):
        if steps not in known:
            which = ", ".join(map(str, known[:-1])) + " or " * (len(known) > 1) + f"{known[-1]}"
            raise ValueError(f"steps: '{recipe.name}' takes {which}, not {arguments.shown(steps)}")
        if spacing != "trailing":
            raise ValueError(f"spacing: '{recipe.name}' takes trailing steps, not {spacing}")
    return steps


# --8<-- [start:pace_of]
def pace_of(recipe: Recipe, steps: int | None) -> int:
    """What a student knows of its number of steps: k for the k-th number that it knows.

    0 is nothing: what every other model knows, and a student after its stage "fold".
    """
    plan = recipe.distillation
    return plan.pace(steps_of(recipe, steps, "trailing")) if plan and plan.serves else 0
    # --8<-- [end:pace_of]


def at_pace(recipe: Recipe, labels: Tensor | None, pace: int | Tensor) -> Tensor | None:
    """Labels (N,) as a network knows them at a pace: one pace, or integer (N,)."""
    return None if labels is None else labels + pace * (recipe.classes + 1)


def rule_of(recipe: Recipe, sampler: str | StepRule | None) -> StepRule:
    """The step rule of that name, the rule itself, or the recipe's own.

    Raises:
        ValueError: there is none of that name, or a student was distilled for another.
    """
    rule = step_rule(recipe.sampler if sampler is None else sampler)
    if served(recipe) and isinstance(sampler, str) and sampler != recipe.sampler:
        raise ValueError(f"sampler: '{recipe.name}' takes {recipe.sampler}, not {sampler}")
    return rule


def usual(recipe: Recipe, sampler: str) -> str:
    """The sampler that a technique takes by default; a student keeps its own."""
    return recipe.sampler if served(recipe) else sampler
