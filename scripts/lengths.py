"""Chooses the length of averaged weights: `python -m scripts.lengths runs/digits.safetensors`.

For a training that saved averages. Each length is judged by samples and the validation digits; the
best becomes the file's averaged weights. A run that was stopped continues from there.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from ddpm.commands.program import run
from ddpm.devices import default_device
from ddpm.files import write_json
from ddpm.loading import load
from ddpm.records import how
from scripts.workshop.judge import rows
from scripts.workshop.lengths import COUNT, LENGTHS, best, keep_best, one_length, settings
from scripts.workshop.records import RESULTS, read_json
from scripts.workshop.registry import SEED


def lengths(weights: Path, /, quick: bool = False) -> None:
    """Measures the lengths, records them and keeps the best one.

    Args:
        weights: what `ddpm train` wrote, beside the folder of its averages.
        quick: two lengths by a thousand samples, to see that all works; nothing is written.
    """
    recipe, started = load(weights, "cpu").recipe, time.perf_counter()
    count, tried = (1000, LENGTHS[-2:]) if quick else (COUNT, LENGTHS)
    name = f"lengths-{recipe.name}" + "-quick" * quick
    jobs = {f"{length:g}": partial(one_length, recipe, weights, length, count) for length in tried}
    table = rows(name, depends := settings(recipe, weights, count), jobs)
    chosen = best(table)
    for row in table.values():
        mark = "  <- kept" if row is chosen and not quick else ""
        print(f"length {row['length']:g}: FID {row['fid']:.4f}, {row['accuracy']:.2%}{mark}")
    if quick:
        return
    keep_best(weights, recipe, chosen["length"])
    record = how(default_device(), SEED, time.perf_counter() - started)
    values = {"rows": table, "chosen": chosen["length"], **depends, "how": record}
    path = RESULTS / "lengths.json"
    others = read_json("lengths")["models"] if path.is_file() else {}
    write_json(path, {"models": {**others, recipe.name: values}, "how": record})


if __name__ == "__main__":
    run(lengths)
