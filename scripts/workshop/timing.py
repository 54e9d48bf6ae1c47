"""Timing two things in turn, so that what slows the machine down slows both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch


def synchronize(device: torch.device) -> None:
    """Waits until a GPU has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def paired(first: Callable[[], float], second: Callable[[], float], pairs: int) -> dict[str, Any]:
    """Runs two measurements in turn, so that what slows the machine down slows both.

    Returns:
        The median of each, and the median of the pairs' ratios first / second.
    """
    both = [(first(), second()) for _ in range(pairs)]

    def median(values: Iterator[float]) -> float:
        return float(torch.tensor([*values]).median())

    return {
        "ours": median(a for a, _ in both),
        "theirs": median(b for _, b in both),
        "ratio": median(a / b for a, b in both),
        "pairs": pairs,
    }


def seconds(function: Callable[[], object], device: torch.device) -> float:
    """How long a call takes."""
    synchronize(device)
    started = time.perf_counter()
    function()
    synchronize(device)
    return time.perf_counter() - started
