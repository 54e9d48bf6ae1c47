"""The record that stands beside a number: what made it, where and when."""

from __future__ import annotations

import datetime
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch


def device_name(device: torch.device) -> str:
    """The device in words, for a record of what made a number."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type != "cpu":
        return f"{device.type}, {platform.machine()}"
    threads = torch.get_num_threads()
    return f"CPU, {threads} threads, {torch.backends.cpu.get_cpu_capability()}"


def how(device: torch.device, seed: int | None, seconds: float) -> dict[str, Any]:
    """The record that stands beside every number: what made it, where and when."""
    import torchvision  # takes seconds, and most programs that import this write no record

    program = Path(sys.argv[0]).stem
    started = (
        ["ddpm"] if program in ("ddpm", "__main__") else ["python", "-m", f"scripts.{program}"]
    )
    return {
        "command": shlex.join([*started, *sys.argv[1:]]),
        "seed": seed,
        "device": device_name(device),
        "date": datetime.date.today().isoformat(),
        "seconds": round(seconds, 1),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "numpy": np.__version__,
        },
    }
