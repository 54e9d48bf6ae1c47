"""Measures what the pages claim: `python -m scripts.evaluate [NAME ...]`.

Each measurement is a function that returns a dictionary; it is written, with a record of how it
was obtained, to `site_assets/results/NAME.json`. The pages read it there.
"""

from __future__ import annotations

import time
from typing import Annotated

import tyro

from ddpm.commands.program import run
from ddpm.devices import default_device
from ddpm.files import write_json
from ddpm.records import how
from scripts.workshop.evaluations import count_again
from scripts.workshop.judge import rows_file
from scripts.workshop.numbers import copy_numbers
from scripts.workshop.records import MEASURED, RESULTS, measured_models
from scripts.workshop.registry import MEASUREMENTS, SEED, NotHere, register_all


def evaluate(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    list_: Annotated[bool, tyro.conf.arg(name="list")] = False,
    quick: bool = False,
    copy: bool = False,
) -> None:
    """Measures, and writes the results that the pages read.

    Where several results show the same setting, its number is copied to all of them afterwards.

    Args:
        names: which; by default all whose weights are on this machine.
        list_: only list their names.
        quick: fewer samples, to see that all works; nothing is written.
        copy: measure nothing, only copy.
    """
    register_all()
    if list_:
        for name, function in MEASUREMENTS.items():
            print(f"{name:12} {(function.__doc__ or '').splitlines()[0]}")
        return
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        raise ValueError(f"unknown measurement '{unknown[0]}'; --list shows all")
    for name in () if copy else names or MEASUREMENTS:
        resumed, started = rows_file(name).is_file(), time.perf_counter()
        try:
            values = MEASUREMENTS[name](quick)
        except NotHere as why:
            if names:
                raise
            print(f"{name}: skipped: {why}")
            continue
        values["how"] = how(default_device(), SEED, time.perf_counter() - started)
        if resumed:
            values["how"]["resumed"] = "some rows are from an earlier run; the seconds are not"
        if not quick:
            write_json(RESULTS / f"{name}.json", values)
        if name in ("quality", "students") and not quick:
            write_json(MEASURED, measured_models())
        print(f"{name}: {values}")
    for name in [] if quick else copy_numbers():
        print(f"copied numbers to {name}")
    if not quick and count_again():
        print("counted the evaluations again")


if __name__ == "__main__":
    run(evaluate)
