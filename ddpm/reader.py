"""One reader for every picture from outside: your images, training folders, masks.

It turns a picture as its camera says, brings 16-bit, 32-bit and float values to bytes, and makes
transparency and colour visible in grey. Where the ink is, `ddpm.ink` finds out.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
"""What is read. Pillow opens forty more, whose decoders few people have ever tested."""

LARGEST = 50_000_000
"""Pixels; more is taken for a mistake."""

HEIF = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
AVIF = {b"avif", b"avis"}

OPAQUE, CLEAR = 128, 16
"""Alpha from which a pixel's colour counts, and below which it is background."""


# --8<-- [start:read]
def read_image(path: Path, channels: int = 1) -> Image.Image:
    """A picture file, turned upright; of an animation, the first frame.

    Values of more than 8 bits are scaled so that the least becomes 0 and the largest 255.
    Of a picture in one colour on a transparent background, grey is its alpha: bright ink on black.
    Other transparent pictures are laid on black or white, whichever differs more from them.
    Where the colours differ and their brightness does not, grey is the difference of the colours.

    Args:
        path: a PNG, JPEG, GIF, BMP, TIFF or WEBP file of at most 50 million pixels.
        channels: 1 for grey (mode "L"), 3 for colour (mode "RGB").

    Raises:
        ValueError: it cannot be read, is empty, or is huge.
    """
    image = _decoded(path)
    if min(image.size) < 2:
        width, height = image.size
        raise ValueError(f"'{path}' has {width}x{height} pixels: there is nothing in it")
    alpha = _alpha(image)
    if alpha is not None and alpha.max() == 0:
        return Image.new("L" if channels == 1 else "RGB", image.size)  # nothing is visible
    colours = _eight_bits(image) if image.mode[0] in "IF" else image.convert("RGB")
    if alpha is None or alpha.min() == alpha.max():
        return _grey(colours) if channels == 1 else colours.convert("RGB")
    solid = np.asarray(colours.convert("RGB"))[alpha >= min(OPAQUE, alpha.max())]
    solid = solid[:: math.ceil(len(solid) / 100_000)]
    typical = np.median(solid, axis=0)
    one_colour = np.mean(np.abs(solid - typical).max(1) < 32) > 0.95
    if channels == 1 and one_colour and alpha.min() < CLEAR:
        return Image.fromarray(alpha)
    bright = solid.mean() > 127
    paper = Image.new("RGB", image.size, "black" if bright else "white")
    laid = Image.composite(colours.convert("RGB"), paper, Image.fromarray(alpha))
    return _grey(laid) if channels == 1 else laid
    # --8<-- [end:read]


def has_colours(path: Path) -> bool:
    """Whether a picture file that can be read has colours, judged by its header alone."""
    with _opened(path) as image:
        return Image.getmodebase(image.mode) != "L"


def is_flat(image: Image.Image) -> bool:
    """Whether an image in grey or colour has fewer than 8 of 256 levels in every channel."""
    return all(high - low < 8 for low, high in np.reshape(image.getextrema(), (-1, 2)))


def _decoded(path: Path) -> Image.Image:
    """The pixels of a file's first frame, upright, in the file's own mode."""
    with _opened(path) as image:
        if image.width * image.height > LARGEST:
            raise ValueError(
                f"'{path}' has {image.width}x{image.height} pixels: more than"
                f" {LARGEST // 1_000_000} million are not taken"
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of damaged tags: the pixels decide
                image.load()
                return _upright(image)
        except Exception as error:  # on damaged files, decoders raise nearly everything
            raise ValueError(f"cannot read the image '{path}': {_one_line(error)}") from error


def _opened(path: Path) -> Image.Image:
    """A file whose header has been read, and not its pixels."""
    if not path.is_file():
        raise ValueError(f"no image '{path}'")
    try:
        with path.open("rb") as file:
            head = file.read(12)
        if head[4:8] == b"ftyp" and head[8:] in HEIF | AVIF:
            kind = "an AVIF" if head[8:] in AVIF else "a HEIC"
            raise ValueError(f"it is {kind} picture, whatever its name says; export it as JPEG")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(path, formats=FORMATS)
    except Image.DecompressionBombError as error:
        limit = LARGEST // 1_000_000
        raise ValueError(f"'{path}' has more pixels than the {limit} million allowed") from error
    except UnidentifiedImageError as error:
        raise ValueError(
            f"cannot read the image '{path}': it is damaged, or none of {', '.join(FORMATS)}"
        ) from error
    except Exception as error:
        raise ValueError(f"cannot read the image '{path}': {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _upright(image: Image.Image) -> Image.Image:
    """Turned as EXIF says; as it is, where EXIF is damaged."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image.copy()


def _eight_bits(image: Image.Image) -> Image.Image:
    """Values of 16 bits, 32 bits or floats as bytes, by their own range."""
    values = np.array(image, np.float64)
    finite = np.isfinite(values)
    if not finite.any():
        return Image.new("L", image.size)
    # Halves, because the difference of two huge numbers would be infinite.
    values /= 2
    low, high = values[finite].min(), values[finite].max()
    np.nan_to_num(values, copy=False, nan=low, posinf=high, neginf=low)
    values -= low
    values *= 255 / max(high - low, np.finfo(np.float64).tiny * 255)
    return Image.fromarray(values.round(out=values).astype(np.uint8))


def _alpha(image: Image.Image) -> np.ndarray | None:
    """How opaque each pixel is: uint8 (H, W), or None for a picture without transparency."""
    if "A" in image.getbands() or "a" in image.getbands():
        return np.asarray(image.convert("RGBA").getchannel("A"))
    clear = image.info.get("transparency")
    if clear is None:
        return None
    if image.mode[0] == "I":  # Pillow does not convert 16 bits with a transparent value
        return np.where(np.asarray(image) == clear, 0, 255).astype(np.uint8)
    return np.asarray(image.convert("RGBA").getchannel("A"))


def _grey(image: Image.Image) -> Image.Image:
    """Luminance; or where colours differ much more than it does, the main difference of colours."""
    grey = image.convert("L")
    if image.mode == "L":
        return grey
    small = image.copy()
    small.thumbnail((256, 256), Image.Resampling.BOX)
    colours = np.asarray(small, np.float64)
    # Uneven light is no contrast: only what differs from the surroundings counts.
    local = (colours - np.asarray(small.filter(ImageFilter.BoxBlur(32)))).reshape(-1, 3)
    spread, axes = np.linalg.eigh(local.T @ local)
    luminance = local @ (0.299, 0.587, 0.114)
    if (luminance**2).sum() >= 0.03 * spread[-1] or spread[-1] < len(local) * 4:
        return grey
    values = colours @ axes[:, -1]
    low, high = float(values.min()), float(values.max())
    border = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    if np.median(border) > (low + high) / 2:
        low, high = high, low  # the background becomes black, as in MNIST
    scale = 255 / (high - low)
    red, green, blue = (float(weight) * scale for weight in axes[:, -1])
    return image.convert("L", (red, green, blue, -low * scale))
