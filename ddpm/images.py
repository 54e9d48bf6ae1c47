"""Your own image on its way to a network's square of pixels, 28x28 for MNIST's.

A grey image takes five steps, each to be seen in what `--show-input` writes:

1. the image is turned as its camera says, laid on white where it is transparent, and made grey;
2. where the border is bright, as paper is, it is inverted: the models draw bright ink on dark;
3. the level of the ground becomes black, the brightest ink white;
4. a square is cut out: around the ink as in MNIST (`ink`), the whole image (`pad`), or the largest
   square in its middle (`crop`);
5. the square is reduced to the network's by averaging, and stretched to white once more.

An image that already has the network's size only goes through steps 1 and 2. An image in colour
keeps its colours: it is only turned, cut out (as with `crop`, if not `pad`) and reduced.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from PIL.Image import Resampling
from torch import Tensor
from torch.nn import functional as F

from ddpm.choices import Fit
from ddpm.data import Scaling
from ddpm.files import atomic

Box = tuple[float, float, float, float]

LARGEST = 50_000_000
"""Pixels; more is taken for a mistake."""


def read_image(path: Path, channels: int = 1) -> Image.Image:
    """An image file, turned upright, on white where it is transparent.

    Args:
        path: the file.
        channels: 1 for grey (mode "L"), 3 for colour (mode "RGB").

    Raises:
        ValueError: it cannot be read, is empty, or is huge.
    """
    if not path.is_file():
        raise ValueError(f"no image '{path}'")
    try:
        with Image.open(path) as image:
            if image.width * image.height > LARGEST:
                raise ValueError(
                    f"'{path}' has {image.width}x{image.height} pixels: more than"
                    f" {LARGEST // 1_000_000} million are not taken"
                )
            upright = ImageOps.exif_transpose(image)
            if "A" in upright.getbands() or "transparency" in upright.info:
                clear = upright.convert("RGBA")
                paper = Image.new("RGBA", clear.size, "white")
                upright = Image.alpha_composite(paper, clear)
            result = upright.convert("L" if channels == 1 else "RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"cannot read the image '{path}': {error}") from error
    if min(result.size) < 2:
        width, height = result.size
        raise ValueError(f"'{path}' has {width}x{height} pixels: there is nothing in it")
    return result


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
        margin = math.ceil(max(0, -left, -top, right - self.size[0], bottom - self.size[1]))
        wide = np.pad(pixels.astype(np.float32), margin, constant_values=outside)
        box = (left + margin, top + margin, right + margin, bottom + margin)
        small = Image.fromarray(wide).resize((self.side, self.side), Resampling.BOX, box=box)
        return torch.from_numpy(np.asarray(small, np.float32).copy())


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
    rows, columns = np.nonzero(ink > 0.5)
    if fit == "ink" and len(rows):
        extent = max(np.ptp(rows), np.ptp(columns)) + 1
        cut = float(extent) * 28 / 20
        weights = np.where(ink > 0.5, ink, 0)
        middle_y = float((weights.sum(1) * (np.arange(height) + 0.5)).sum() / weights.sum())
        middle_x = float((weights.sum(0) * (np.arange(width) + 0.5)).sum() / weights.sum())
    half = cut / 2
    box = (middle_x - half, middle_y - half, middle_x + half, middle_y + half)
    return Frame((width, height), box, side)
    # --8<-- [end:frame]


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
    pixels = np.asarray(image, np.float32) / 255
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    ground = float(np.median(border))
    if ground > 0.5:
        pixels, ground = 1 - pixels, 1 - ground
    if pixels.max() - pixels.min() < 0.05:
        raise ValueError("the image is one flat grey: there is nothing to draw from")
    if pixels.shape == (size, size):
        return torch.from_numpy(pixels), frame(pixels, fit, size)
    # The brightest pixel may be a speck: one in two hundred may be cut off.
    brightest = max(float(np.quantile(pixels, 0.995)), ground + 0.05)
    ink = ((pixels - ground) / (brightest - ground)).clip(0, 1)
    place = frame(ink, fit, size)
    small = place.cut(ink).clamp(0, 1)
    return small / small.max().clamp(min=0.1), place
    # --8<-- [end:bring]


def _bring_colour(image: Image.Image, fit: Fit, size: int) -> tuple[Tensor, Frame]:
    """As `bring`, for colour: which of its pixels are ink, the image does not say."""
    pixels = np.asarray(image, np.float32) / 255
    place = frame(pixels[..., 0], "pad" if fit == "pad" else "crop", size)
    return torch.stack([place.cut(pixels[..., k]) for k in range(3)]).clamp(0, 1), place


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

    Raises:
        ValueError: its size is not the image's.
    """
    if image.size != place.size:
        width, height = place.size
        raise ValueError(
            f"the mask has {image.width}x{image.height} pixels, the image {width}x{height}:"
            " they must lie over each other"
        )
    return (place.cut(np.asarray(image, np.float32) / 255) > 0.5).float()


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
