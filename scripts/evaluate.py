"""Measures what the pages claim: `python -m scripts.evaluate [NAME ...]`.

Each measurement is a function that returns a dictionary; it is written, with a record of how it
was obtained, to `site_assets/results/NAME.json`, from where the pages read it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

import torch
import tyro
from tqdm import tqdm

from ddpm.diffusion import default_device, load
from ddpm.metrics import load_classifier
from scripts.common import RESULTS, how, read_json, run, write_json
from scripts.registry import digest_of
from scripts.sample import draw

SEED = 0

MEASUREMENTS: dict[str, Callable[[bool], dict[str, Any]]] = {}


def measurement(
    function: Callable[[bool], dict[str, Any]],
) -> Callable[[bool], dict[str, Any]]:
    """Registers a measurement under its name; it is told whether to be quick."""
    MEASUREMENTS[function.__name__] = function
    return function


@measurement
def reading(quick: bool) -> dict[str, Any]:
    """The share of conditional samples that are read as the digit asked for."""
    each = 2 if quick else 10
    classifier = load_classifier()
    asked = torch.arange(10).repeat_interleave(each)
    shares: dict[str, dict[str, float]] = {}
    settings = [("ancestral", 1000), ("ddim", 50)]
    with tqdm(total=2 * len(settings), unit="setting") as bar:
        for sampler, steps in settings:
            row = shares.setdefault(f"{sampler}-{steps}", {})
            for weights in ("raw", "averaged"):
                bar.set_description(f"{sampler}, {steps} steps, {weights}")
                model = load("attention-class", weights=weights)
                images, _ = draw(model, list(range(10)), each, steps, sampler, SEED)
                row[weights] = float((classifier.read(images) == asked).float().mean())
                # Most pixels of a digit are background: a grey ground shows in the median pixel.
                row[f"{weights}_grey"] = float(
                    (images.flatten(1).median(1).values > 0.1).float().mean()
                )
                bar.update()
    return {
        "attention-class": shares,
        "count": len(asked),
        "classifier_test_accuracy": read_json("classifier")["accuracy"]["test"],
        "weights": digest_of("weights/attention-class.safetensors"),
    }


def evaluate(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    list_: Annotated[bool, tyro.conf.arg(name="list")] = False,
    quick: bool = False,
) -> None:
    """Measures, and writes the results that the pages read.

    Args:
        names: which; all by default.
        list_: only list their names.
        quick: fewer samples, to see that all works; nothing is written.
    """
    if list_:
        for name, function in MEASUREMENTS.items():
            print(f"{name:12} {(function.__doc__ or '').splitlines()[0]}")
        return
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        raise ValueError(f"unknown measurement '{unknown[0]}'; --list shows all")
    for name in names or MEASUREMENTS:
        started = time.perf_counter()
        values = MEASUREMENTS[name](quick)
        values["how"] = how(default_device(), SEED, time.perf_counter() - started)
        if not quick:
            write_json(RESULTS / f"{name}.json", values)
        print(f"{name}: {values}")


if __name__ == "__main__":
    run(evaluate)
