"""Your own images on their way to a model, and what the commands write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.files import atomic
from ddpm.images import Fit, Frame, bring, read_image
from ddpm.model import Diffusion
from ddpm.outputs import sign

MEMORY = 2**28
"""Bytes that the images of one file may take; while it is written there are a few copies."""


def own_image(model: Diffusion, path: Path, fit: Fit) -> tuple[Tensor, Frame]:
    """An image file in the size and with the channels of a model's images.

    A model of colour images takes a grey file, too: its three channels are equal then.

    Returns:
        (H, W) in [0, 1] for one channel, else (C, H, W); and where it lies in the file's image.

    Raises:
        ValueError: the file cannot be read, or has nothing in it.
    """
    channels, side, _ = model.recipe.scaling.image_shape
    return bring(read_image(path, channels), fit, side)


def check_room(out: Path, each: int, count: int, shape: Sequence[int], frames: int = 50) -> None:
    """Refuses more images than memory holds, before the first is sampled.

    Args:
        out: where they go; a GIF holds `frames` sheets of them, a `.png` one.
        each: what `--each` is.
        count: how many images that makes.
        shape: of one, (C, H, W).

    Raises:
        ValueError: there are too many.
    """
    channels, height, width = shape
    bytes_each = channels * height * width * 4
    most = MEMORY // bytes_each
    if out.suffix.lower() != ".npz":
        scale = viz.scale_for(width)
        cell = channels * (height * scale + 6) * (width * scale + 6)
        most = min(most, MEMORY // (cell * (frames if out.suffix.lower() == ".gif" else 2)))
    if count > most:
        raise ValueError(
            f"--each {each} makes {count:,} images, and {out.suffix} holds {max(most, 1):,} of"
            " this size at most: take fewer at a time, each time with another --seed"
        )


def write_images(
    out: Path, images: Tensor, labels: Tensor, sheet: Callable[[], Image.Image]
) -> None:
    """Writes images as `.npz` (arrays `images` and `labels`) or their sheet as `.png`.

    Args:
        out: where to.
        images: (N, C, H, W) in [0, 1]; of one channel, the array in the file is (N, H, W).
        labels: (N,), -1 for images without a label.
        sheet: makes what a `.png` shows.
    """
    with atomic(out) as file:
        if out.suffix.lower() == ".npz":
            pixels = images[:, 0] if images.shape[1] == 1 else images
            np.savez_compressed(file, images=pixels.float().numpy(), labels=labels.numpy())
        else:
            viz.write_png(sheet(), file)
        sign(file)


def write_frames(out: Path, frames: Iterable[Image.Image]) -> None:
    """Writes a GIF."""
    with atomic(out) as file:
        viz.write_gif(frames, file)
        sign(file)


def show_input(path: Path, pictures: Mapping[str, Tensor]) -> None:
    """Writes what a network sees, side by side.

    Args:
        path: a `.png` file.
        pictures: by name, (H, W) or (C, H, W) in [0, 1]; masks may lack the channels.
    """
    cells = torch.stack(torch.broadcast_tensors(*pictures.values()))[None]
    scale = viz.scale_for(cells.shape[-1], 168)
    with atomic(path) as file:
        viz.write_png(viz.sheet(cells, columns=[*pictures], scale=scale), file)
        sign(file)
