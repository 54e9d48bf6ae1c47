"""Standard normal noise that depends on the image's own seed alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

SEEDS = 2**32
PER_SEED = 1_000_000
"""Image number k of seed s draws from a generator seeded with s * PER_SEED + k."""


def image_seeds(count: int, seed: int = 0, first: int = 0, stream: int = 0) -> range:
    """The seeds of the images number first, first + 1, ... of a seed; see `Diffusion.noise`.

    Raises:
        ValueError: the seed or the number is out of range.
    """
    if not (seed >= 0 and first >= 0 and seed * PER_SEED + first + count <= SEEDS):
        raise ValueError(f"seed must be within 0..{SEEDS // PER_SEED - 1}, not {seed}")
    start = stream * SEEDS + seed * PER_SEED + first
    return range(start, start + count)


# --8<-- [start:noise]
class Noise:
    """Standard normal noise with a generator of its own for each image.

    An image therefore depends on its seed alone: not on the batch it is drawn in, nor, since
    the generators live on the CPU, on the device.

    Args:
        seeds: one per image, 0 or more.
        shape: of one image, (C, H, W).
    """

    def __init__(
        self, seeds: Sequence[int], shape: Sequence[int], device: torch.device | str = "cpu"
    ):
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.shape, self.device = tuple(shape), device

    def __call__(self) -> Tensor:
        """The next noise, float32 (N, C, H, W)."""
        x = torch.empty(len(self.generators), *self.shape)
        for image, generator in zip(x, self.generators, strict=True):
            image.normal_(generator=generator)
        return x.to(self.device)
        # --8<-- [end:noise]
