"""Standard normal noise that depends on the image's own seed alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ddpm import arguments

SEEDS = 2**32
"""How many seeds there are: torch's CPU generator uses only the low 32 bits of its seed."""

PER_SEED = 1_000_000
"""Images of one seed. Number k of seed s uses a generator seeded with s * PER_SEED + k."""

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
    count, first = arguments.integer("count", count, 0), arguments.integer("first", first)
    seed = arguments.integer("seed", seed, 0, SEEDS // PER_SEED - 1)
    stream = arguments.integer("stream", stream, 0, STREAMS - 1)
    if first < 0 or first + count > PER_SEED:
        raise ValueError(
            f"first: images of a seed are numbers 0..{PER_SEED - 1},"
            f" not {first}..{first + count - 1}"
        )
    start = seed * PER_SEED + first + stream * (SEEDS // STREAMS)
    return [(start + k) % SEEDS for k in range(count)]


# --8<-- [start:noise]
class Noise:
    """Standard normal noise with a generator of its own for each image.

    An image therefore depends on its seed alone: not on the batch it is sampled in, nor, since
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
        checked = [arguments.integer("seeds", seed, 0, SEEDS - 1) for seed in seeds]
        self.generators = [torch.Generator("cpu").manual_seed(seed) for seed in checked]
        self.shape = tuple(arguments.integer("shape", side, 1) for side in shape)
        self.device = device

    def __call__(self) -> Tensor:
        """The next noise, float32 (N, C, H, W)."""
        x = torch.empty(len(self.generators), *self.shape, dtype=torch.float32, device="cpu")
        for image, generator in zip(x, self.generators, strict=True):
            image.normal_(generator=generator)
        return x.to(self.device)
        # --8<-- [end:noise]
