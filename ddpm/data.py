"""MNIST in fixed splits, the bundled digits, and the way to and from a network's range."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageOps
from PIL.Image import Resampling
from torch import Tensor
from torch.nn import functional as F

Split = Literal["train", "validation", "test"]

PER_CLASS = 500
"""The first 500 of each digit in MNIST's training order are the validation split."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Images and their labels.

    Attributes:
        images: uint8 (N, 28, 28), 0 is the background and 255 the ink.
        labels: int64 (N,), each 0..9.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | Tensor | list[int]) -> Digits:
        return Digits(self.images[index], self.labels[index])


def as_images(digits: Digits) -> Tensor:
    """Digits as float32 (N, 1, 28, 28) in [0, 1]."""
    return digits.images[:, None].float() / 255


# --8<-- [start:scaling]
@dataclass(frozen=True)
class Scaling:
    """How an image becomes what a network sees: padded with background, shifted and scaled.

    Attributes:
        size: side of the network's images in pixels, 28 or more.
        mean, std: the network sees `(image - mean) / std` of an image in [0, 1].
    """

    size: int = 28
    mean: float = 0.5
    std: float = 0.5

    def to_network(self, images: Tensor) -> Tensor:
        """From uint8 0..255 or float 0..1, (N, 28, 28) or (N, 1, 28, 28), to (N, 1, size, size)."""
        if images.ndim == 3:
            images = images[:, None]
        if not images.is_floating_point():
            images = images.float() / 255
        left = (self.size - images.shape[-1]) // 2
        right = self.size - images.shape[-1] - left
        return (F.pad(images, (left, right, left, right)) - self.mean) / self.std

    def to_images(self, x: Tensor) -> Tensor:
        """From the network's (N, 1, size, size) to float (N, 1, 28, 28), clamped to [0, 1].

        A larger canvas loses the same border.
        """
        left = (self.size - 28) // 2
        right = x.shape[-1] - (self.size - 28 - left)
        crop = x[..., left:right, left:right]
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
    digits = bundled()
    return digits.images[digits.labels == label][number].float() / 255


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
    """
    from torchvision.datasets import MNIST

    root = Path(root or data_root())
    try:
        # The files may lie on a read-only disk, so ask before offering to download.
        present = MNIST(root, download=False)._check_exists() if root.is_dir() else False
    except RuntimeError:
        present = False
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
    held_out = torch.zeros(len(digits), dtype=torch.bool)
    held_out[validation_indices(digits.labels)] = True
    return digits[held_out if split == "validation" else ~held_out]


# --8<-- [start:folder]
def folder(root: str | Path) -> tuple[Digits, tuple[str, ...]]:
    """Images of your own, one subfolder for each class, as the models see digits.

    An image becomes grey, is scaled so that its shorter side has 28 pixels, and its middle 28x28
    are cut out. Nothing is inverted: like MNIST, the models draw bright ink on a dark ground.

    Args:
        root: a folder of folders of images, as `torchvision.datasets.ImageFolder` takes it.

    Returns:
        The images, and the names of their classes: label k is the k-th of the subfolders' names
        in alphabetical order.

    Raises:
        ValueError: no folder, fewer than two classes, a class without images, or a file that
            cannot be read.
    """
    from torchvision.datasets import ImageFolder

    root = Path(root)
    if not root.is_dir():
        raise ValueError(f"no folder '{root}' with one subfolder of images per class")
    try:
        found = ImageFolder(root)
    except FileNotFoundError as error:
        raise ValueError(f"in '{root}': {error}") from error
    if len(found.classes) < 2:
        raise ValueError(f"'{root}' has one class, '{found.classes[0]}'; give two or more")
    images = []
    for path, _ in found.samples:
        try:
            with Image.open(path) as image:
                images.append(ImageOps.fit(image.convert("L"), (28, 28), Resampling.BICUBIC))
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise ValueError(f"cannot read the image '{path}': {error}") from error
    pixels = torch.from_numpy(np.stack([np.asarray(image) for image in images]))
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
