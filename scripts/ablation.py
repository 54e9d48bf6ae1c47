"""What each choice of the flagship was worth: `python -m scripts.ablation [NAME ...]`.

Every row is a short training from the same seed on the same images, times and noise, that
differs from the first row in one thing; then a thousand digits are drawn from the same noise.
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
from scripts.workshop.ablation import EACH, ROWS, measure
from scripts.workshop.records import RESULTS, read_json


def ablation(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    epochs: int = 2,
    list_: Annotated[bool, tyro.conf.arg(name="list")] = False,
) -> None:
    """Trains and measures rows of the table, and records each as soon as it is done.

    Args:
        names: which; all by default.
        epochs: passes over the 55,000 digits in each.
        list_: only list their names.
    """
    if list_:
        for name, (words, _) in ROWS.items():
            print(f"{name:14} {words}")
        return
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        raise ValueError(f"unknown row '{unknown[0]}'; --list shows all")
    if epochs < 1:
        raise ValueError(f"--epochs must be at least 1, not {epochs}")
    for name in names or ROWS:
        started = time.perf_counter()
        row = measure(name, epochs)
        row["how"] = how(default_device(), DIGITS.training.seed, time.perf_counter() - started)
        path = RESULTS / "ablation.json"
        before = read_json("ablation") if path.is_file() else {}
        rows = before["rows"] if before.get("epochs") == epochs else {}  # others do not compare
        rows = {key: {**rows, name: row}[key] for key in ROWS if key in rows or key == name}
        write_json(path, {"epochs": epochs, "count": 10 * EACH, "rows": rows, "how": row["how"]})
        print(f"{name:14} read right {row['accuracy']:.1%}, FID {row['fid']:.3f}")


if __name__ == "__main__":
    run(ablation)
