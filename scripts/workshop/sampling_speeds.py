"""Speeds of sampling: beside other libraries' loops, in batches of several sizes, and in bfloat16.

No test depends on these times: the pages show them with the machine that they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from ddpm.devices import fast_arithmetic
from ddpm.loading import load
from ddpm.model import Diffusion
from scripts.workshop.judge import natural_labels, verdict
from scripts.workshop.timing import paired, seconds

Arithmetic = Callable[[], AbstractContextManager[Any]]
"""Makes the context in which a model computes."""

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "digits": {"sampler": "dpm-solver", "steps": 10, "guidance": 1.2},
    "digits-fast": {"sampler": "ddim", "steps": 4, "guidance": 1.0},
}
"""How the models sample here: in few evaluations, 20 and 4 an image."""

BATCHES: Mapping[int, int] = {1: 15, 64: 5, 1000: 1}
"""Sizes of a batch, and how often each is timed; the median counts."""

PAIRS = 10
"""Beside a peer, a median of fewer pairs says little: the loops differ by a hundredth."""

GOAL = 1.0
"""The largest ratio, ours over theirs, that we are content with."""

ALONE = 100
"""Pairs of the loops alone, which take some hundredths of a second each."""


class Echo(nn.Module):
    """A network that takes no time: it answers with the image it is asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.zeros(()))  # tells the model its device

    def forward(self, x: Tensor, t: Tensor, label: Tensor) -> Tensor:
        return x


def beside_peers(device: torch.device, pairs: int, count: int = 64) -> dict[str, Any]:
    """Our loop beside other libraries', with one network and equal steps.

    Returns:
        By the name of a loop: seconds per image, ours over theirs, and under "alone" milliseconds
        per step of the loops alone, with a network that takes no time. "outcome" says whether the
        ratio is at most `GOAL`.
    """
    from scripts.workshop.peers import STEPS

    model = load("digits", device)
    whole = against_peers(model, count, max(pairs, PAIRS))
    alone = against_peers(Diffusion(model.recipe, Echo(), device), count, ALONE)
    rows = {
        name: row
        | {"ours": row["ours"] / count, "theirs": row["theirs"] / count}
        | {"alone": loops_alone(alone[name], STEPS, row["theirs"])}
        | {"outcome": "reached" if row["ratio"] <= GOAL else "missed"}
        for name, row in whole.items()
    }
    return {"rows": rows, "images": count, "steps": STEPS}


def loops_alone(row: Mapping[str, Any], steps: int, whole: float) -> dict[str, float]:
    """Milliseconds a step of two loops without the network, and what they make of the whole.

    Args:
        row: the seconds of both, and how many pairs were timed.
        steps: that each loop makes.
        whole: the seconds of the other loop with the network.

    Returns:
        Also `makes`: ours over theirs with the network, if nothing but the loops differs.
    """
    ours, theirs = row["ours"], row["theirs"]
    return {
        "ours_ms": 1000 * ours / steps,
        "theirs_ms": 1000 * theirs / steps,
        "makes": 1 + (ours - theirs) / whole,
        "pairs": row["pairs"],
    }


def against_peers(model: Diffusion, count: int, pairs: int) -> dict[str, dict[str, Any]]:
    """Seconds of our loop and of each other one, in turn."""
    from scripts.workshop.peers import STEPS, rivals

    table, device, labels = {}, model.device, torch.arange(count) % 10
    for name, (sampler, theirs) in rivals(model, count).items():
        options: dict[str, Any] = {"sampler": sampler, "steps": STEPS, "guidance": 1.0}
        ours = partial(model.sample, labels=labels, **options)
        ours(), theirs()
        times = paired(partial(seconds, ours, device), partial(seconds, theirs, device), pairs)
        table[name] = {"sampler": sampler, **times}
        print(f"{name}: {table[name]}")
    return table


def timed(
    model: Diffusion, arithmetic: Arithmetic, labels: Tensor, **options: Any
) -> tuple[Tensor, float]:
    """Samples in some arithmetic, and the seconds that they took."""
    images: list[Tensor] = []

    def draw() -> None:
        with arithmetic():
            images.append(model.sample(labels=labels, batch=len(labels), **options))

    spent = seconds(draw, model.device)
    return images[0].float(), spent


def in_batches(device: torch.device) -> dict[str, Any]:
    """Seconds a digit in batches of several sizes, in the device's fast arithmetic."""
    rows: dict[str, dict[str, float]] = {}
    fast = partial(fast_arithmetic, device)
    for name, setting in SETTINGS.items():
        model = load(name, device)
        timed(model, fast, torch.zeros(1, dtype=torch.long), **setting)
        rows[name] = {}
        for count, times in BATCHES.items():
            labels = torch.arange(count) % 10
            spent = median(timed(model, fast, labels, **setting)[1] for _ in range(times))
            rows[name][str(count)] = spent / count
        print(f"{name}: {rows[name]}")
    return {"rows": rows, "settings": {name: dict(how) for name, how in SETTINGS.items()}}


def both_arithmetics(device: torch.device, count: int = 1000, batch: int = 100) -> dict[str, Any]:
    """bfloat16 and float32 in turn, batch by batch: seconds a digit, and how good both are.

    bfloat16 is used even where it is emulated; `native` says whether the package would use it.
    """
    kinds: dict[str, Arithmetic] = {
        "bfloat16": partial(torch.autocast, device.type, torch.bfloat16),
        "float32": nullcontext,
    }
    asked, rows = natural_labels(count), {}
    for name, setting in SETTINGS.items():
        model = load(name, device)
        for arithmetic in kinds.values():
            timed(model, arithmetic, asked[:batch], **setting)
        both = [
            {
                kind: timed(model, arithmetic, asked[first : first + batch], first=first, **setting)
                for kind, arithmetic in kinds.items()
            }
            for first in range(0, count, batch)
        ]
        rows[name] = {
            "ratio": median(pair["bfloat16"][1] / pair["float32"][1] for pair in both),
            "pairs": len(both),
        } | {
            kind: {"seconds": median(pair[kind][1] for pair in both) / batch}
            | verdict(torch.cat([pair[kind][0] for pair in both]), asked)
            for kind in kinds
        }
        print(f"{name}: {rows[name]}")
    native = not isinstance(fast_arithmetic(device), nullcontext)
    return {"rows": rows, "native": native, "count": count}
