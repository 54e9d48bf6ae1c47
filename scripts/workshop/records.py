"""Where figures and results are kept, and how they are read and written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "site_assets"
RESULTS = ASSETS / "results"


def results_file(name: str) -> Path:
    """Where a results file is: `.json` is added to a name such as "training/attention"."""
    return RESULTS / (name if name.endswith(".npz") else f"{name}.json")


def read_json(name: str) -> dict[str, Any]:
    """A results file by its name, such as "training/attention"."""
    return json.loads(results_file(name).read_text())
