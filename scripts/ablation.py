"""Measures the effect of each choice of the flagship: `python -m scripts.ablation [NAME ...]`.

Every row is a short training from the same seed on the same images, times and noise, that
differs from the first row in one thing; then digits are sampled from the same noise.
"""

from __future__ import annotations

import time
from typing import Annotated

import tyro

from ddpm.commands.program import run
from ddpm.devices import default_device
from ddpm.files import write_json
from ddpm.recipes import DIGITS
from ddpm.records import how
from scripts.workshop import ablation as first
from scripts.workshop import candidates as second
from scripts.workshop.records import RESULTS, read_json

TABLES = {
    "ablation": (first.ROWS, first.EPOCHS, 10 * first.EACH, first.measure),
    "candidates": (second.CANDIDATES, second.EPOCHS, 10 * second.EACH, second.measure),
}
"""By the name of a record: the rows of its table, their epochs and samples, and the function that
measures a row."""


def ablation(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    epochs: int | None = None,
    list_: Annotated[bool, tyro.conf.arg(name="list")] = False,
) -> None:
    """Trains and measures rows of the tables, and records each as soon as it is done.

    Args:
        names: which; all of the first table by default.
        epochs: passes over the 55,000 digits in each; those of the row's table by default.
        list_: only list their names.
    """
    tables = {name: table for table, (rows, *_) in TABLES.items() for name in rows}
    if list_:
        for name, table in tables.items():
            print(f"{table:10} {name:14} {TABLES[table][0][name][0]}")
        return
    unknown = [name for name in names if name not in tables]
    if unknown:
        raise ValueError(f"unknown row '{unknown[0]}'; --list shows all")
    if epochs is not None and epochs < 1:
        raise ValueError(f"--epochs must be at least 1, not {epochs}")
    for name in names or first.ROWS:
        rows, usual, count, measure = TABLES[table := tables[name]]
        started, wanted = time.perf_counter(), epochs or usual
        row = measure(name, wanted)
        row["how"] = how(default_device(), DIGITS.training.seed, time.perf_counter() - started)
        path = RESULTS / f"{table}.json"
        before = read_json(table) if path.is_file() else {}
        done = before["rows"] if before.get("epochs") == wanted else {}  # comparable ones only
        done = {key: {**done, name: row}[key] for key in rows if key in done or key == name}
        write_json(path, {"epochs": wanted, "count": count, "rows": done, "how": row["how"]})
        print(f"{name:14} accuracy {row['accuracy']:.1%}, FID {row['fid']:.3f}")


if __name__ == "__main__":
    run(ablation)
