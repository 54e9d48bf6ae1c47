"""Trained models from files: those that come with the package, and your own."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from ddpm.devices import as_device
from ddpm.model import FORMAT, Diffusion
from ddpm.recipes import Recipe

WEIGHTS = ("raw", "averaged")


def bundled_models() -> list[str]:
    """The names of the models that come with the package."""
    folder = resources.files("ddpm") / "weights"
    return sorted(
        f.name.removesuffix(".safetensors") for f in folder.iterdir() if "safetensors" in f.name
    )


# --8<-- [start:load]
def load(
    model: str | Path, device: torch.device | str | None = None, weights: str | None = None
) -> Diffusion:
    """A trained model, by the name of a bundled one or by its file.

    Args:
        model: a name of `bundled_models()`, or the path of a file that `Diffusion.save` wrote.
        device: where to compute, such as "cpu", "cuda" or "mps"; `default_device()` unless given.
        weights: "raw" or "averaged"; the better set, as the recipe names it, by default.

    Raises:
        ValueError: no such model, or its file is damaged, of another format, for another
            network, or without that set of weights; or no such device.
    """
    # --8<-- [end:load]
    if weights not in (None, *WEIGHTS):
        raise ValueError(f"unknown weights '{weights}'; there are {', '.join(WEIGHTS)}")
    where = as_device(device)
    if str(model) in bundled_models():
        path = Path(str(resources.files("ddpm") / "weights" / f"{model}.safetensors"))
    elif Path(model).is_file():
        path = Path(model)
    else:
        known = ", ".join(bundled_models())
        raise ValueError(f"no model '{model}': it is neither a file nor one of {known}")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise ValueError(f"its format is {metadata.get('format')!r}, not {FORMAT!r}")
            recipe = Recipe.from_dict(json.loads(metadata["recipe"]))
            prefix = f"{weights or recipe.weights}/"
            tensors = {
                name.removeprefix(prefix): file.get_tensor(name)
                for name in file.keys()  # noqa: SIM118
                if name.startswith(prefix)
            }
            header = json.loads(metadata["training"])
        with torch.device("meta"):
            network = recipe.make_network()
        # Copies: the file is mapped into memory as long as its own tensors are in use.
        tensors = {
            k: (v.float() if v.is_floating_point() else v).clone() for k, v in tensors.items()
        }
        network.load_state_dict(tensors, assign=True)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = str(error).splitlines()[0].rstrip(":")
        raise ValueError(f"'{path}' holds no weights for this package: {reason}") from error
    return Diffusion(recipe, network, where, header)
