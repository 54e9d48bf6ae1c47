"""Writes the models that the site runs in the browser: `python -m scripts.export [NAME ...]`."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import tyro

from ddpm.bundle import weights_file
from ddpm.commands.program import run
from ddpm.files import write_json
from ddpm.loading import load
from scripts.workshop.exporting import TOLERANCE, difference, write_onnx
from scripts.workshop.provenance import sha256
from scripts.workshop.records import LIVE, live_models

NAMES = ("digits",)
"""The models that run in the browser."""

UNUSED = ("network", "options", "training", "weights", "input_scale", "time_shift", "time_scale")
"""What of a recipe is in the exported network, or decides nothing about sampling."""


def export(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = NAMES,
) -> None:
    """Exports models to site_assets/live/ and checks that they answer as torch does.

    Args:
        names: which; all that the site runs by default.
    """
    records = {name: record for name, record in live_models().items() if name in NAMES}
    LIVE.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name not in NAMES:
            raise ValueError(f"unknown model '{name}'; the site runs {', '.join(NAMES)}")
        records[name] = export_one(name)
        print(f"{name}: {records[name]['bytes'] / 1e6:.2f} MB")
    write_json(LIVE / "models.json", {"models": dict(sorted(records.items()))})


def export_one(name: str) -> dict[str, Any]:
    """Exports a model; returns its record.

    Raises:
        ValueError: the exported network answers otherwise than torch.
    """
    model, path = load(name, "cpu"), LIVE / f"{name}.onnx"
    write_onnx(model, path)
    if (worst := difference(model, path)) > TOLERANCE:
        raise ValueError(f"the exported '{name}' differs from torch by {worst:g}")
    recipe = {key: value for key, value in model.recipe.to_dict().items() if key not in UNUSED}
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "weights": f"sha256:{sha256(weights_file(name))}",
        "recipe": recipe,
        "script": f"python -m scripts.export {name}",
        "versions": {name: version(name) for name in ("torch", "onnx", "onnxscript")},
    }


if __name__ == "__main__":
    run(export)
