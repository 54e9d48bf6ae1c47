"""Trained models from files: those that come with the package, and your own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ddpm.bundle import bundled_models as bundled_models
from ddpm.bundle import weights_file
from ddpm.devices import as_device, plain_defaults
from ddpm.model import FORMAT, Diffusion
from ddpm.networks.shared import Blank
from ddpm.reading import printable
from ddpm.recipes import RECIPES, Recipe
from ddpm.serving import served
from ddpm.stored import check_tensors, open_tensors, read_header, read_tensors

WEIGHTS = ("raw", "averaged")


# --8<-- [start:load]
def load(
    model: str | Path,
    device: torch.device | str | None = None,
    weights: str | None = None,
    steps: int | None = None,
) -> Diffusion:
    """A trained model, by the name of a bundled one or by its file.

    Args:
        model: a name of `bundled_models()`, or the path of a file that `Diffusion.save` wrote.
        device: where to compute, such as "cpu", "cuda" or "mps"; `default_device()` unless given.
        weights: "raw" or "averaged"; the better set, as the recipe names it, by default.
        steps: in how many it will sample; a bundled student may have others for fewer steps, see
            `student_for`.

    Raises:
        ValueError: no such model, or its file is damaged, of another format, for another
            network, or without that set of weights; or no such device.
    """
    # --8<-- [end:load]
    if weights not in (None, *WEIGHTS):
        raise ValueError(f"unknown weights '{weights}'; there are {', '.join(WEIGHTS)}")
    from ddpm.forms import check

    where = as_device(device)
    path = weights_file(student_for(model, steps))
    try:
        # Weights read in inference mode could never be trained.
        with torch.inference_mode(False), open_tensors(path) as file:
            if (known_as := (file.metadata() or {}).get("format")) != FORMAT:
                raise ValueError(f"its format is {known_as!r}, not {FORMAT!r}")
            recipe = Recipe.from_dict(read_header(file, "recipe"))
            header = read_header(file, "training")
            check(dict[str, Any], header)
            with plain_defaults("meta"), Blank():
                network = recipe.make_network()
            chosen, held = weights or recipe.weights, sets(file)
            if chosen not in held:
                raise ValueError(f"it has no weights '{chosen}', only {' and '.join(held)}")
            state = network.state_dict()
            check_tensors(file, {f"{name}/{key}": state[key] for name in held for key in state})
            tensors = read_tensors(file, f"{chosen}/")
        network.load_state_dict(tensors, assign=True)
    except ValueError as error:
        name, reason = printable(str(path)), printable(str(error), 300)
        raise ValueError(f"'{name}' holds no weights for this package: {reason}") from error
    return Diffusion(recipe, network, where, header)


def student_for(model: str | Path, steps: int | None) -> str | Path:
    """A student's name, or if it does not take so many steps, that of one that it taught.

    So `digits-fast`, which takes 4, 8 or 16 steps, is `digits-faster` for 1 or 2. Other models, and
    files, are what they are.
    """
    students = {name: RECIPES[name] for name in bundled_models() if served(RECIPES[name])}
    if (
        isinstance(model, str)
        and model in students
        and steps not in (None, *served(students[model]))
    ):
        for name, recipe in students.items():
            plan = recipe.distillation
            if plan and plan.teacher == model and steps in plan.serves:
                return name
    return model


def sets(file: Any) -> list[str]:
    """The sets of weights that an open file holds."""
    prefixes = {name.partition("/")[0] for name in file.keys()}  # noqa: SIM118
    return [name for name in WEIGHTS if name in prefixes]
