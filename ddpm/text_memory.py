"""How much memory a text-to-image model takes, and how it computes where there is little."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

SPARE = 1.25
"""What a network takes while it computes, as a multiple of its weights."""


def parameters(folder: Path, part: str) -> int:
    """How many weights a part has, by the headers of its files."""
    count = 0
    for file in weights_files(folder, part):
        with file.open("rb") as content:
            header = json.loads(content.read(int.from_bytes(content.read(8), "little")))
        count += sum(math.prod(each["shape"]) for name, each in header.items() if name[0] != "_")
    return count


def weights_files(folder: Path, part: str) -> list[Path]:
    """The files of a part's weights, in half precision only if there are no others."""
    files = sorted((folder / part).glob("*.safetensors"))
    return [file for file in files if ".fp16" not in file.name] or files


@dataclass(frozen=True)
class Plan:
    """Where a pipeline fits.

    Attributes:
        dtype: "float32", "float16" or "bfloat16", of the U-Net.
        encoder_on_cpu: whether the text encoder stays off the accelerator.
        layer_by_layer: whether the U-Net lies in the computer's memory and its layers come to the
            accelerator one after the other.
    """

    dtype: str
    encoder_on_cpu: bool = False
    layer_by_layer: bool = False


def plan(kind: str, encoder: int, unet: int, memory: int, accelerator: int = 0) -> Plan:
    """Where a pipeline fits; the fastest way that there is room for.

    Args:
        kind: of the device, such as "cpu" or "cuda".
        encoder, unet: numbers of weights.
        memory, accelerator: bytes that are free in the computer, and on its accelerator.

    Raises:
        ValueError: it fits nowhere.
    """
    half = 2 * SPARE
    if kind == "cpu" and 2 * half * (encoder + unet) <= memory:
        return Plan("float32")
    if half * (encoder + unet) > memory:
        raise ValueError(
            f"too little memory: the weights take {half * (encoder + unet) / 1e9:.1f} GB and"
            f" {memory / 1e9:.1f} are free; close other programs, or take a smaller --model"
        )
    if kind == "cpu":
        return Plan("bfloat16")
    return Plan("float16", half * encoder > accelerator, half * unet > accelerator)


def said(chosen: Plan, where: torch.device, unet: int) -> str:
    """A plan in words."""
    size = unet * (4 if chosen.dtype == "float32" else 2) / 1e9
    place = f"layer by layer on {where}" if chosen.layer_by_layer else f"on {where}"
    encoder = ", its text encoder on the CPU" if chosen.encoder_on_cpu else ""
    return f"the U-Net ({size:.1f} GB) computes in {chosen.dtype} {place}{encoder}"
