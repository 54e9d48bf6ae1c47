"""Recipes of students for the table of students: those of the package, and others beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ddpm.recipes import DIGITS, DIGITS_FAST, DIGITS_FASTER, FOLD, Recipe
from ddpm.stages import Stage
from ddpm.teachers import distillation_of

MATCH = Stage(
    "match",
    epochs=40,
    updates=100,
    batch=128,
    rate=1e-4,
    average=0.998,
    steps=(1, 2, 4, 8, 16),
    fake_rate=3e-4,
)
HALVE = tuple(
    Stage("halve", epochs=4, updates=100, rate=2e-4, steps=(n,)) for n in (16, 8, 4, 2, 1)
)


def variant(name: str, *stages: Stage, **changes: Any) -> Recipe:
    """The student's recipe with other stages, and other values of its distillation.

    Matched students sample by `renoise` in the numbers of steps of their last stage.
    """
    plan = distillation_of(DIGITS_FAST)
    last = stages[-1]
    plan = dataclasses.replace(plan, stages=stages, serves=tuple(sorted(last.steps)), **changes)
    options = {**DIGITS.options} | ({"paces": plan.paces} if plan.paces > 1 else {})
    sampler, steps = ("renoise", 4) if last.method == "match" else ("ddim", last.steps[-1])
    training = dataclasses.replace(DIGITS_FAST.training, epochs=plan.epochs)
    return dataclasses.replace(
        DIGITS_FAST,
        name=name,
        options=options,
        sampler=sampler,
        steps=steps,
        training=training,
        distillation=plan,
    )


def match(**changes: Any) -> Stage:
    """The stage of distribution matching with other settings."""
    return dataclasses.replace(MATCH, **changes)


SHORTCUT = next(s for s in distillation_of(DIGITS_FAST).stages if s.method == "shortcut")
EVERYWHERE = {"guidance": 1.35, "interval": (1, 10_000)}
FASTER = distillation_of(DIGITS_FASTER)


def faster(name: str, epochs: int, teacher: str, imitation: float) -> Recipe:
    """The recipe for one step and two with two critics, fewer noise images and fewer epochs."""
    stage = dataclasses.replace(
        FASTER.stages[0], epochs=epochs, critics=(16, 24), pairs=16_384, imitation=imitation
    )
    return dataclasses.replace(
        DIGITS_FASTER,
        name=name,
        training=dataclasses.replace(DIGITS_FASTER.training, epochs=epochs),
        distillation=dataclasses.replace(FASTER, teacher=teacher, stages=(stage,)),
    )


FROM_TWO_STAGES = faster("two-stages-faster", 20, "runs/two-stages.safetensors", 1.0)
"""A student for one step and two that came before: its teacher has no third stage."""

TWO_CRITICS = faster("two-critics", 40, FASTER.teacher, 0.3)
"""The one between: of the same teacher as `digits-faster`."""

FOLDED = "runs/digits-fast.fold.safetensors"
"""What `ddpm train digits-fast --epochs 5` leaves: the teacher of the short trainings."""

SHORT_MATCH = match(epochs=4, updates=20, rate=2e-4, average=0.99, steps=(1, 4), fake_updates=2)
SHORT_STAGES: Mapping[str, tuple[Stage, ...]] = {
    "shortcuts": (dataclasses.replace(SHORTCUT, epochs=5, updates=25, steps=(8, 4, 2, 1)),),
    "halved": tuple(
        Stage("halve", epochs=1, updates=31, average=0.95, steps=(n,)) for n in (8, 4, 2, 1)
    ),
    "matched": (SHORT_MATCH,),
    "no-adversary": (dataclasses.replace(SHORT_MATCH, updates=28, adversarial=0.0),),
    "compared": (
        Stage(
            "frechet",
            epochs=3,
            updates=20,
            rate=2e-4,
            steps=(4, 1),
            critics=(16,),
            pairs=2048,
            imitation=0.3,
        ),
    ),
}
"""Stages that take about as long as each other, fixed before any was run. All begin with the same
folded student, and are for one step and four."""

SHORT = {
    f"short-{name}": variant(f"short-{name}", *stages, teacher=FOLDED)
    for name, stages in SHORT_STAGES.items()
}
"""Students that `python -m scripts.evaluate short_students` compares."""

VARIANTS = SHORT | {
    recipe.name: recipe
    for recipe in (
        DIGITS_FAST,
        DIGITS_FASTER,
        variant("two-stages", FOLD, SHORTCUT),
        FROM_TWO_STAGES,
        TWO_CRITICS,
        variant("everywhere", FOLD, SHORTCUT, **EVERYWHERE),
        variant("to-one", FOLD, dataclasses.replace(SHORTCUT, steps=(16, 8, 4, 2, 1))),
        variant("halved", FOLD, *HALVE),
        variant("matched", FOLD, MATCH),
        variant("halved-matched", FOLD, *HALVE, match(epochs=30)),
        variant("no-adversary", FOLD, match(adversarial=0.0)),
        variant("strong-adversary", FOLD, match(adversarial=0.03)),
        variant("two-fakes", FOLD, match(fake_updates=2, epochs=60)),
        variant("no-jitter", FOLD, match(jitter=0.0)),
    )
}
"""The students' recipes, and others: trained for a short time, guided at all times, halved, or
matched in several ways."""
