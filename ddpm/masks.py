"""Masks for inpainting: 1 where an image is to be drawn anew, 0 where it is known."""

from __future__ import annotations

import torch
from torch import Tensor

SIZE = 28


# --8<-- [start:masks]
def freehand() -> Tensor:
    """A mask as one would draw it with a thick pen: a band that waves across the middle."""
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    wave = 14 + 5 * torch.sin(x / SIZE * 2 * torch.pi)
    return ((y - wave).abs() < 4.5).float()


def named_masks() -> dict[str, Tensor]:
    """Masks (28, 28) by name: 1 where the image is to be drawn anew, 0 where it is known."""
    masks = {name: torch.zeros(SIZE, SIZE) for name in ("top", "bottom", "left", "stripe", "hole")}
    masks["top"][:14] = 1
    masks["bottom"][14:] = 1
    masks["left"][:, :14] = 1
    masks["stripe"][:, 10:18] = 1
    masks["hole"][10:18, 10:18] = 1
    return masks | {"freehand": freehand()}
    # --8<-- [end:masks]


MASKS = named_masks()


def hidden(picture: Tensor, new: Tensor) -> Tensor:
    """The picture (28, 28) with grey where it is to be drawn anew."""
    return picture.where(new < 0.5, torch.tensor(0.4))
