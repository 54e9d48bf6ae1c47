"""`ddpm models`: which models come with the package, and how good they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from ddpm.bundle import bundled_models

if TYPE_CHECKING:
    from ddpm.model import Diffusion

EXAMPLES = ("ddpm models", "ddpm models --json")

HEADS = ("model", "weights", "MB", "makes", "steps", "calls", "accuracy", "FID/floor")


@dataclass(frozen=True)
class Measured:
    """How good the bundled models are, as the package's file says."""

    models: dict[str, dict[str, float | None]]
    count: int


def models(json_: Annotated[bool, tyro.conf.arg(name="json")] = False) -> None:
    """Lists the bundled models: recipe, size, what they make, and how well.

    Steps, accuracy and FID are those of the model's default setting; calls counts the network
    evaluations of an image, two for each guided step. Accuracy is the share of samples that a
    classifier recognises as the requested digit. FID/floor compares the samples' distance from
    real digits with that of other real digits: 1 is as good as real. Both are measured by the
    bundled classifier, as on the pages of the site.

    Args:
        json_: print the list as JSON, for programs.
    """
    from ddpm.loading import load  # needs torch, which the help does not
    from ddpm.reading import read_json

    with resources.as_file(resources.files("ddpm") / "weights" / "measured.json") as file:
        measured = read_json(file, Measured, "record of measurements")
    rows = [describe(name, load(name, "cpu"), measured["models"]) for name in bundled_models()]
    if json_:
        print(json.dumps(rows, indent=1))
        return
    table = [HEADS, *(tuple(_shown(head, row[head]) for head in HEADS) for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEADS))]
    left = ("model", "makes")
    for line in table:
        cells = [
            cell.ljust(width) if head in left else cell.rjust(width)
            for head, cell, width in zip(HEADS, line, widths, strict=True)
        ]
        print("  ".join(cells).rstrip())
    print(f"measured with {measured['count']:,} samples of each model; - where there is no label")


def describe(name: str, model: Diffusion, measured: dict[str, Any]) -> dict[str, Any]:
    """A row of the list, by the names of its columns."""
    from ddpm.arguments import by

    recipe, numbers = model.recipe, measured.get(name, {})
    file = resources.files("ddpm") / "weights" / f"{name}.safetensors"
    makes = by(recipe.scaling.image_shape)
    if recipe.T == 1:
        makes += ", removes noise of one level"
    else:
        makes += f", {recipe.classes} labels" if recipe.classes else ", no labels"
    looks = {"heun": 2 * recipe.steps - 1}.get(recipe.sampler, recipe.steps)
    return {
        "model": name,
        "weights": sum(parameter.numel() for parameter in model.network.parameters()),
        "MB": round(len(file.read_bytes()) / 1e6, 1),
        "makes": makes,
        "steps": recipe.steps,
        "calls": looks * (1 if recipe.guidance == 1 else 2),
        "accuracy": numbers.get("accuracy"),
        "FID/floor": numbers.get("fid_over_floor"),
    }


def _shown(head: str, value: Any) -> str:
    if value is None:
        return "-"
    if head == "accuracy":
        return f"{value:.1%}"
    if head == "FID/floor":
        return f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
