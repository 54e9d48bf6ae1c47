"""Course B's network at its full width, in two trainings whose weights are not bundled.

`python -m scripts.wide` trains them into `runs/`, where the measurements look for them.
"""

from __future__ import annotations

import dataclasses

from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.recipes import RESUNET, RESUNET_LARGE, Recipe
from scripts.workshop.records import ROOT
from scripts.workshop.registry import NotHere

FROZEN = dataclasses.replace(
    RESUNET,
    name="resunet-frozen",
    options={**RESUNET.options, "frozen": True},
    training=dataclasses.replace(RESUNET.training, show=()),
)
"""Course B's recipe, in which the embeddings of time and label keep their first, random weights."""

WIDE: dict[str, Recipe] = {recipe.name: recipe for recipe in (FROZEN, RESUNET_LARGE)}


def trained_here(name: str) -> bool:
    """Whether the weights of one of the two lie in `runs/`."""
    return (ROOT / "runs" / f"{name}.safetensors").is_file()


def wide_model(name: str) -> Diffusion:
    """One of the two, or the bundled `resunet`.

    Raises:
        NotHere: it has not been trained on this machine.
    """
    if name not in WIDE:
        return load(name)
    path = ROOT / "runs" / f"{name}.safetensors"
    if not trained_here(name):
        raise NotHere(f"no weights '{path}': python -m scripts.wide {name} makes them")
    return load(path)
