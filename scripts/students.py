"""Distils a student for the table of students: `python -m scripts.students NAME`.

It is trained as `ddpm train` trains a recipe, into `runs/NAME.safetensors`, and continues where it
was stopped. `python -m scripts.evaluate students` judges all of them.
"""

from __future__ import annotations

import dataclasses
from typing import Any, cast

from ddpm.commands.program import run
from ddpm.commands.train import train_recipe
from ddpm.recipes import DIGITS_FAST, FOLD, RECIPES, Recipe
from ddpm.stages import Stage
from ddpm.students import distillation_of
from scripts.workshop.records import ROOT

MATCH = distillation_of(DIGITS_FAST).stages[-1]
HALVE = tuple(
    Stage("halve", epochs=4, updates=100, rate=2e-4, steps=(n,)) for n in (16, 8, 4, 2, 1)
)


def variant(name: str, *stages: Stage, **changes: Any) -> Recipe:
    """The student's recipe with other stages, and other values of its distillation."""
    plan = distillation_of(DIGITS_FAST)
    serves = stages[-1].steps
    plan = dataclasses.replace(plan, stages=stages, serves=serves, **changes)
    training = dataclasses.replace(DIGITS_FAST.training, epochs=plan.epochs)
    recipe = dataclasses.replace(DIGITS_FAST, name=name, training=training, distillation=plan)
    if stages[-1].method == "halve":
        recipe = dataclasses.replace(recipe, sampler="ddim", steps=serves[0])
    return recipe


def match(**changes: float) -> Stage:
    """The stage of distribution matching with other settings."""
    return dataclasses.replace(MATCH, **changes)  # type: ignore[arg-type]


VARIANTS = {
    recipe.name: recipe
    for recipe in (
        DIGITS_FAST,
        variant("long", FOLD, match(epochs=100, average=0.999)),
        variant("halved", FOLD, *HALVE),
        variant("halved-between", FOLD, *HALVE, guidance=1.6, interval=(1, 700)),
        variant("halved-matched", FOLD, *HALVE, match(epochs=30)),
        variant("no-adversary", FOLD, match(adversarial=0.0)),
        variant("strong-adversary", FOLD, match(adversarial=0.03)),
        variant("two-fakes", FOLD, match(fake_updates=2, epochs=60)),
        variant("no-jitter", FOLD, match(jitter=0.0)),
        variant("guidance-1.15", FOLD, MATCH, guidance=1.15),
    )
}
"""The student's recipe, and others that differ from it in one thing."""


def students(name: str, /, epochs: int | None = None, restart: bool = False) -> None:
    """Distils a student, or continues a distillation that was stopped.

    Args:
        name: of a variant: digits-fast, long, halved, halved-between, halved-matched,
            no-adversary, strong-adversary, two-fakes, no-jitter or guidance-1.15.
        epochs: stop after so many; those of all stages by default.
        restart: start again even though a checkpoint is there.
    """
    cast("dict[str, Recipe]", RECIPES).update(VARIANTS)
    (ROOT / "runs").mkdir(exist_ok=True)
    out = ROOT / "runs" / f"{name}.safetensors"
    train_recipe(name, epochs=epochs, restart=restart, out=out)


if __name__ == "__main__":
    run(students)
