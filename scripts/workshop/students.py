"""How good each student is at each number of evaluations, and what its training cost.

Every weights file of a student in `runs/` is judged, including those that a stage left, and so is
the bundled one. The bundled classifier chooses between them. Another one, which was never used to
choose anything and resembles none that taught a student, says which goals are met.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from ddpm.bundle import bundled_models, weights_file
from ddpm.data import Digits, as_images, mnist
from ddpm.devices import default_device
from ddpm.forms import Log
from ddpm.loading import load
from ddpm.metrics import nearest
from ddpm.model import Diffusion
from ddpm.outputs import header_of
from ddpm.reading import read_json
from ddpm.records import device_name
from scripts.workshop.judge import (
    JUDGE,
    Second,
    draw_fast,
    floor,
    natural_labels,
    over_seeds,
    rows,
    test_images,
    trained_classifier,
    verdict,
)
from scripts.workshop.quality import is_student, seeds_of
from scripts.workshop.records import ROOT, results_file
from scripts.workshop.registry import SEED, measurement
from scripts.workshop.samples import judged, own

GOALS: Mapping[int, tuple[float, float]] = {
    16: (0.990, 1.2),
    8: (0.990, 1.3),
    4: (0.990, 1.5),
    2: (0.985, 1.9),
    1: (0.980, 2.8),
}
"""For each number of evaluations the least accuracy and the largest distance over the floor, by the
classifier of `JUDGE` at 10,000 digits. Fixed before any student was trained."""

COPIES = 1000
"""Samples for which the nearest training digit is looked up."""

ALONE = 30_000
"""Samples that a classifier is trained on."""

ENOUGH = 0.985
"""The goal for its accuracy on real test digits."""


def weights_files() -> dict[str, Path]:
    """The weights files of students, by name: those of `runs/`, and the bundled ones.

    Those of short trainings are not among them: `short_students` judges these.
    """
    found = {path.name.removesuffix(".safetensors"): path
             for path in sorted((ROOT / "runs").glob("*.safetensors"))
             if not path.name.endswith(".checkpoint.safetensors")
             and not path.name.startswith("short-")}  # fmt: skip
    found |= {f"bundled {name}": weights_file(name) for name in bundled_models()}
    return {name: path for name, path in found.items() if distilled(path)}


def distilled(path: Path) -> bool:
    """Whether a weights file says that it was distilled."""
    return bool(header_of(path).get("recipe", {}).get("distillation"))


def bundled_students() -> list[str]:
    """The names of the students that come with the package."""
    return [name for name in bundled_models() if is_student(name)]


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """The digests of files, by name."""
    return {n: "sha256:" + hashlib.sha256(p.read_bytes()).hexdigest() for n, p in files.items()}


def cost(path: Path) -> dict[str, Any]:
    """Minutes and epochs of each stage of a training, and where it ran, by the log beside its
    weights; of a bundled student, by the log among the results."""
    logs = [path.with_suffix(".json"), results_file(f"training/{path.stem}")]
    log = next((log for log in logs if log.is_file()), None)
    if log is None:
        return {}
    stages: dict[str, Any] = {}
    kept = read_json(log, Log, "log of a training")
    for entry in kept["epochs"]:
        stage = stages.setdefault(entry["stage"], {"minutes": 0.0, "epochs": 0})
        stage["minutes"] += entry["seconds"] / 60
        stage["epochs"] += 1
        stage["loss"] = entry["train"]
    minutes = sum(stage["minutes"] for stage in stages.values())
    return {"stages": stages, "minutes": minutes, "device": kept.get("how", {}).get("device", "")}


@cache
def training_digits() -> Tensor:
    """All training digits in [0, 1]."""
    return as_images(mnist("train"))


def copied(images: Tensor) -> float:
    """The median distance of the first samples to their nearest training digits."""
    return median(nearest(images[:COPIES], training_digits())[0].tolist())


def row(
    path: Path, steps: int, count: int, seeds: int, second: Callable[[], Second]
) -> dict[str, Any]:
    """A student at a number of evaluations by both classifiers; why it fails, if it does.

    It says where it was measured: the second classifier is trained there, and differs a little
    between devices.
    """
    asked, found = natural_labels(count), []
    try:
        model = load(path)
        for seed in range(SEED, SEED + seeds):
            images, _ = draw_fast(model, asked, steps=steps, seed=seed)
            found.append({**verdict(images, asked), **second().verdict(images, asked)})
            found[-1]["nearest"] = copied(images)
    except (ValueError, FloatingPointError) as error:
        return {"evaluations": steps, "failure": str(error)}
    numbers = over_seeds(found)
    accuracy, over = GOALS[steps]
    met = numbers["second_accuracy"] >= accuracy and numbers["second_fid_over_floor"] <= over
    return {"evaluations": steps, "seeds": seeds, "count": count, "met": met,
            "sampler": model.recipe.sampler, "device": device_name(default_device()),
            **numbers}  # fmt: skip


def served(path: Path) -> list[int]:
    """The numbers of evaluations of the goals that a student takes."""
    serves = header_of(path)["recipe"]["distillation"].get("serves")
    return [steps for steps in GOALS if not serves or steps in serves]


def chosen(table: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """For each number of evaluations the row that the bundled classifier finds nearest to digits,
    among those that reach the goal's accuracy by it; among all, if none does."""
    best = {}
    for steps, (accuracy, _) in GOALS.items():
        of = {n: r for n, r in table.items() if r["evaluations"] == steps and "failure" not in r}
        right = {name: r for name, r in of.items() if r["accuracy"] >= accuracy} or of
        if right:
            best[str(steps)] = min(right, key=lambda name: right[name]["fid_over_floor"])
    return best


