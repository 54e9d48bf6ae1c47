"""How good the samples of every bundled model are, with a label and without.

`quality` has each model at the setting that its recipe names; every other record that shows one
of these settings has the same numbers (see `numbers.py`).
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from ddpm.data import mnist
from ddpm.loading import bundled_models
from ddpm.recipes import recipe
from scripts.workshop.judge import (
    COUNT,
    Second,
    clear,
    floor,
    over_seeds,
    real_images,
    rows,
    same_many_real,
    test_images,
    verdict,
)
from scripts.workshop.records import read_json, results_file
from scripts.workshop.registry import digest_of, measurement
from scripts.workshop.samples import Setting, drawn, judged, labels_of, own


def generators() -> list[str]:
    """The bundled models that are judged here: neither the denoiser of one level of noise, nor
    students, which are judged in `students`."""
    return [name for name in bundled_models() if recipe(name).T > 1 and not is_student(name)]


def is_student(name: str) -> bool:
    """Whether a bundled model was distilled."""
    return recipe(name).distillation is not None


def weights_of(names: list[str]) -> dict[str, str]:
    """The digests of bundled models' weights, by name."""
    return {name: digest_of(f"weights/{name}.safetensors") for name in names}


def seeds_of(name: str) -> range:
    """The seeds that a model is measured with: two where its recipe takes few steps."""
    return range(2 if recipe(name).steps <= 25 else 1)


def stands(row: dict[str, Any], name: str) -> bool:
    """Whether a row is of a model's weights of today, at the setting of its recipe."""
    digest = digest_of(f"weights/{name}.safetensors")
    return row == {**row, **asdict(own(name)), "digest": digest}


def measured_before(second: Second) -> dict[str, dict[str, Any]]:
    """The rows that were measured with this very second classifier, by their models."""
    path = results_file("quality")
    record = read_json("quality") if path.is_file() else {}
    same = record.get("second_floor") == second.floor
    return record["models"] if same else {}


def of_model(name: str, second: Second, before: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A model at the setting of its recipe, by both classifiers; as before if nothing changed."""
    if stands(before.get(name, {}), name):
        return before[name]
    setting, seeds = own(name), seeds_of(name)
    asked = labels_of(setting)
    theirs = over_seeds([second.verdict(drawn(setting, seed=seed), asked) for seed in seeds])
    row = judged(setting, seeds=seeds)  # of the same samples, which are kept until now
    return {**row, **theirs, "digest": digest_of(f"weights/{name}.safetensors")}


def accuracy_on_test(second: Second) -> float:
    """The share of real test digits that the second classifier recognises."""
    return float((second.classifier.read(test_images()) == mnist("test").labels).float().mean())


@measurement
def quality(quick: bool) -> dict[str, Any]:
    """How good the samples of every model are at its recipe's setting.

    The second classifier is trained here, so it was not used to choose anything. If this training
    repeats that of the record to the last bit, models with the same weights keep their rows.
    """
    second = Second(1 if quick else 6)
    names = ["digits"] if quick else generators()
    before = {} if quick else measured_before(second)
    jobs = {name: partial(of_model, name, second, before) for name in names}
    return {
        "models": rows("quality-quick" if quick else "quality", weights_of(names), jobs),
        "floor": floor(COUNT),
        "second_floor": second.floor,
        "second_test_accuracy": accuracy_on_test(second),
        "count": COUNT,
    }


def kept(name: str) -> dict[str, Any]:
    """A model at the setting of its recipe: from `quality`, or judged again for other weights."""
    row: dict[str, Any] = read_json("quality")["models"].get(name, {})
    if stands(row, name):
        return {key: row[key] for key in row if not key.startswith("second_")}
    return judged(own(name), seeds=seeds_of(name))


LABELLED: dict[str, Setting] = {
    "attention": own("attention", steps=100),
    "attention-class": own("attention-class", steps=100),
    "time": own("time", steps=60),
    "class": own("class", steps=60, guidance=1.0),
}
"""Pairs that differ in the label: course A's in 100 of 1000 steps, course C's in 60 of 300."""


@measurement
def unconditional(quick: bool) -> dict[str, Any]:
    """Samples with labels and without, at equal settings; and what real digits come to."""
    chosen = {"time": LABELLED["time"]} if quick else LABELLED
    settings = weights_of(sorted({setting.model for setting in chosen.values()}))
    jobs: dict[str, Any] = {name: partial(judged, setting) for name, setting in chosen.items()}
    name = "unconditional-quick" if quick else "unconditional"
    real = [verdict(images, None) for images in real_images(COUNT)]
    return {
        "rows": rows(name, settings, jobs),
        "real": {**over_seeds(real), "clear_test": clear(same_many_real(COUNT))},
        "weights": settings,
        "count": COUNT,
        "floor": floor(COUNT),
    }
