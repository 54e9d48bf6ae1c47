"""Standard normal noise that depends on the image's own seed alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

SEEDS = 2**32
"""How many seeds there are: torch's CPU generator uses only the low 32 bits of its seed."""

PER_SEED = 1_000_000
"""Images of one seed. Number k of seed s draws from a generator seeded with s * PER_SEED + k."""

STREAMS = 16
"""Kinds of noise that one image can have, one for each purpose."""


def image_seeds(count: int, seed: int = 0, first: int = 0, stream: int = 0) -> list[int]:
    """The seeds of the generators of images number first, first + 1, ... of a seed.

    Stream k is stream 0 moved by k / STREAMS of all generator seeds, around their end. So no two
    images of one stream share a generator, and neither do two streams of one seed. Streams of two
    different seeds can share one only if the seeds are at least 268 (SEEDS / STREAMS / PER_SEED)
    apart.

    Args:
        count: how many images.
        seed: 0..4293.
        first: number of the first image; all numbers are within 0..PER_SEED - 1.
        stream: 0..STREAMS - 1.

    Raises:
        ValueError: the seed, a number or the stream is out of range.
    """
    if not 0 <= seed < SEEDS // PER_SEED:
        raise ValueError(f"seed must be within 0..{SEEDS // PER_SEED - 1}, not {seed}")
    if first < 0 or first + count > PER_SEED:
        raise ValueError(
            f"images of a seed are numbers 0..{PER_SEED - 1}, not {first}..{first + count - 1}"
        )
    if not 0 <= stream < STREAMS:
        raise ValueError(f"stream must be within 0..{STREAMS - 1}, not {stream}")
    start = seed * PER_SEED + first + stream * (SEEDS // STREAMS)
    return [(start + k) % SEEDS for k in range(count)]


# --8<-- [start:noise]
class Noise:
    """Standard normal noise with a generator of its own for each image.

    An image therefore depends on its seed alone: not on the batch it is drawn in, nor, since
    the generators live on the CPU, on the device.

    Args:
        seeds: one per image, within 0..SEEDS - 1.
        shape: of one image, (C, H, W).

    Raises:
        ValueError: a seed is out of range.
    """

    def __init__(
        self, seeds: Sequence[int], shape: Sequence[int], device: torch.device | str = "cpu"
    ):
        wrong = [seed for seed in seeds if not 0 <= seed < SEEDS]
        if wrong:
            raise ValueError(f"seeds must be within 0..{SEEDS - 1}, not {wrong[0]}")
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.shape, self.device = tuple(shape), device

    def __call__(self) -> Tensor:
        """The next noise, float32 (N, C, H, W)."""
        x = torch.empty(len(self.generators), *self.shape)
        for image, generator in zip(x, self.generators, strict=True):
            image.normal_(generator=generator)
        return x.to(self.device)
        # --8<-- [end:noise]
