"""The files of models, and what they say about a model, without importing torch."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from ddpm import arguments


def bundled_models() -> list[str]:
    """The names of the models that come with the package."""
    folder = resources.files("ddpm") / "weights"
    return sorted(
        f.name.removesuffix(".safetensors") for f in folder.iterdir() if "safetensors" in f.name
    )


def weights_file(model: str | Path) -> Path:
    """The file of a model, by the name of a bundled one or by its path.

    Raises:
        ValueError: there is no such model.
        TypeError: it is neither a name nor a path.
    """
    if not isinstance(model, str | os.PathLike):
        raise TypeError(f"model must be a name or a path, not {arguments.shown(model)}")
    if str(model) in bundled_models():
        return Path(str(resources.files("ddpm") / "weights" / f"{model}.safetensors"))
    with suppress(OSError, ValueError):  # a name that no file can have
        if Path(model).is_file():
            return Path(model)
    known = ", ".join(bundled_models())
    raise ValueError(
        f"no model {arguments.shown(str(model))}: it is neither a file nor one of {known}"
    )


@dataclass(frozen=True)
class Outline:
    """What options are checked against: some fields of a recipe, under the same names.

    Attributes:
        name: of the recipe.
        T: number of timesteps.
        classes: number of labels, 0 for a model without labels.
        names: what the labels are called, if they are not the digits.
    """

    name: str
    T: int
    classes: int = 0
    names: tuple[str, ...] = ()


def outline(path: Path) -> Outline | None:
    """What the header of a weights file says about its model, or None if it makes no sense.

    Only `load` says whether the file is whole, and what is wrong with it.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            recipe = json.loads((file.metadata() or {})["recipe"])
        says = Outline(
            recipe["name"], recipe["T"], recipe.get("classes", 0), tuple(recipe.get("names", ()))
        )
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    numbers = type(says.T) is int and type(says.classes) is int and min(says.T, says.classes) >= 0
    texts = all(isinstance(text, str) for text in (says.name, *says.names))
    agree = not says.names or len(says.names) == says.classes
    return says if numbers and texts and agree and says.T >= 1 else None
