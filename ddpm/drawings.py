"""Drawings that are no digits, to start from."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw
from PIL.Image import Resampling
from torch import Tensor

from ddpm import arguments


# --8<-- [start:drawings]
def drawing(name: str, size: int = 28) -> Tensor:
    """A drawing that is no digit, (size, size) in [0, 1]: "house", "spiral" or "letter".

    Drawn with 224 pixels a side or a multiple of them, by a round pen of about 1/13 of the side,
    then averaged.
    """
    size = arguments.integer("size", size, 1, 4096)
    fine = max(1, -(-size // 112))
    large = Image.new("L", (224 * fine, 224 * fine))
    pen = ImageDraw.Draw(large)
    if name == "house":
        lines = [
            [(48, 104), (48, 192), (176, 192), (176, 104), (48, 104), (112, 40), (176, 104)],
            [(96, 192), (96, 144), (128, 144), (128, 192)],
        ]
    elif name == "spiral":
        turns = np.linspace(0, 2.6 * 2 * np.pi, 200)
        lines = [[(112 + 5 * a * np.cos(a), 112 + 5 * a * np.sin(a)) for a in turns]]
    elif name == "letter":
        lines = [[(48, 188), (112, 36), (176, 188)], [(74, 132), (150, 132)]]
    else:
        raise ValueError(f"unknown drawing '{name}'; there are house, spiral, letter")
    for line in lines:
        line = [(x * fine, y * fine) for x, y in line]
        pen.line(line, fill=255, width=17 * fine, joint="curve")
        tip = 8 * fine
        for x, y in (line[0], line[-1]):
            pen.ellipse((x - tip, y - tip, x + tip, y + tip), fill=255)
    small = large.resize((size, size), Resampling.BOX)
    return torch.from_numpy(np.asarray(small, np.float32) / 255)


DRAWINGS = ("house", "spiral", "letter")
# --8<-- [end:drawings]
