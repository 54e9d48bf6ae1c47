"""Trains the flagship with changes chosen by short trainings: `python -m scripts.flagship ...`.

    python -m scripts.flagship deep-14 half-batch --epochs 90 --rate 2e-3

trains the recipe `digits`. Each change is a row of the candidates (`python -m scripts.ablation
--list`). The training keeps averages, of which `python -m scripts.lengths` chooses one afterwards.
Run the same command again to continue a training that was stopped.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import tyro

from ddpm import recipes
from ddpm.commands.program import run
from ddpm.commands.train import train_recipe
from scripts.workshop.candidates import combined

LENGTHS = (0.03, 0.1)
"""The lengths of the averages that are kept. The paper keeps 0.05 and 0.1, but its rate never falls
to zero."""

SNAPSHOTS = 24


def flagship(
    changes: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    epochs: int = 100,
    rate: float | None = None,
    data: str = "mnist",
    restart: bool = False,
    out: Path | None = None,
) -> None:
    """Trains the flagship with changes chosen by short trainings, or continues such a training.

    Args:
        changes: names of candidates; none for the first recipe.
        epochs: passes over the data.
        rate: the highest learning rate; the recipe's by default.
        data: mnist, or bundled for the 5,000 digits that come with the package.
        restart: start again even though a checkpoint is there.
        out: the weights' file; runs/digits.safetensors by default.
    """
    chosen = combined(changes)
    keep: dict[str, Any] = {
        "epochs": epochs,
        "lengths": LENGTHS,
        "snapshots": min(SNAPSHOTS, epochs),
    }
    if rate is not None:
        keep["rate"] = rate
    training = dataclasses.replace(chosen.training, **keep)
    chosen = dataclasses.replace(chosen, training=training)
    recipes.RECIPES = {**recipes.RECIPES, chosen.name: chosen}
    train_recipe(chosen.name, data=data, restart=restart, out=out)


if __name__ == "__main__":
    run(flagship)
