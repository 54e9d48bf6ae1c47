"""Distils a student for the tables of students: `python -m scripts.students NAME`.

It is trained as `ddpm train` trains a recipe, into `runs/NAME.safetensors`, and continues where it
was stopped. `python -m scripts.evaluate students` judges all of them, and `short_students` those of
short trainings.
"""

from __future__ import annotations

from typing import cast

from ddpm.commands.program import run
from ddpm.commands.train import train_recipe
from ddpm.recipes import RECIPES, Recipe
from scripts.workshop.records import ROOT
from scripts.workshop.variants import VARIANTS


def students(name: str, /, epochs: int | None = None, restart: bool = False) -> None:
    """Distils a student, or continues a distillation that was stopped.

    Args:
        name: of a variant: digits-fast, digits-faster, two-stages, two-stages-faster, two-critics,
            everywhere, to-one, halved, matched, halved-matched, no-adversary, strong-adversary,
            two-fakes, no-jitter, short-shortcuts, short-halved, short-matched, short-no-adversary
            or short-compared.
        epochs: stop after so many; those of all stages by default.
        restart: start again even though a checkpoint is there.
    """
    cast("dict[str, Recipe]", RECIPES).update(VARIANTS)
    (ROOT / "runs").mkdir(exist_ok=True)
    out = ROOT / "runs" / f"{name}.safetensors"
    train_recipe(name, epochs=epochs, restart=restart, out=out)


if __name__ == "__main__":
    run(students)
