"""Writes what the site runs in the browser: `python -m scripts.export [NAME ...]`."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import tyro
from PIL import Image

from ddpm.bundle import weights_file
from ddpm.classifiers import load_classifier
from ddpm.commands.program import run
from ddpm.data import held_out
from ddpm.files import atomic, write_json
from ddpm.loading import load
from scripts.workshop.exporting import TOLERANCE, apart, difference, write_module, write_onnx
from scripts.workshop.provenance import sha256
from scripts.workshop.records import LIVE, live_classifier, live_models

NAMES = ("digits", "digits-fast")
"""The models that run in the browser."""

CLASSIFIER, HELD_OUT = "classifier", "held-out.png"
"""What goes with them: the classifier, and one held-out digit of each label, side by side."""

UNUSED = ("network", "options", "training", "weights", "input_scale", "time_shift", "time_scale")
"""Fields of a recipe that the exported network already contains, or that do not affect sampling."""


def export(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (*NAMES, CLASSIFIER),
) -> None:
    """Exports models to site_assets/live/ and checks that they answer as torch does.

    Args:
        names: which; all that the site runs by default, the classifier among them.
    """
    records = {name: record for name, record in live_models().items() if name in NAMES}
    classifier = live_classifier()
    LIVE.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name == CLASSIFIER:
            classifier = export_classifier()
            write_held_out(LIVE / HELD_OUT)
            continue
        if name not in NAMES:
            known = ", ".join((*NAMES, CLASSIFIER))
            raise ValueError(f"unknown model '{name}'; the site runs {known}")
        records[name] = export_one(name)
        print(f"{name}: {records[name]['bytes'] / 1e6:.2f} MB")
    contents = {"models": dict(sorted(records.items())), CLASSIFIER: classifier}
    write_json(LIVE / "models.json", contents)


def export_one(name: str) -> dict[str, Any]:
    """Exports a model; returns its record.

    Raises:
        ValueError: the answers of the exported network differ from those of torch.
    """
    model, path = load(name, "cpu"), LIVE / f"{name}.onnx"
    write_onnx(model, path)
    check(name, difference(model, path))
    recipe = {key: value for key, value in model.recipe.to_dict().items() if key not in UNUSED}
    return record(name, path, weights_file(name)) | {"recipe": recipe}


def export_classifier() -> dict[str, Any]:
    """Exports the bundled classifier, which takes images `x`; returns its record."""
    path, asked = LIVE / f"{CLASSIFIER}.onnx", {"x": torch.rand(2, 1, 28, 28)}
    write_module(load_classifier(), asked, path)
    check(CLASSIFIER, apart(load_classifier(), asked, path))
    weights = Path(str(files("ddpm"))) / "classifier" / "classifier.safetensors"
    return record(CLASSIFIER, path, weights)


def check(name: str, worst: float) -> None:
    """Refuses an export that is further from torch than `TOLERANCE`."""
    if worst > TOLERANCE:
        raise ValueError(f"the exported '{name}' differs from torch by {worst:g}")


def record(name: str, path: Path, weights: Path) -> dict[str, Any]:
    """The record of an exported file: what it is, and what it was made from."""
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "weights": f"sha256:{sha256(weights)}",
        "script": f"python -m scripts.export {name}",
        "versions": {name: version(name) for name in ("torch", "onnx", "onnxscript")},
    }


def write_held_out(path: Path) -> None:
    """Writes one held-out digit of each label, 0 to 9, side by side."""
    strip = np.hstack([held_out(label).numpy() for label in range(10)])
    with atomic(path) as temporary:
        Image.fromarray((strip * 255).round().astype(np.uint8)).save(temporary, "png")


if __name__ == "__main__":
    run(export)
