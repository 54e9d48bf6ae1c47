"""Masks for inpainting: 1 where an image is to be filled in, 0 where it is known."""

from __future__ import annotations

import torch
from torch import Tensor

from ddpm import arguments

GRID = 28
"""Pixels a side that the masks were designed for; other sizes are the same shapes, scaled."""


SMALLEST = 3
"""Pixels a side; in a smaller image a mask hides nothing."""


# --8<-- [start:masks]
def freehand(size: int = GRID) -> Tensor:
    """A mask like a stroke of a thick pen: a band that waves across the middle."""
    scale = arguments.integer("size", size, SMALLEST) / GRID
    at = (torch.arange(size, dtype=torch.float32, device="cpu") + 0.5) / scale - 0.5
    y, x = torch.meshgrid(at, at, indexing="ij")
    wave = 14 + 5 * torch.sin(x / GRID * 2 * torch.pi)
    return ((y - wave).abs() < 4.5).float()


def named_masks(size: int = GRID) -> dict[str, Tensor]:
    """Masks (size, size) by name: 1 where the image is to be filled in, 0 where it is known."""
    size = arguments.integer("size", size, SMALLEST)
    names = ("top", "bottom", "left", "stripe", "hole")
    masks = {name: torch.zeros(size, size, dtype=torch.float32, device="cpu") for name in names}
    half, middle = size // 2, slice(round(size * 10 / GRID), round(size * 18 / GRID))
    masks["top"][:half] = 1
    masks["bottom"][half:] = 1
    masks["left"][:, :half] = 1
    masks["stripe"][:, middle] = 1
    masks["hole"][middle, middle] = 1
    return masks | {"freehand": freehand(size)}
    # --8<-- [end:masks]


MASKS = named_masks()


def hidden(picture: Tensor, new: Tensor) -> Tensor:
    """The picture (H, W) or (C, H, W) with grey where it is to be filled in."""
    return picture.where(new < 0.5, picture.new_tensor(0.4))
