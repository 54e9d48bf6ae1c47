"""Where figures and results are kept, and how they are read and written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ddpm import reading
from ddpm.forms import Log

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "site_assets"
RESULTS = ASSETS / "results"
LIVE = ASSETS / "live"


def results_file(name: str) -> Path:
    """Where a results file is: `.json` is added to a name such as "training/attention"."""
    return RESULTS / (name if name.endswith(".npz") else f"{name}.json")


def read_json(name: str) -> dict[str, Any]:
    """A results file by its name, such as "training/attention".

    Raises:
        ValueError: it is damaged.
        OSError: it is missing.
    """
    return reading.read_json(results_file(name), what="results file")


def live_models() -> dict[str, Any]:
    """The records of the models that the site runs in the browser, by name; empty before any.

    Raises:
        ValueError: their file is damaged.
    """
    return _live().get("models", {})


def live_classifier() -> dict[str, Any]:
    """The record of the classifier that the site runs; empty before any."""
    return _live().get("classifier", {})


def _live() -> dict[str, dict[str, Any]]:
    path = LIVE / "models.json"
    if not path.is_file():
        return {}
    contents: dict[str, dict[str, Any]] = reading.read_json(path, what="list of live models")
    return contents


def measured_models() -> dict[str, Any]:
    """How good the bundled models are, for `ddpm models`: a part of the measurements `quality` and
    `students`.

    The numbers are those of the first classifier, as on all pages; without labels there is no
    accuracy.
    """
    quality = read_json("quality")
    rows = {**quality["models"]}
    if results_file("students").is_file():
        rows |= read_json("students")["defaults"]
    models = {
        name: {key: row[key] for key in ("accuracy", "fid_over_floor") if key in row}
        for name, row in rows.items()
    }
    return {"models": models, "count": quality["count"]}


MEASURED = ROOT / "ddpm" / "weights" / "measured.json"
"""Where the package keeps `measured_models`."""


def read_log(path: Path) -> dict[str, Any]:
    """The log of a training, beside its weights.

    Raises:
        ValueError: it is missing or damaged, or holds no log of a training on MNIST.
    """
    if not path.is_file():
        raise ValueError(f"no log '{path}' beside the weights")
    log: dict[str, Any] = reading.read_json(path, Log, "log of a training")
    if not log["epochs"] or log["images"] != 55_000:
        raise ValueError(f"'{path}' is no log of a training on all of MNIST")
    return log
