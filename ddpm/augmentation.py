"""Training images changed a little, with the change told to the network.

A network that is only shown turned digits samples turned digits. One that is told by how much each
was turned learns from all of them, and samples upright ones when it is told "not at all".

Source: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative Models",
appendix F.2 ("non-leaky augmentation").
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

AUGMENTS = 5
"""Numbers that say how an image was changed: turn, size, shift right, shift down, shear."""

SPREADS = (math.radians(10), 0.08, 0.1, 0.1, 0.15)
"""Their standard deviations: radians, the logarithm of the factor, halves of the image's side for
both shifts, and the tangent of the shear's angle."""


# --8<-- [start:augmented]
def augmented(
    images: Tensor, black: float, share: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Images that are turned, scaled, shifted and sheared at random.

    Args:
        images: float (N, C, H, W), in any range.
        black: the background in this range, which comes in from outside.
        share: the probability of each of the four changes, for each image by itself.
        generator: on the images' device.

    Returns:
        The images, and float (N, AUGMENTS) by how much each was changed, in units of `SPREADS`. An
        image with five zeros is as it was, to the bit.
    """
    count, device = len(images), images.device
    chosen = torch.rand(count, 4, generator=generator, device=device) < share
    values = torch.randn(count, AUGMENTS, generator=generator, device=device)
    values = values * chosen[:, [0, 1, 2, 2, 3]]
    moved = chosen.any(1)
    result = images.clone()
    if moved.any():
        grid = F.affine_grid(backwards(values[moved]), list(images[moved].shape), False)
        ink = F.grid_sample(images[moved] - black, grid, align_corners=False)
        result[moved] = ink + black
    return result, values
    # --8<-- [end:augmented]


def backwards(values: Tensor) -> Tensor:
    """From places in the changed image to those in the given one: matrices (N, 2, 3) for them."""
    turn, size, right, down, shear = (values * values.new_tensor(SPREADS)).unbind(1)
    cos, sin = turn.cos() * (-size).exp(), turn.sin() * (-size).exp()
    # First back from the shift, then against the turn and the size, then against the shear.
    linear = torch.stack([cos + shear * sin, sin - shear * cos, -sin, cos], 1).unflatten(1, (2, 2))
    shift = -linear @ torch.stack([right, down], 1)[:, :, None]
    return torch.cat([linear, shift], 2)
