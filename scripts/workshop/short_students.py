"""What a few minutes of each way to teach a student give, from the same folded student.

The trainings are those of `scripts.workshop.variants.SHORT`. Each was run once, with settings that
were fixed before.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Any

import torch

from ddpm.images import write_pictures
from ddpm.loading import load
from scripts.workshop.judge import Second, draw_fast, floor, rows
from scripts.workshop.records import ROOT, results_file
from scripts.workshop.registry import SEED, NotHere, measurement
from scripts.workshop.students import cost, digests, row
from scripts.workshop.variants import FOLDED, SHORT, SHORT_STAGES

EVALUATIONS = {"four": 4, "one": 1}
"""What each student is judged at."""

NAMES = ("folded", *SHORT_STAGES)
"""The student that all others begin with, and these."""


def weights_of(name: str, steps: int) -> Path:
    """The weights of a short training for a number of steps: halving leaves one file for each."""
    if name == "folded":
        return ROOT / FOLDED
    halved = ROOT / "runs" / f"short-{name}.halve-{steps}.safetensors"
    return halved if halved.is_file() else ROOT / "runs" / f"short-{name}.safetensors"


def length(name: str) -> dict[str, Any]:
    """The minutes of a short training from its start to its end, the classifier that compares
    included; where it ran; its updates and the images in them."""
    took = cost(weights_of(name, 1))
    stages = SHORT_STAGES[name]
    updates = sum(stage.epochs * stage.updates for stage in stages)
    return {
        "minutes": took["minutes"],
        "on": took["device"],
        "updates": updates,
        "images": updates * stages[0].batch,
    }


@measurement
def short_students(quick: bool) -> dict[str, Any]:
    """Ways to teach a student, each for some minutes, at 4 evaluations and at 1."""
    files = {
        f"{name}, {steps}": weights_of(name, steps)
        for name in NAMES
        for steps in EVALUATIONS.values()
    }
    if missing := [path for path in files.values() if not path.is_file()]:
        raise NotHere(f"no weights '{missing[0]}': python -m scripts.students makes them, once for"
                      f" each of {', '.join(SHORT)}")  # fmt: skip
    count = 1000 if quick else 10_000
    second = cache(partial(Second, 1 if quick else 6, count))
    jobs = {
        name: partial(row, path, int(name.rpartition(", ")[2]), count, 1, second)
        for name, path in files.items()
    }
    table = rows("short_students-quick" if quick else "short_students", digests(files), jobs)
    if not quick:
        write_pictures(results_file("short_students.npz"), drawn(files))
    return {
        "trials": {
            name: (length(name) if name in SHORT_STAGES else {})
            | {key: table[f"{name}, {steps}"] for key, steps in EVALUATIONS.items()}
            for name in NAMES
        },
        "folding": cost(ROOT / FOLDED),
        "count": count,
        "floor": floor(count),
        "second_floor": second().floor,
        "weights": digests(files),
    }


def drawn(files: dict[str, Path]) -> dict[str, torch.Tensor]:
    """For each student and number of evaluations the digits 0 to 9 from one noise image."""
    shown = {}
    for name, path in files.items():
        model, steps = load(path), int(name.rpartition(", ")[2])
        noise = model.noise(1, seed=SEED)().expand(10, -1, -1, -1)
        shown[name] = draw_fast(model, torch.arange(10), x=noise, steps=steps, seed=SEED)[0]
    return shown
