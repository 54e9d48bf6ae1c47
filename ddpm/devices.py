"""Where to compute, and with which arithmetic."""

from __future__ import annotations

import torch


def default_device() -> torch.device:
    """A CUDA GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fast_arithmetic(device: torch.device) -> torch.autocast:
    """bfloat16 where the device computes with it, else a context that changes nothing."""
    if device.type == "cpu":
        supported = torch.cpu._is_avx512_bf16_supported()
    else:
        supported = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=supported)
