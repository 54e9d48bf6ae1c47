"""The measurements of the page on hybrid images."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ddpm.choices import ACROSS, CONTRAST, SHARES
from ddpm.data import as_images, bundled
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.techniques.hybrids import HYBRID_GUIDANCE, draw_hybrid, gaussian, moving
from scripts.workshop.judge import judge, rows
from scripts.workshop.registry import SEED, digest_of, measurement


# --8<-- [start:reading]
def stretched(images: Tensor) -> Tensor:
    """Each image with its darkest grey made black and its brightest white."""
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    return (images - low) / (high - low).clamp(min=1e-6)


def from_afar(images: Tensor, sigma: float = 1.6) -> Tensor:
    """What is left of images or canvases from a distance: (N, 1, 28, 28).

    They are reduced to 28x28, blurred, and their contrast is raised, as an eye does.
    """
    small = F.avg_pool2d(images, images.shape[-1] // 28)
    return ((stretched(gaussian(sigma)(small, 0)) - 0.35) * 2.5).clamp(0, 1)


def from_near(images: Tensor, sigma: float = 3.0) -> Tensor:
    """The details alone, tile by tile: (N * across**2, 1, 28, 28)."""
    tiles = images.unflatten(2, (-1, 28)).unflatten(4, (-1, 28)).transpose(3, 4)
    tiles = tiles.reshape(-1, 1, 28, 28)
    return stretched((tiles - gaussian(sigma)(tiles, 0)).clamp(min=0))


def read_both(images: Tensor, far: Tensor, near: Tensor) -> tuple[Tensor, Tensor]:
    """Whether `far` is recognised in the whole, and `near` in most of the tiles: bool (N,) each."""
    tiles = judge().read(from_near(images)).unflatten(0, (len(images), -1))
    most = (tiles == near[:, None]).float().mean(1) > 0.5
    return judge().read(from_afar(images)) == far, most
    # --8<-- [end:reading]


EACH = 8
"""Images for each pair of digits."""

DESIGNS: dict[str, dict[str, Any]] = {
    "gaussian 0.7": {"across": 1, "blur": gaussian(0.7)},
    "gaussian 1": {"across": 1, "blur": gaussian(1.0)},
    "gaussian 1.25": {"across": 1, "blur": gaussian(1.25)},
    "gaussian 1.5": {"across": 1, "blur": gaussian(1.5)},
    "gaussian 2": {"across": 1, "blur": gaussian(2.0)},
    "gaussian 2.5": {"across": 1, "blur": gaussian(2.5)},
    "moving 0.5 to 2.5": {"across": 1, "blur": moving(0.5, 2.5, 1000)},
    "moving 2.5 to 0.7": {"across": 1, "blur": moving(2.5, 0.7, 1000)},
    "2 across, all averages": {"across": 2, "contrast": 1 / 2, "shares": (1.0, 1.0)},
    "3 across, all averages": {"across": 3, "contrast": 1 / 3, "shares": (1.0, 1.0)},
    "4 across, all averages": {"across": 4, "contrast": 1 / 4, "shares": (1.0, 1.0)},
    "4 across, contrast 0.6": {"across": 4, "contrast": 0.6, "shares": (1.0, 1.0)},
    "2 across, share falling": {"across": 2, "contrast": 0.6, "shares": (1.0, 0.5)},
    "3 across, share falling": {"across": 3, "contrast": 0.6, "shares": (1.0, 0.5)},
    "4 across, share 0.7": {"across": 4, "contrast": 0.6, "shares": (0.7, 0.7)},
}
"""What was tried besides the default: one image split by a fixed kernel, by one that moves with
t, and canvases. The default, four across with the share falling, has the matrix of all pairs."""


def off_diagonal(count: int) -> tuple[Tensor, Tensor]:
    """Pairs of different digits in a fixed random order, the far and the near: int64 (count,)."""
    pairs = torch.tensor([(a, b) for a in range(10) for b in range(10) if a != b])
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(SEED))
    chosen = pairs[order[torch.arange(count) % len(pairs)]]
    return chosen[:, 0], chosen[:, 1]


def one_design(name: str, count: int) -> dict[str, Any]:
    """The success of one design over pairs of different digits."""
    far, near = off_diagonal(count)
    with fast_arithmetic(default_device()):
        images = draw_hybrid(
            load("digits"), far.tolist(), near.tolist(), count, seed=SEED, **DESIGNS[name]
        )
    right_far, right_near = read_both(images, far, near)
    return {
        "design": name,
        "far": float(right_far.float().mean()),
        "near": float(right_near.float().mean()),
        "both": float((right_far & right_near).float().mean()),
        "count": count,
    }


def one_row(far: int, each: int) -> dict[str, Any]:
    """One far digit with every near one, by the default design: shares for near 0..9."""
    near = torch.arange(10).repeat_interleave(each)
    with fast_arithmetic(default_device()):
        images = draw_hybrid(
            load("digits"), far, near.tolist(), len(near), seed=SEED, first=1000 * (far + 1)
        )
    right = read_both(images, torch.full_like(near, far), near)
    shares = {
        name: part.float().unflatten(0, (10, each)).mean(1).tolist()
        for name, part in (("far", right[0]), ("near", right[1]), ("both", right[0] & right[1]))
    }
    return shares


@measurement
def hybrids(quick: bool) -> dict[str, Any]:
    """The success of each design of hybrids, and the matrix of all pairs by the default one."""
    each, count = (1, 4) if quick else (EACH, 45)
    settings = {
        "weights": digest_of("weights/digits.safetensors"),
        "each": each,
        "across": ACROSS,
        "contrast": CONTRAST,
        "shares": list(SHARES),
        "guidance": HYBRID_GUIDANCE,
    }
    designs = [*DESIGNS][2:3] if quick else [*DESIGNS]
    jobs: dict[str, Any] = {name: partial(one_design, name, count) for name in designs}
    jobs |= {f"far {a}": partial(one_row, a, each) for a in ((3,) if quick else range(10))}
    table = rows("hybrids-quick" if quick else "hybrids", settings, jobs)
    lines = [row for name, row in table.items() if name.startswith("far ")]
    both = torch.tensor([line["both"] for line in lines])
    digits = bundled()[::10]
    clean = as_images(digits)
    controls = {
        name: float((judge().read(look(clean)) == digits.labels).float().mean())
        for name, look in (("far", from_afar), ("near", from_near))
    }
    off = both if quick else both[~torch.eye(10, dtype=torch.bool)]
    return {
        "designs": {name: table[name] for name in designs},
        "matrix": both.tolist(),
        "far": torch.tensor([line["far"] for line in lines]).mean().item(),
        "near": torch.tensor([line["near"] for line in lines]).mean().item(),
        "mean": float(off.mean()),
        "half": int((off >= 0.5).sum()),
        "of": int(off.numel()),
        "real": controls,
        **settings,
    }
