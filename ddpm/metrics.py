"""Measures of what a model draws, by a digit classifier of our own.

The classifier reads 28x28 images; how well it reads MNIST's test set stands in its header.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from torchmetrics.image.fid import FrechetInceptionDistance

from ddpm.data import Digits
from ddpm.files import atomic


class Classifier(nn.Module):
    """A small convolutional network that reads digits.

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
        """The features (N, 128) of images (N, 1, 28, 28) in [0, 1]."""
        return self.features(images * 2 - 1)

    @torch.no_grad()
    def describe_all(self, images: Tensor, batch: int = 500) -> Tensor:
        """As `describe`, a batch at a time and without gradients."""
        return torch.cat([self.describe(part) for part in images.split(batch)])

    @torch.no_grad()
    def read(self, images: Tensor, batch: int = 500) -> Tensor:
        """The digit each image looks most like: int64 (N,)."""
        return torch.cat([self(part).argmax(1) for part in images.split(batch)])


def as_images(digits: Digits) -> Tensor:
    """Digits as float32 (N, 1, 28, 28) in [0, 1]."""
    return digits.images[:, None].float() / 255


def psnr(images: Tensor, reference: Tensor) -> Tensor:
    """The peak signal-to-noise ratio of each image in dB, float (N,); infinite if both are equal.

    Args:
        images, reference: (N, 1, H, W) in [0, 1].
    """
    error = (images - reference).square().mean((1, 2, 3))
    return -10 * error.log10()


# --8<-- [start:fid]
MINIMUM = 1000
"""Fewer images than this give no Fréchet distance: 128 features have 8,256 covariances."""


def fid(images: Tensor, reference: Tensor, classifier: Classifier) -> float:
    """The Fréchet distance of two sets of images in the classifier's 128 features.

    Both sets are taken for Gaussian clouds, and the distance is that of their means and
    covariances. It shrinks with more images even if nothing else changes, so it only compares
    with another of the same counts, the reference and the classifier being the same.

    Args:
        images, reference: (N, 1, 28, 28) in [0, 1], at least `MINIMUM` each.
        classifier: whose features.

    Raises:
        ValueError: too few images.

    Source: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", section 4, with
    features of our own in the place of Inception's.
    """
    return fid_to(reference, classifier)(images)


def fid_to(
    reference: Tensor, classifier: Classifier, batch: int = 500
) -> Callable[[Tensor], float]:
    """As `fid`, for many sets of images and one reference, whose features are kept."""
    metric = FrechetInceptionDistance(
        _Features(classifier), reset_real_features=False, input_img_size=(1, 28, 28)
    )

    @torch.no_grad()
    def look_at(images: Tensor, real: bool) -> None:
        if len(images) < MINIMUM:
            raise ValueError(
                f"a Fréchet distance needs {MINIMUM:,} images or more, not {len(images)}"
            )
        for part in images.split(batch):
            metric.update(part, real=real)

    look_at(reference, True)

    def distance(images: Tensor) -> float:
        metric.reset()
        look_at(images, False)
        return float(metric.compute())

    return distance


class _Features(nn.Module):
    """The classifier's features, in double precision, also for the metric's own uint8 probe."""

    def __init__(self, classifier: Classifier):
        super().__init__()
        self.classifier = classifier

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier.describe(images.float()).double()
        # --8<-- [end:fid]


# --8<-- [start:precision_recall]
def precision_recall(
    images: Tensor, reference: Tensor, classifier: Classifier, neighbour: int = 3
) -> tuple[float, float]:
    """How many of the images look real, and how much of what is real the images cover.

    Around each point of a set, in the classifier's features, lies a ball that reaches to its
    third-nearest neighbour in the same set. Precision is the share of the images that lie in a
    ball of the reference, recall the share of the reference that lies in a ball of the images.

    Args:
        images, reference: (N, 1, 28, 28) in [0, 1], as many of each, at least `MINIMUM`.
        classifier: whose features.
        neighbour: which neighbour the balls reach to.

    Returns:
        Precision and recall, each in 0..1.

    Raises:
        ValueError: too few images, or not as many of each: the balls depend on the count.

    Source: Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing
    Generative Models".
    """
    if len(images) != len(reference) or len(images) < MINIMUM:
        raise ValueError(
            f"precision and recall need as many of each, {MINIMUM:,} or more,"
            f" not {len(images)} and {len(reference)}"
        )
    ours, theirs = classifier.describe_all(images), classifier.describe_all(reference)

    def covered(points: Tensor, centres: Tensor) -> float:
        radii = torch.cat(
            # The nearest of a point's neighbours is the point itself.
            [
                torch.cdist(part, centres).kthvalue(neighbour + 1).values
                for part in centres.split(1000)
            ]
        )
        inside = [(torch.cdist(part, centres) <= radii).any(1) for part in points.split(1000)]
        return float(torch.cat(inside).float().mean())

    return covered(ours, theirs), covered(theirs, ours)
    # --8<-- [end:precision_recall]


def diversity(images: Tensor, labels: Tensor, classifier: Classifier) -> Tensor:
    """How far apart the images of one class are: the mean distance of two, for each class.

    Args:
        images: (N, 1, 28, 28) in [0, 1].
        labels: integer (N,), what each was asked to be.
        classifier: whose features.

    Returns:
        float (classes,), for the labels in ascending order.

    Raises:
        ValueError: a class with a single image.
    """
    features, spreads = classifier.describe_all(images), []
    for label in labels.unique():
        same = features[labels == label]
        if len(same) < 2:
            raise ValueError(f"class {int(label)} has one image only, and no distance")
        spreads.append(torch.pdist(same).mean())
    return torch.stack(spreads)


def nearest(images: Tensor, training: Tensor) -> tuple[Tensor, Tensor]:
    """The training image most like each image, and how far from it: a search for copies.

    Args:
        images, training: (N, 1, H, W) and (M, 1, H, W) in [0, 1].

    Returns:
        Distances, float (N,), the root of the summed squares over the pixels; and places in
        `training`, int64 (N,).
    """
    flat = training.flatten(1)
    found = [torch.cdist(part.flatten(1), flat).min(1) for part in images.split(250)]
    return torch.cat([f.values for f in found]), torch.cat([f.indices for f in found])


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


def save_classifier(classifier: Classifier, path: Path, header: dict[str, Any]) -> None:
    """Writes it in half precision, all or nothing."""
    tensors = {
        k: v.half() if v.is_floating_point() else v for k, v in classifier.state_dict().items()
    }
    with atomic(path) as file:
        save_file(tensors, file, {"training": json.dumps(header)})


def load_classifier() -> Classifier:
    """The bundled classifier, in evaluation mode, on the CPU."""
    path = resources.files("ddpm") / "classifier" / "classifier.safetensors"
    classifier = Classifier()
    with resources.as_file(path) as file, safe_open(file, "pt") as tensors:
        state = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
    classifier.load_state_dict(state)
    return classifier.eval()
