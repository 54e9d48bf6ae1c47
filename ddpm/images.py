"""Your own image on its way to a network's square of pixels, 28x28 for MNIST's.

A grey image takes four steps. `--show-input` writes the result:

1. `ddpm.reader` turns the image as its camera says and makes it grey;
2. `ddpm.ink` finds the digit: its ink becomes white, and the paper, with its shadows, lines and
   specks, becomes black;
3. a square is cut out: around the ink as in MNIST (`ink`), the whole image (`pad`), or the largest
   square in its middle (`crop`);
4. the square is reduced to the network's by averaging, and stretched to white once more.

An image that already has the network's size is only made grey, and inverted if its border is
bright: the models draw bright ink on a dark background. An image in colour
keeps its colours: it is only turned, cut out (as with `crop`, if not `pad`) and reduced.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from ddpm.choices import Fit
from ddpm.data import Scaling
from ddpm.files import atomic
from ddpm.reader import read_image as read_image

Box = tuple[float, float, float, float]

MOST = 1_500_000
"""Pixels in which the ink is looked for; larger images are first reduced by a whole number."""


# --8<-- [start:frame]
@dataclass(frozen=True)
class Frame:
    """Where a network's picture lies in an image.

    Attributes:
        size: of the image, width and height.
        box: the square, in the image's pixels; None for an image of the network's size, which is
            all of it.
        side: of the network's picture.
    """

    size: tuple[int, int]
    box: Box | None
    side: int

    def cut(self, pixels: np.ndarray, outside: float = 0.0) -> Tensor:
        """The square of an image (H, W) as (side, side), reduced by averaging."""
        if self.box is None:
            return torch.from_numpy(pixels).float()
        left, top, right, bottom = self.box
        rows = _shares(top, bottom, self.side, self.size[1])
        columns = _shares(left, right, self.side, self.size[0])
        small = rows @ (pixels.astype(np.float64) - outside) @ columns.T + outside
        return torch.from_numpy(small.astype(np.float32))

    def scaled(self, factor: int, size: tuple[int, int]) -> Frame:
        """The same square in an image that is larger by a factor."""
        if factor == 1:
            return self
        box = None if self.box is None else tuple(factor * edge for edge in self.box)
        return Frame(size, cast("Box | None", box), self.side)


def _shares(start: float, stop: float, cells: int, pixels: int) -> np.ndarray:
    """Which share each pixel of a row has in the mean of each cell of a part of it.

    Averaging by these weights needs no padding, however far the part reaches out of the row.
    """
    edges = np.linspace(start, stop, cells + 1)[:, None]
    at = np.arange(pixels)
    overlap = np.minimum(edges[1:], at + 1) - np.maximum(edges[:-1], at)
    return overlap.clip(0) * cells / (stop - start)


def frame(ink: np.ndarray, fit: Fit, side: int) -> Frame:
    """The square to be shown of an image (H, W) of bright ink in [0, 1].

    `ink` treats it as MNIST was made: the longer side of the ink becomes 20/28 of the square's, and
    the ink's centre of mass comes to the middle (LeCun et al. 1998, the data set's description).
    """
    height, width = ink.shape
    if (height, width) == (side, side):
        return Frame((width, height), None, side)
    middle_x, middle_y = width / 2, height / 2
    cut = float(min(width, height) if fit == "crop" else max(width, height))
    if fit == "ink" and ink.max() > 0.5:
        cut = max(_extent(ink.max(1)), _extent(ink.max(0))) * 28 / 20
        middle_y = float(np.average(np.arange(height) + 0.5, weights=ink.sum(1)))
        middle_x = float(np.average(np.arange(width) + 0.5, weights=ink.sum(0)))
    half = cut / 2
    box = (middle_x - half, middle_y - half, middle_x + half, middle_y + half)
    return Frame((width, height), box, side)
    # --8<-- [end:frame]


def _extent(profile: np.ndarray) -> float:
    """How many pixels of a row are ink from the first to the last, edges by their share."""
    inside = np.flatnonzero(profile > 0.5)
    first, last = int(inside[0]), int(inside[-1])
    edges = profile[max(0, first - 1) : first + 1].sum() + profile[last : last + 2].sum()
    return max(1.0, last - first - 1 + float(edges))


# --8<-- [start:bring]
def bring(image: Image.Image, fit: Fit = "ink", size: int = 28) -> tuple[Tensor, Frame]:
    """An image, in grey (mode "L") or in colour ("RGB"), as a network's picture.

    Args:
        image: what `read_image` gives.
        fit: which square of it is shown.
        size: side of the network's pictures.

    Returns:
        (size, size) in [0, 1], bright ink on black, or (3, size, size) in the image's colours;
        and where it lies in the image.

    Raises:
        ValueError: a grey image is all of one level.
    """
    if image.mode == "RGB":
        return _bring_colour(image, fit, size)
    low, high = cast("tuple[int, int]", image.getextrema())
    if high - low < 0.05 * 255:
        raise ValueError("the image is one flat grey: there is nothing to draw from")
    if image.size == (size, size):
        pixels = np.asarray(image, np.float32) / 255
        border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        bright = 1 - pixels if np.median(border) > 0.5 else pixels
        return torch.from_numpy(bright), frame(bright, fit, size)
    from ddpm.ink import find_ink  # scipy takes a second to import: only own images need it

    reduced, factor = _reduced(image)
    ink = find_ink(np.asarray(reduced, np.float32) / 255)
    place = frame(ink, fit, size)
    small = place.cut(ink).clamp(0, 1)
    return small / small.max().clamp(min=0.1), place.scaled(factor, image.size)
    # --8<-- [end:bring]


def _bring_colour(image: Image.Image, fit: Fit, size: int) -> tuple[Tensor, Frame]:
    """As `bring`, for colour images, which do not say which of their pixels are ink."""
    reduced, factor = _reduced(image)
    pixels = np.asarray(reduced, np.float32) / 255
    place = frame(pixels[..., 0], "pad" if fit == "pad" else "crop", size)
    cut = torch.stack([place.cut(pixels[..., k]) for k in range(3)]).clamp(0, 1)
    return cut, place.scaled(factor, image.size)


def _reduced(image: Image.Image) -> tuple[Image.Image, int]:
    """An image of at most `MOST` pixels, and how many times larger the given one is."""
    factor = math.ceil(math.sqrt(image.width * image.height / MOST))
    return (image.reduce(factor) if factor > 1 else image), factor


def fit_grey(picture: Tensor, scaling: Scaling) -> Tensor:
    """A square grey picture (H, W) in [0, 1], such as a digit, as an image for a model.

    Returns:
        (image, image) for one channel, else (C, image, image) with equal channels.
    """
    if picture.shape[-1] != scaling.image:
        size = (scaling.image, scaling.image)
        sized = F.interpolate(picture[None, None], size, mode="bilinear", antialias=True)
        picture = sized[0, 0].clamp(0, 1)
    return picture if scaling.channels == 1 else picture.expand(scaling.channels, -1, -1)


def bring_mask(image: Image.Image, place: Frame) -> Tensor:
    """A mask over an image as (side, side) of zeros and ones: white is 1, to be filled in.

    Args:
        image: what `read_image` gives; of a shape on a transparent background, this is its alpha.
        place: where the network's picture lies in the image that the mask belongs to.

    Raises:
        ValueError: its size is not the image's, or it is a photo rather than black and white.
    """
    if image.size != place.size:
        width, height = place.size
        raise ValueError(
            f"the mask has {image.width}x{image.height} pixels, the image {width}x{height}:"
            " they must lie over each other"
        )
    pixels = np.asarray(image, np.float32)
    pixels /= max(1, pixels.max())  # the white of some masks is 1
    between = float(np.mean((pixels > 0.2) & (pixels < 0.8)))
    if between > 0.2:
        raise ValueError(
            f"the mask is neither black nor white in {between:.0%} of its pixels: is it a photo?"
            " Paint white where the image is to be filled in, and black elsewhere"
        )
    return (place.cut(pixels) > 0.5).float()


def write_pictures(path: Path, pictures: dict[str, Tensor]) -> None:
    """Writes sets of images (N, C, H, W) in [0, 1] by name as bytes in a `.npz`.

    There, images of one channel are (N, H, W).
    """
    arrays: dict[str, Any] = {
        name: ((images[:, 0] if images.shape[1] == 1 else images) * 255).round().byte().numpy()
        for name, images in pictures.items()
    }
    with atomic(path) as file:
        np.savez_compressed(file, **arrays)


def read_pictures(path: Path) -> dict[str, Tensor]:
    """The inverse of `write_pictures`.

    Raises:
        ValueError: the file is damaged, or holds something else.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            sets = {name: torch.from_numpy(arrays[name]).float() / 255 for name in arrays}
    except (
        ValueError,
        TypeError,
        AttributeError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ValueError(f"'{path}' holds no pictures: {error}") from error
    return {name: x[:, None] if x.ndim == 3 else x for name, x in sets.items()}