def goal(steps: int, table: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The goal at a number of evaluations, and what the bundled student that takes it reached."""
    least, most = GOALS[steps]
    wanted = {"least": least, "most": most}
    for name in bundled_students():
        row = table.get(f"bundled {name}, {steps}", {})
        if "met" in row:
            reached = {key: row[key] for key in ("second_accuracy", "second_fid_over_floor")}
            outcome = "reached" if row["met"] else "missed"
            return wanted | {"model": name, **reached, "outcome": outcome}
    return wanted


@measurement
def students(quick: bool) -> dict[str, Any]:
    """Every student at 1, 2, 4, 8 and 16 evaluations, by two classifiers, with its minutes.

    `second_NAME` is by the classifier of `JUDGE`.
    """
    files, count = weights_files(), 1000 if quick else 10_000
    second = cache(partial(Second, 1 if quick else 6, count, **JUDGE))
    jobs = {
        f"{name}, {steps}": partial(row, path, steps, count, 1 if quick else 2, second)
        for name, path in files.items()
        for steps in served(path)
    }
    settings = {"weights": digests(files), "judge": dict(JUDGE)}
    table = rows("students-quick" if quick else "students", settings, jobs)
    return {
        "rows": table,
        "chosen": chosen(table),
        "defaults": {name: judged(own(name), seeds=seeds_of(name)) for name in bundled_students()},
        "costs": {name: cost(path) for name, path in files.items()},
        "goals": {str(n): goal(n, table) for n in GOALS},
        "real_nearest": copied(test_images()) if files else None,
        "floor": floor(count) if files else None,
        "second_floor": second().floor if files else None,
        "count": count,
        **settings,
    }


def read_real_digits(digits: Digits, epochs: int) -> float:
    """The share of real test digits recognised by a classifier that was trained on these alone."""
    classifier = trained_classifier(digits, epochs, SEED)
    return float((classifier.read(test_images()) == mnist("test").labels).float().mean())


def as_digits(model: Diffusion, steps: int, count: int) -> Digits:
    """Samples of a student as a data set, each digit the same number of times."""
    labels = torch.arange(count) % 10
    images, _ = draw_fast(model, labels, steps=steps, seed=SEED)
    return Digits((images[:, 0] * 255).round().to(torch.uint8), labels)


@measurement
def samples_alone(quick: bool) -> dict[str, Any]:
    """How well a classifier recognises real digits after training on a student's samples only, in
    4 steps and in its fewest."""
    count, epochs = (2000, 1) if quick else (ALONE, 8)
    real = mnist("train")[torch.randperm(55_000, generator=torch.Generator().manual_seed(SEED))]
    files = weights_files()
    jobs: dict[str, Callable[[], dict[str, Any]]] = {
        f"{name}, {steps}": partial(_alone, path, steps, count, epochs)
        for name, path in files.items()
        for steps in sorted({min(served(path)), 4} & {*served(path)})
    }
    jobs["real digits"] = lambda: {"test": read_real_digits(real[:count], epochs)}
    table = rows("samples_alone-quick" if quick else "samples_alone", digests(files), jobs)
    return {"rows": table, "count": count, "goal": ENOUGH, "weights": digests(files)}


def _alone(path: Path, steps: int, count: int, epochs: int) -> dict[str, Any]:
    test = read_real_digits(as_digits(load(path), steps, count), epochs)
    return {"evaluations": steps, "test": test, "met": test >= ENOUGH}
