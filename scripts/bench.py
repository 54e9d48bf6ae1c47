"""Measures speeds, each against a rival in the same run: `python -m scripts.bench`.

No test depends on these times: the pages show the ratios, with the machine that they come from.
Those in a browser and in batches have no rival, so they are measured on an idle machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import tyro

from ddpm.commands.program import run
from ddpm.devices import default_device
from ddpm.files import write_json
from ddpm.records import how
from scripts.workshop.page_speeds import page_speeds
from scripts.workshop.records import RESULTS, read_json
from scripts.workshop.sampling_speeds import beside_peers, both_arithmetics, in_batches
from scripts.workshop.speeds import (
    digits_per_second,
    loop_overhead,
    time_to_quality,
    training_speeds,
)

PAIRS = 5
"""With fewer pairs the median is not reliable."""


def bench(names: Annotated[tuple[str, ...], tyro.conf.Positional] = (), pairs: int = PAIRS) -> None:
    """Measures speeds against their rivals, and records the ratios.

    Args:
        names: which of training (every recipe's images per second), sampling (what the loop costs
            beside its network calls), quality (how soon the flagship's samples are as good as
            those of attention-class, at the speeds of training), speed (digits a second at equal
            quality), peers (other libraries' loops, in at least ten pairs, then the loops alone,
            with a network that answers at once), batches (seconds a digit in batches of 1, 64 and
            1,000), arithmetic (bfloat16 beside float32), live (the models in a browser) and pages
            (Lighthouse's scores of some pages); all by default.
            Batches, live and pages have no rival, and need a machine without other load.
        pairs: how often ours and theirs are timed in turn; the medians count.
    """
    if pairs < PAIRS:
        raise ValueError(f"--pairs must be at least {PAIRS}, not {pairs}")
    device = default_device()
    benches: dict[str, Callable[[], Any]] = {
        "training": lambda: training_speeds(device, pairs),
        "sampling": lambda: loop_overhead(device),
        "quality": lambda: time_to_quality(device),
        "speed": lambda: digits_per_second(device, pairs),
        "peers": lambda: beside_peers(device, pairs),
        "batches": lambda: in_batches(device),
        "arithmetic": lambda: both_arithmetics(device),
        "live": in_the_browser,
        "pages": page_speeds,
    }
    unknown = [name for name in names if name not in benches]
    if unknown:
        raise ValueError(f"no bench '{unknown[0]}'; there are {', '.join(benches)}")
    for name in names or benches:
        started = time.perf_counter()
        values = benches[name]()
        record = how(device, 0, time.perf_counter() - started)
        if name in ("live", "pages"):
            write_json(RESULTS / f"{name}.json", values | {"how": record})
            continue
        path = RESULTS / "bench.json"
        before = read_json("bench") if path.is_file() else {}
        if name == "peers":
            beside_the_run_before(values["rows"], before.get("peers", {"rows": {}})["rows"])
        write_json(path, before | {name: values | {"how": record}, "how": record})


def beside_the_run_before(rows: dict[str, Any], earlier: Mapping[str, Any]) -> None:
    """Adds to each row the ratio of the run before, which shows how far a ratio can be trusted."""
    for name in rows.keys() & earlier.keys():
        rows[name]["before"] = earlier[name]["ratio"]


def in_the_browser() -> dict[str, Any]:
    """The speeds of the site's models in Chromium."""
    from scripts.workshop.live_speeds import live_speeds  # needs the dependency group `bench`

    return live_speeds()


if __name__ == "__main__":
    run(bench)
