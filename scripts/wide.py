"""Trains course B's network twice more: `python -m scripts.wide resunet-frozen`.

The other name is `resunet-large`. Each continues where it was stopped.
"""

from __future__ import annotations

from typing import cast

from ddpm import arguments
from ddpm.commands.program import run
from ddpm.commands.train import train_recipe
from ddpm.recipes import RECIPES, Recipe
from scripts.workshop.records import ROOT
from scripts.workshop.wide import WIDE


def wide(name: str, /, restart: bool = False) -> None:
    """Trains one of the two, into `runs/NAME.safetensors`.

    Args:
        name: resunet-frozen or resunet-large.
        restart: start again even though a checkpoint is there.
    """
    arguments.choice("name", name, [*WIDE])
    cast("dict[str, Recipe]", RECIPES).update(WIDE)
    (ROOT / "runs").mkdir(exist_ok=True)
    train_recipe(name, restart=restart, out=ROOT / "runs" / f"{name}.safetensors")


if __name__ == "__main__":
    run(wide)
