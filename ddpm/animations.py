"""Frames of GIFs that move illusions: images that turn, and images that recede."""

from __future__ import annotations

import math

import numpy as np
import torch
from PIL import Image
from PIL.Image import Resampling
from torch import Tensor

from ddpm import viz
from ddpm.techniques.views import View, through


# --8<-- [start:turning]
def turning(images: Tensor, chosen: View, frames: int = 14, rest: int = 9) -> list[Image.Image]:
    """A GIF's frames: rotations turn there and on, other views change places with the image."""
    full = {"rotate_180": 180.0, "rotate_90": 90.0}.get(chosen.name)
    if full is None:
        pair = [viz.sheet(viz.as_grid(x), scale=4) for x in (images, through(images, chosen))]
        return [pair[0]] * rest + [pair[1]] * rest + [pair[0]]
    there = [full * (1 - math.cos(math.pi * k / frames)) / 2 for k in range(1, frames)]
    back = [full + angle for angle in there] if full == 180 else there[::-1]
    angles = [0.0] * rest + there + [full] * rest + back + [0.0]
    return [turned(images, angle) for angle in angles]


def turned(images: Tensor, angle: float, scale: int = 4) -> Image.Image:
    """A sheet of images, each turned counterclockwise about its middle."""
    parts = []
    across = len(images) if len(images) < 6 else min(10, (len(images) + 1) // 2)
    for pixels in (images[:, 0] * 255).byte().numpy():
        large = Image.fromarray(pixels.repeat(scale, 0).repeat(scale, 1))
        parts.append(torch.from_numpy(np.array(large.rotate(angle, Resampling.BILINEAR))))
    return viz.sheet(viz.as_grid(torch.stack(parts)[:, None].float() / 255, across), scale=1)
    # --8<-- [end:turning]


# --8<-- [start:receding]
def receding(images: Tensor, frames: int = 16, rest: int = 6) -> list[Image.Image]:
    """A GIF's frames: the images shrink into the middle of their cells and come back."""
    side = images.shape[-1] * (3 if images.shape[-1] < 56 else 2)
    steps = [1 - 0.82 * k / frames for k in range(frames + 1)]
    return [shrunk(images, side, scale) for scale in [1.0] * rest + steps + [steps[-1]] * rest] + [
        shrunk(images, side, scale) for scale in steps[::-2]
    ]


def shrunk(images: Tensor, side: int, scale: float) -> Image.Image:
    """A sheet of cells of `side` pixels, the images in their middle at a share of that size."""
    cells = []
    for pixels in (images[:, 0] * 255).byte().numpy():
        small = max(8, round(side * scale))
        way = Resampling.NEAREST if small >= pixels.shape[0] else Resampling.BOX
        cell = Image.new("L", (side, side), viz.CARD)
        reduced = Image.fromarray(pixels).resize((small, small), way)
        cell.paste(reduced, ((side - small) // 2, (side - small) // 2))
        cells.append(torch.frombuffer(bytearray(cell.tobytes()), dtype=torch.uint8))
    grid = torch.stack(cells).reshape(-1, 1, side, side).float() / 255
    return viz.sheet(viz.as_grid(grid, min(3, len(images))), scale=1)
    # --8<-- [end:receding]
