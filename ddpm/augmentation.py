"""Training images changed at random; the network gets some of the changes as an input.

A network that only gets turned digits samples turned digits. If it also gets the angle, it learns
from all of them, and samples upright digits for the angle 0.

Source: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative Models",
appendix F.2 ("non-leaky augmentation").
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from ddpm.data import Digits
from ddpm.networks.digits_unet import AUGMENTS
from ddpm.recipes import Recipe

SPREADS = (math.radians(10), 0.08, 0.1, 0.1, 0.15)
"""Their standard deviations: radians, the logarithm of the factor, halves of the image's side for
both shifts, and the tangent of the shear's angle."""


def changed(x0: Tensor, recipe: Recipe, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
    """The images of a batch with all the changes that the recipe's training asks for.

    Args:
        x0: clean images in the network's range, (N, C, H, W).

    Returns:
        The images, and what the network gets about their changes, (N, AUGMENTS) or None.
    """
    settings, scaling = recipe.training, recipe.scaling
    if settings.strokes or settings.backgrounds:
        images = x0 * scaling.std + scaling.mean
        images = stroked(images, settings.strokes, generator)
        images = backed(images, settings.backgrounds, generator)
        x0 = (images - scaling.mean) / scaling.std
    if not settings.augment:
        return x0, None
    return augmented(x0, -scaling.mean / scaling.std, settings.augment, generator)


# --8<-- [start:augmented]
def augmented(
    images: Tensor, black: float, share: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Images that are turned, scaled, shifted and sheared at random.

    Args:
        images: float (N, C, H, W), in any range.
        black: the background in this range, which fills in from outside.
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
    """Matrices (N, 2, 3) from places in the changed image to places in the given one."""
    turn, size, right, down, shear = (values * values.new_tensor(SPREADS)).unbind(1)
    cos, sin = turn.cos() * (-size).exp(), turn.sin() * (-size).exp()
    # First back from the shift, then against the turn and the size, then against the shear.
    linear = torch.stack([cos + shear * sin, sin - shear * cos, -sin, cos], 1).unflatten(1, (2, 2))
    shift = -linear @ torch.stack([right, down], 1)[:, :, None]
    return torch.cat([linear, shift], 2)


# --8<-- [start:large]
def of_size(digits: Digits, side: int) -> Digits:
    """The digits, or larger ones if `side` is not their own."""
    if digits.images.shape[-1] == side:
        return digits
    return Digits(enlarged(digits.images, side), digits.labels)


def enlarged(images: Tensor, side: int) -> Tensor:
    """Grey images of any size, smoothly enlarged: uint8 (N, H, W) to (N, side, side).

    Cubic interpolation alone leaves the steps of the pixels. So the result is blurred a little,
    and its edges are made steep again.
    """
    parts = []
    for part in images.split(1000):
        large = F.interpolate(part[:, None].float() / 255, size=side, mode="bicubic")
        steep = (smooth(large, side / 56) - 0.5) * 1.6 + 0.5
        parts.append((steep.clamp(0, 1) * 255).round().to(torch.uint8)[:, 0])
    return torch.cat(parts)


def smooth(images: Tensor, sigma: float) -> Tensor:
    """Images blurred by a Gaussian of `sigma` pixels."""
    from torchvision.transforms.functional import gaussian_blur

    return gaussian_blur(images, 2 * math.ceil(2.5 * sigma) + 1, sigma)


THINNEST, THICKEST = 0.65, 0.3
"""Where the edge of a stroke is put, as a share of the blurred image's maximum."""


def stroked(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Images in [0, 1] whose strokes are thinned or thickened, each with the probability `share`.

    A blurred stroke falls off from its middle. Its edge is put where the fall reaches a level that
    is random for each image.
    """
    if not share:
        return images
    count, device = len(images), images.device
    chance = torch.rand(2, count, 1, 1, 1, generator=generator, device=device)
    blurred = smooth(images, images.shape[-1] / 37)
    level = blurred.amax((1, 2, 3), keepdim=True) * (THICKEST + (THINNEST - THICKEST) * chance[0])
    drawn = ((blurred - level) / 0.35 + 0.5).clamp(0, 1)
    return torch.where(chance[1] < share, drawn, images)


def backed(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Images in [0, 1] in front of smooth random greys, each with the probability `share`.

    The strokes stay brighter than what is behind them. Low frequencies no longer say which digit
    it is, as in a photograph.
    """
    if not share:
        return images
    count, device = len(images), images.device
    coarse = torch.randn(count, 1, 4, 4, generator=generator, device=device)
    chance = torch.rand(2, count, 1, 1, 1, generator=generator, device=device)
    field = F.interpolate(coarse, size=images.shape[-2:], mode="bicubic")
    behind = (0.35 + 0.2 * field).clamp(0, 0.75)
    contrast = 0.5 + 0.5 * chance[0]
    return torch.where(chance[1] < share, behind + (1 - behind) * contrast * images, images)
    # --8<-- [end:large]
