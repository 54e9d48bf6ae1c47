"""Your own image on its way to a network's 28x28.

The way has five steps, each to be seen in what `--show-input` writes:

1. the image is turned as its camera says, laid on white where it is transparent, and made grey;
2. where the border is bright, as paper is, it is inverted: the models draw bright ink on dark;
3. the level of the ground becomes black, the brightest ink white;
4. a square is cut out: around the ink as in MNIST (`ink`), the whole image (`pad`), or the largest
   square in its middle (`crop`);
5. the square is reduced to 28x28 by averaging, and stretched to white once more.

An image that already has 28x28 pixels only goes through steps 1 and 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image, ImageOps
from PIL.Image import Resampling
from torch import Tensor

from ddpm.files import atomic

Fit = Literal["ink", "pad", "crop"]
Box = tuple[float, float, float, float]

LARGEST = 50_000_000
"""Pixels; more is taken for a mistake."""


def read_image(path: Path) -> Image.Image:
    """An image file, turned upright, on white where it is transparent, in grey (mode "L").

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
            grey = upright.convert("L")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"cannot read the image '{path}': {error}") from error
    if min(grey.size) < 2:
        raise ValueError(f"'{path}' has {grey.width}x{grey.height} pixels: there is nothing in it")
    return grey


# --8<-- [start:frame]
@dataclass(frozen=True)
class Frame:
    """Where a network's picture lies in an image.

    Attributes:
        size: of the image, width and height.
        box: the square, in the image's pixels; None for an image of 28x28, which is all of it.
    """

    size: tuple[int, int]
    box: Box | None

    def cut(self, pixels: np.ndarray, outside: float = 0.0) -> Tensor:
        """The square of an image (H, W) as (28, 28), reduced by averaging."""
        if self.box is None:
            return torch.from_numpy(pixels).float()
        left, top, right, bottom = self.box
        margin = math.ceil(max(0, -left, -top, right - self.size[0], bottom - self.size[1]))
        wide = np.pad(pixels.astype(np.float32), margin, constant_values=outside)
        box = (left + margin, top + margin, right + margin, bottom + margin)
        small = Image.fromarray(wide).resize((28, 28), Resampling.BOX, box=box)
        return torch.from_numpy(np.asarray(small, np.float32).copy())


def frame(ink: np.ndarray, fit: Fit) -> Frame:
    """The square to be shown of an image (H, W) of bright ink in [0, 1].

    `ink` treats it as MNIST was made: the longer side of the ink becomes 20 of 28 pixels, and the
    ink's centre of mass comes to the middle (LeCun et al. 1998, the data set's description).
    """
    height, width = ink.shape
    if (height, width) == (28, 28):
        return Frame((width, height), None)
    middle_x, middle_y = width / 2, height / 2
    side = float(min(width, height) if fit == "crop" else max(width, height))
    rows, columns = np.nonzero(ink > 0.5)
    if fit == "ink" and len(rows):
        extent = max(np.ptp(rows), np.ptp(columns)) + 1
        side = float(extent) * 28 / 20
        weights = np.where(ink > 0.5, ink, 0)
        middle_y = float((weights.sum(1) * (np.arange(height) + 0.5)).sum() / weights.sum())
        middle_x = float((weights.sum(0) * (np.arange(width) + 0.5)).sum() / weights.sum())
    half = side / 2
    return Frame(
        (width, height), (middle_x - half, middle_y - half, middle_x + half, middle_y + half)
    )
    # --8<-- [end:frame]


# --8<-- [start:bring]
def bring(image: Image.Image, fit: Fit = "ink") -> tuple[Tensor, Frame]:
    """A grey image as a network's picture.

    Returns:
        (28, 28) in [0, 1], bright ink on black, and where it lies in the image.

    Raises:
        ValueError: the image is one flat grey.
    """
    pixels = np.asarray(image, np.float32) / 255
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    ground = float(np.median(border))
    if ground > 0.5:
        pixels, ground = 1 - pixels, 1 - ground
    if pixels.max() - pixels.min() < 0.05:
        raise ValueError("the image is one flat grey: there is nothing to draw from")
    if pixels.shape == (28, 28):
        return torch.from_numpy(pixels), frame(pixels, fit)
    # The brightest pixel may be a speck: one in two hundred may be cut off.
    brightest = max(float(np.quantile(pixels, 0.995)), ground + 0.05)
    ink = ((pixels - ground) / (brightest - ground)).clip(0, 1)
    place = frame(ink, fit)
    small = place.cut(ink).clamp(0, 1)
    return small / small.max().clamp(min=0.1), place
    # --8<-- [end:bring]


def bring_mask(image: Image.Image, place: Frame) -> Tensor:
    """A mask over an image as (28, 28) of zeros and ones: white is 1, to be drawn anew.

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
    """Writes sets of images (N, 1, 28, 28) in [0, 1] by name as bytes in a `.npz`."""
    arrays: dict[str, Any] = {
        name: (images[:, 0] * 255).round().byte().numpy() for name, images in pictures.items()
    }
    with atomic(path) as file:
        np.savez_compressed(file, **arrays)


def read_pictures(path: Path) -> dict[str, Tensor]:
    """The inverse of `write_pictures`."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name])[:, None].float() / 255 for name in arrays}
