"""The small classifier that judges generated digits.

It takes 28x28 images; the header of its file has its accuracy on MNIST's test set.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm.data import Digits, as_images
from ddpm.devices import plain_defaults
from ddpm.files import write_tensors
from ddpm.settings import Recipe
from ddpm.stored import check_tensors, open_tensors, read_tensors

SHAPE = (1, 28, 28)
"""Of the images that the classifier takes: MNIST's."""


class Classifier(nn.Module):
    """A small convolutional network that recognises digits.

    Its penultimate layer has 128 features.
    """

    def __init__(self, width: int = 32):
        super().__init__()

        def block(inputs: int, outputs: int) -> list[nn.Module]:
            conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
            return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]

        w = width
        self.features = nn.Sequential(
            *block(1, w),
            *block(w, w),
            nn.MaxPool2d(2),
            *block(w, 2 * w),
            *block(2 * w, 2 * w),
            nn.MaxPool2d(2),
            *block(2 * w, 4 * w),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.head = nn.Linear(4 * w, 10)

    def forward(self, images: Tensor) -> Tensor:
        """The classes' logits (N, 10) of images (N, 1, 28, 28) in [0, 1]."""
        return self.head(self.describe(images))

    def describe(self, images: Tensor) -> Tensor:
        """The features (N, 128) of images (N, 1, 28, 28) in [0, 1].

        Raises:
            ValueError: the images have another shape.
        """
        if images.shape[1:] != SHAPE:
            given, ours = ("x".join(map(str, shape)) for shape in (images.shape[1:], SHAPE))
            raise ValueError(f"the classifier of digits takes images of {ours}, not {given}")
        return self.features(images * 2 - 1)

    @torch.no_grad()
    def describe_all(self, images: Tensor, batch: int = 500) -> Tensor:
        """As `describe`, a batch at a time and without gradients."""
        return torch.cat([self.describe(part) for part in images.split(batch)])

    @torch.no_grad()
    def read(self, images: Tensor, batch: int = 500) -> Tensor:
        """The most likely digit of each image: int64 (N,)."""
        return torch.cat([self(part).argmax(1) for part in images.split(batch)])


def train_classifier(
    classifier: Classifier, digits: Digits, epochs: int = 8, batch: int = 256, seed: int = 0
) -> Iterator[dict[str, float]]:
    """Trains it on digits that are shifted by up to two pixels, yielding each epoch's loss."""
    images, generator = as_images(digits), torch.Generator().manual_seed(seed)
    steps = len(images) // batch
    optimizer = torch.optim.AdamW(classifier.parameters(), 1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, epochs * steps)
    for epoch in range(1, epochs + 1):
        classifier.train()
        order, total = torch.randperm(len(images), generator=generator), 0.0
        for chosen in order[: steps * batch].split(batch):
            dy, dx = torch.randint(-2, 3, (2,), generator=generator).tolist()
            shifted = images[chosen].roll((dy, dx), (2, 3))
            error = F.cross_entropy(
                classifier(shifted), digits.labels[chosen], label_smoothing=0.05
            )
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
            schedule.step()
            total += float(error.detach())
        classifier.eval()
        yield {"epoch": epoch, "loss": total / steps}


def judges(recipe: Recipe) -> bool:
    """Whether a model makes images that the classifier knows: digits of MNIST's size."""
    return not recipe.names and recipe.scaling.image_shape == SHAPE


def save_classifier(classifier: Classifier, path: Path, header: dict[str, Any]) -> None:
    """Writes it in half precision, all or nothing."""
    tensors = {
        k: v.half() if v.is_floating_point() else v for k, v in classifier.state_dict().items()
    }
    write_tensors(path, tensors, {"training": json.dumps(header)})


def load_classifier() -> Classifier:
    """The bundled classifier, in evaluation mode, on the CPU.

    Raises:
        ValueError: its file is damaged.
    """
    path = resources.files("ddpm") / "classifier" / "classifier.safetensors"
    with plain_defaults():
        classifier = Classifier()
    try:
        with resources.as_file(path) as file, open_tensors(file) as tensors:
            check_tensors(tensors, classifier.state_dict())
            classifier.load_state_dict(read_tensors(tensors))
    except ValueError as error:
        raise ValueError(f"'{path}' holds no classifier: {error}") from error
    return classifier.eval()
