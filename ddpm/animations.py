"""Frames of GIFs that move illusions: images that turn, and images that recede."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from PIL.Image import Resampling
from torch import Tensor

from ddpm import viz
from ddpm.techniques.views import View, through

TURNED = 112
"""The approximate width of a turning image, in pixels."""


# --8<-- [start:turning]
def turning(images: Tensor, chosen: View, frames: int = 14, rest: int = 9) -> list[Image.Image]:
    """A GIF's frames: rotations turn step by step, and other views alternate with the image."""
    full = {"rotate_180": 180.0, "rotate_90": 90.0}.get(chosen.name)
    if full is None:
        scale = viz.scale_for(images.shape[-1], TURNED)
        pair = [viz.sheet(viz.as_grid(x), scale=scale) for x in (images, through(images, chosen))]
        return [pair[0]] * rest + [pair[1]] * rest + [pair[0]]
    there = [full * (1 - math.cos(math.pi * k / frames)) / 2 for k in range(1, frames)]
    back = [full + angle for angle in there] if full == 180 else there[::-1]
    angles = [0.0] * rest + there + [full] * rest + back + [0.0]
    return [turned(images, angle) for angle in angles]


def turned(images: Tensor, angle: float) -> Image.Image:
    """A sheet of images (N, C, H, W), each turned counterclockwise about its middle."""
    parts, scale = [], viz.scale_for(images.shape[-1], TURNED)
    across = len(images) if len(images) < 6 else min(10, (len(images) + 1) // 2)
    for pixels in pixels_of(images):
        large = Image.fromarray(pixels.repeat(scale, 0).repeat(scale, 1))
        parts.append(large.rotate(angle, Resampling.BILINEAR))
    return viz.sheet(viz.as_grid(as_tensor(parts), across), scale=1)
    # --8<-- [end:turning]


# --8<-- [start:receding]
def receding(images: Tensor, frames: int = 16, rest: int = 6) -> list[Image.Image]:
    """A GIF's frames: the images shrink into the middle of their cells and come back."""
    size = images.shape[-1]
    side = size * (3 if size < 56 else 2 if size <= 112 else 1)
    steps = [1 - 0.82 * k / frames for k in range(frames + 1)]
    return [shrunk(images, side, scale) for scale in [1.0] * rest + steps + [steps[-1]] * rest] + [
        shrunk(images, side, scale) for scale in steps[::-2]
    ]


def shrunk(images: Tensor, side: int, scale: float) -> Image.Image:
    """A sheet of cells of `side` pixels, the images in their middle at a share of that size."""
    cells = []
    for pixels in pixels_of(images):
        small = max(8, round(side * scale))
        way = Resampling.NEAREST if small >= pixels.shape[0] else Resampling.BOX
        cell = Image.new("L", (side, side), viz.CARD)
        reduced = Image.fromarray(pixels).resize((small, small), way)
        cell = cell.convert(reduced.mode)
        cell.paste(reduced, ((side - small) // 2, (side - small) // 2))
        cells.append(cell)
    return viz.sheet(viz.as_grid(as_tensor(cells), min(3, len(images))), scale=1)
    # --8<-- [end:receding]


def pixels_of(images: Tensor) -> npt.NDArray[np.uint8]:
    """Images (N, C, H, W) in [0, 1] as Pillow takes them: (N, H, W), or (N, H, W, 3) in colour."""
    levels = (images * 255).byte()
    return (levels[:, 0] if levels.shape[1] == 1 else levels.movedim(1, 3)).numpy()


def as_tensor(pictures: Sequence[Image.Image]) -> Tensor:
    """Pictures of one size and mode as (N, C, H, W) in [0, 1]."""
    levels = torch.from_numpy(np.stack([np.asarray(picture) for picture in pictures]))
    channels_first = levels[:, None] if levels.ndim == 3 else levels.movedim(3, 1)
    return channels_first.float() / 255
