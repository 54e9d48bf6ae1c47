"""MNIST in fixed splits, the bundled digits, and the way to and from a network's range."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from ddpm import arguments
from ddpm.reader import has_colours, is_flat, read_image

Split = Literal["train", "validation", "test"]

PER_CLASS = 500
"""The first 500 of each digit in MNIST's training order are the validation split."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Images and their labels.

    Attributes:
        images: uint8, (N, H, W) for grey images such as MNIST's (N, 28, 28), where 0 is the
            background and 255 the ink; (N, C, H, W) for colour.
        labels: int64 (N,), each 0..9.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | Tensor | list[int]) -> Digits:
        return Digits(self.images[index], self.labels[index])


def as_images(digits: Digits) -> Tensor:
    """Digits as float32 (N, C, H, W) in [0, 1]."""
    images = digits.images[:, None] if digits.images.ndim == 3 else digits.images
    return images.float() / 255


# --8<-- [start:scaling]
@dataclass(frozen=True)
class Scaling:
    """How an image becomes what a network sees: padded with background, shifted and scaled.

    Attributes:
        size: side of the network's canvas in pixels, `image` or more.
        mean, std: the network sees `(image - mean) / std` of an image in [0, 1].
        image: side of the images themselves in pixels; they are square.
        channels: of the images: 1 for grey, 3 for colour.
    """

    size: int = 28
    mean: float = 0.5
    std: float = 0.5
    image: int = 28
    channels: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.image <= self.size or self.channels < 1:
            raise ValueError(
                "a scaling takes one channel or more, and images of 1 pixel up to its canvas's"
                f" size, not {self.channels} and {self.image} of {self.size}"
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """What the network sees of one image: (C, size, size)."""
        return self.channels, self.size, self.size

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """One image: (C, image, image)."""
        return self.channels, self.image, self.image

    @property
    def border(self) -> tuple[int, int]:
        """The background beside an image on the canvas: left (and top), right (and bottom)."""
        left = (self.size - self.image) // 2
        return left, self.size - self.image - left

    def to_network(self, images: Tensor) -> Tensor:
        """From uint8 0..255 or float 0..1, (N, C, image, image), to (N, C, size, size).

        Images of one channel may also be (N, image, image).

        Raises:
            ValueError: the images have another shape.
        """
        if images.ndim == 3 and self.channels == 1:
            images = images[:, None]
        if images.ndim != 4 or images.shape[1:] != self.image_shape:
            raise ValueError(
                f"images must be (N, {', '.join(map(str, self.image_shape))}), channels before"
                f" height and width, not {tuple(images.shape)}"
            )
        images = images if images.is_floating_point() else images.float() / 255
        return (F.pad(images, self.border * 2) - self.mean) / self.std

    def clip(self, x: Tensor) -> Tensor:
        """What the network sees, clamped to the values that images can have, black to white."""
        return x.clamp(-self.mean / self.std, (1 - self.mean) / self.std)

    def to_images(self, x: Tensor) -> Tensor:
        """From the network's (N, C, size, size) to float (N, C, image, image), clamped to [0, 1].

        A larger canvas loses the same border.
        """
        left, right = self.border
        crop = x[..., left : x.shape[-2] - right, left : x.shape[-1] - right]
        return (crop * self.std + self.mean).clamp(0, 1)
        # --8<-- [end:scaling]


def bundled() -> Digits:
    """The 5,000 digits of the validation split, which come with the package (N = 5000).

    Held out from all training. From MNIST by Y. LeCun and C. Cortes, CC BY-SA 3.0.
    """
    path = resources.files("ddpm") / "digits" / "validation.npz"
    with resources.as_file(path) as file, np.load(file, allow_pickle=False) as arrays:
        return Digits(torch.from_numpy(arrays["images"]), torch.from_numpy(arrays["labels"]).long())


def held_out(label: int, number: int = 7) -> Tensor:
    """One of the bundled digits, which no model has seen: (28, 28) in [0, 1]."""
    digits, place = bundled(), arguments.integer("number", number, 0, PER_CLASS - 1)
    alike = digits.labels == arguments.integer("label", label, 0, 9)
    return digits.images[alike][place].float() / 255


def validation_indices(labels: Tensor) -> Tensor:
    """Where the first `PER_CLASS` of each label stand, in order: int64, ascending."""
    kept = [(labels == digit).nonzero()[:PER_CLASS, 0] for digit in labels.unique()]
    return torch.cat(kept).sort().values


def data_root() -> Path:
    """Where MNIST is looked for: `$DDPM_DATA`, else `data` in the current folder."""
    return Path(os.environ.get("DDPM_DATA") or "data")


def mnist(split: Split, root: str | Path | None = None) -> Digits:
    """One split of MNIST: 55,000 to train on, 5,000 for validation, 10,000 to test.

    Args:
        split: "train", "validation" or "test".
        root: the folder that holds `MNIST/raw`; by default `$DDPM_DATA`, else `data`.
            Where it is missing, the files are downloaded into it once and their checksums checked.

    Raises:
        FileNotFoundError: MNIST is not there and cannot be downloaded.
        ValueError: one of its files is not what it should be.
    """
    arguments.choice("split", split, ["train", "validation", "test"])
    from torchvision.datasets import MNIST

    from ddpm.image_folders import check_mnist

    root = Path(root or data_root())
    # The files may lie on a read-only disk, so a download is only offered where they are missing.
    present = check_mnist(root / "MNIST" / "raw", "t10k" if split == "test" else "train")
    try:
        dataset = MNIST(root, train=split != "test", download=not present)
    except (RuntimeError, OSError) as error:
        raise FileNotFoundError(
            f"no MNIST under '{root}' and no way to download it: set DDPM_DATA to a folder that"
            " holds MNIST/raw, or use the bundled digits (--data bundled)"
        ) from error
    digits = Digits(dataset.data, dataset.targets.long())
    if split == "test":
        return digits
    held_out = torch.zeros(len(digits), dtype=torch.bool, device="cpu")
    held_out[validation_indices(digits.labels)] = True
    return digits[held_out if split == "validation" else ~held_out]


# --8<-- [start:folder]
def folder(root: str | Path, size: int = 28, channels: int = 1) -> tuple[Digits, tuple[str, ...]]:
    """Images of your own, one subfolder for each class, as a network sees them.

    `ddpm.reader.read_image` reads an image. It is scaled so that its shorter side has `size`
    pixels, and its middle square is cut out. Nothing is inverted: like MNIST, grey images are
    bright ink on a dark background. One warning counts flat images, and names the first.

    Args:
        root: a folder of folders of images, as `torchvision.datasets.ImageFolder` takes it.
        size: side of the squares in pixels.
        channels: 1 makes every image grey; 3 keeps colours, and takes colour images only.

    Returns:
        The images, uint8 (N, size, size) or (N, 3, size, size), and the names of their classes:
        label k is the k-th of the subfolders' names in alphabetical order.

    Raises:
        ValueError: no folder, fewer than two classes, a class without images, a file that cannot
            be read, a grey image where colour is asked for, or a number out of range.
    """
    from ddpm.image_folders import list_images

    if size < 1 or channels not in (1, 3):
        raise ValueError(f"images have 1 or 3 channels and 1 pixel or more, not {channels}, {size}")
    found = list_images(Path(root))
    images = []
    for path, _ in tqdm(found.samples, "reading images", unit="image", delay=2, leave=False):
        if channels == 3 and not has_colours(Path(path)):
            raise ValueError(f"'{path}' is grey: with 3 channels, every image must have colour")
        image = read_image(Path(path), channels)
        images.append(ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC))
    if flat := [p for (p, _), image in zip(found.samples, images, strict=True) if is_flat(image)]:
        text = f"{len(flat)} of {len(images)} images are flat, in one colour"
        warnings.warn(f"{text}, such as '{flat[0]}'", stacklevel=2)
    stacked = np.stack([np.asarray(image) for image in images])
    pixels = torch.from_numpy(stacked if channels == 1 else np.moveaxis(stacked, 3, 1).copy())
    return Digits(pixels, torch.tensor(found.targets)), tuple(found.classes)
    # --8<-- [end:folder]


def split_off(digits: Digits, share: int = 10) -> tuple[Digits, Digits]:
    """Splits own images in two, to train on and to check on: the last 1 in `share` of each class.

    Returns:
        The larger part, and the smaller with at least one image of each class.

    Raises:
        ValueError: a class has a single image.
    """
    held_out = torch.zeros(len(digits), dtype=torch.bool)
    for label in digits.labels.unique():
        places = (digits.labels == label).nonzero()[:, 0]
        if len(places) < 2:
            raise ValueError(f"class {int(label)} has one image only: none is left to check on")
        held_out[places[-max(1, len(places) // share) :]] = True
    return digits[~held_out], digits[held_out]
