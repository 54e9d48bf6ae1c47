"""Views of an image that leave Gaussian noise what it is: orthogonal maps.

A view turns images (N, C, H, W) in a network's range into images of the same shape. If it is
linear and keeps lengths, it turns standard normal noise into standard normal noise and commutes
with adding it: a noisy image, seen through the view, is a noisy view of the clean one. Only then
may a network look at it (Geng, Park and Owens 2024, "Visual Anagrams", section 3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ddpm import arguments
from ddpm.arguments import by


# --8<-- [start:views]
@dataclass(frozen=True)
class View:
    """A way to look at images, and the way back.

    Attributes:
        name: what scripts call it.
        apply: images (N, C, H, W) seen through the view.
        undo: its inverse.
    """

    name: str
    apply: Callable[[Tensor], Tensor]
    undo: Callable[[Tensor], Tensor]


def itself(name: str, apply: Callable[[Tensor], Tensor]) -> View:
    """A view that undoes itself."""
    return View(name, apply, apply)


IDENTITY = itself("identity", lambda x: x)


NEGATION = itself("negation", lambda x: -x)
"""The photographic negative, where black and white are -1 and 1. In a network's range that is
not symmetric about 0 it is still orthogonal, but no negative."""


VIEWS: Mapping[str, View] = {
    view.name: view
    for view in (
        IDENTITY,
        itself("rotate_180", lambda x: x.flip(2, 3)),
        itself("flip_vertical", lambda x: x.flip(2)),
        itself("flip_horizontal", lambda x: x.flip(3)),
        View("rotate_90", lambda x: x.rot90(1, (2, 3)), lambda x: x.rot90(-1, (2, 3))),
        itself("transpose", lambda x: x.transpose(2, 3)),
        NEGATION,
    )
}
"""The views without settings, by the names that scripts accept. `rotate_90` turns
counterclockwise, `flip_vertical` turns upside down like a mirror on the floor."""
# --8<-- [end:views]


# --8<-- [start:patches]
def patches(seed: int = 0, across: int = 4) -> View:
    """Cuts images into `across` x `across` equal patches and exchanges their places.

    Args:
        seed: of the permutation, which is the same for all images.
        across: how many patches a side; it must divide the images' height and width.
    """
    seed = arguments.integer("seed", seed, 0, 2**63 - 1)
    across = arguments.integer("across", across, 1, 1024)
    generator = torch.Generator("cpu").manual_seed(seed)
    order = torch.randperm(across**2, generator=generator, device="cpu")

    def deal(x: Tensor, order: Tensor) -> Tensor:
        if x.shape[2] % across or x.shape[3] % across:
            raise ValueError(f"{across}x{across} patches do not divide {by(x.shape[2:])} pixels")
        parts = x.unflatten(2, (across, -1)).unflatten(4, (across, -1))  # (N, C, a, h, a, w)
        dealt = parts.transpose(3, 4).flatten(2, 3)[:, :, order.to(x.device)]
        return dealt.unflatten(2, (across, across)).transpose(3, 4).flatten(4, 5).flatten(2, 3)

    inverse = order.argsort()
    return View(f"patches:{seed}", lambda x: deal(x, order), lambda x: deal(x, inverse))
    # --8<-- [end:patches]


@cache
def _patches(seed: int) -> View:
    """One view for each seed: views that are the same are equal."""
    return patches(seed)


def view(name: str) -> View:
    """The view of that name: a key of `VIEWS`, or "patches:SEED" (just "patches" for seed 0).

    Raises:
        ValueError: there is none.
    """
    if not isinstance(name, str):
        raise TypeError(f"view must be a name, not {arguments.shown(name)}")
    kind, _, seed = name.partition(":")
    if kind == "patches" and (seed or "0").isdecimal():
        return _patches(int(seed or "0"))
    if name not in VIEWS:
        raise ValueError(f"unknown view '{name}'; there are {', '.join(VIEWS)} and patches:SEED")
    return VIEWS[name]


def through(images: Tensor, chosen: View) -> Tensor:
    """Images in [0, 1] as seen through a view, which acts on a range that is even about 0."""
    return (chosen.apply(images * 2 - 1) + 1) / 2


EXACT, PIXELS, RANDOM = 1024, 256, 8
"""A view of images of up to so many values is tried on each; that of larger ones on so many
images with one pixel lit, and on so many random images."""


# --8<-- [start:check]
@cache
def check(view: View, size: int, channels: int = 1) -> None:
    """Refuses a view of images (N, channels, size, size) that is not orthogonal.

    The view is applied to every image with a single bright pixel. The results are the columns of
    its matrix, which must be perpendicular and of length 1. Images larger than `EXACT` have too
    many: there, some pixels and some random images must keep their lengths and angles.

    Raises:
        ValueError: with what is wrong with it.
    """
    generator = torch.Generator("cpu").manual_seed(0)
    # In float64, which reduced precision around this call leaves alone.
    probes = _probes(channels * size**2, generator)
    weights = torch.randn(1, len(probes), generator=generator, dtype=torch.float64, device="cpu")
    images = torch.cat([probes, weights @ probes]).unflatten(1, (channels, size, size))
    seen = view.apply(images)

    def refuse(reason: str) -> None:
        raise ValueError(f"the view '{view.name}' is not orthogonal: {reason}")

    if seen.shape != images.shape:
        refuse(f"it makes {by(seen.shape[1:])} of {by(images.shape[1:])}")
    matrix = seen[:-1].flatten(1)
    if (seen[-1].flatten() - weights @ matrix).abs().max() > 1e-3:
        refuse("it is not linear, so a view of image plus noise is not view plus view")
    lengths = matrix[probes.count_nonzero(1) == 1].norm(dim=1)
    worst = lengths[(lengths - 1).abs().argmax()]
    if (worst - 1).abs() > 1e-3:
        refuse(f"it changes a pixel's weight to {float(worst):.2g}, so noise would not keep its"
               " variance of 1")  # fmt: skip
    if (matrix @ matrix.T - probes @ probes.T).abs().max() > 1e-3:
        refuse("it mixes pixels, so noise would not stay independent from pixel to pixel")
    if (view.undo(seen[-1:]) - images[-1:]).abs().max() > 1e-3:
        refuse("its way back does not lead back")


def _probes(values: int, generator: torch.Generator) -> Tensor:
    """Flat images on which a view is tried, float64 (count, values)."""
    if values <= EXACT:
        return torch.eye(values, dtype=torch.float64, device="cpu")
    lit = torch.randperm(values, generator=generator, device="cpu")[:PIXELS]
    kind: dict[str, Any] = {"dtype": torch.float64, "device": "cpu"}
    random = torch.randn(RANDOM, values, generator=generator, **kind)
    return torch.cat([F.one_hot(lit, values).double(), random])
    # --8<-- [end:check]
