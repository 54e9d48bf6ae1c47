"""Measures of a model's samples, by our own classifier of digits.

The classifier takes 28x28 images; its header has its accuracy on MNIST's test set.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ddpm import arguments, tensors
from ddpm.classifiers import SHAPE, Classifier


def psnr(images: Tensor, reference: Tensor) -> Tensor:
    """The peak signal-to-noise ratio of each image in dB, float (N,); infinite if both are equal.

    Args:
        images, reference: (N, C, H, W) in [0, 1].
    """
    images = tensors.images("images", images)
    reference = tensors.images("reference", reference, images)
    if len(reference) not in (1, len(images)):
        raise ValueError(f"reference must be {len(images)} images, not {len(reference)}")
    error = (images - reference).square().mean((1, 2, 3))
    return -10 * error.log10()


# --8<-- [start:fid]
MINIMUM = 1000
"""Fewer images than this give no Fréchet distance: 128 features have 8,256 covariances."""


def fid(images: Tensor, reference: Tensor, classifier: Classifier) -> float:
    """The Fréchet distance of two sets of images in the classifier's 128 features.

    Both sets are treated as Gaussian, and the distance is that of their means and
    covariances. It shrinks with more images even if nothing else changes, so it only compares
    with another of the same counts, the reference and the classifier being the same.

    Args:
        images, reference: (N, 1, 28, 28) in [0, 1], at least `MINIMUM` each.
        classifier: whose features.

    Raises:
        ValueError: too few images, or images of another shape than the classifier's.

    Source: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", section 4, with
    our own features in place of Inception's.
    """
    return fid_to(reference, classifier)(images)


def fid_to(
    reference: Tensor, classifier: Classifier, batch: int = 500
) -> Callable[[Tensor], float]:
    """As `fid`, for many sets of images and one reference, whose features are kept."""
    reference, batch = (
        tensors.images("reference", reference),
        arguments.integer("batch", batch, 1),
    )
    # Here, since it takes seconds to import, and most that use this module measure no FID.
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(
        _Features(classifier), reset_real_features=False, input_img_size=SHAPE
    )

    @torch.no_grad()
    def look_at(images: Tensor, real: bool) -> None:
        images = tensors.images("images", images)
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
        images, reference: (N, 1, 28, 28) in [0, 1], the same N, at least `MINIMUM`.
        classifier: whose features.
        neighbour: which neighbour the balls reach to.

    Returns:
        Precision and recall, each in 0..1.

    Raises:
        ValueError: too few images, or not the same number: the balls depend on the count.

    Source: Kynkäänniemi et al. 2019, "Improved Precision and Recall Metric for Assessing
    Generative Models".
    """
    images = tensors.images("images", images)
    reference = tensors.images("reference", reference, images)
    neighbour = arguments.integer("neighbour", neighbour, 1, MINIMUM - 1)
    if len(images) != len(reference) or len(images) < MINIMUM:
        raise ValueError(
            f"precision and recall need the same number of each, {MINIMUM:,} or more,"
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
    images = tensors.images("images", images)
    asked = torch.tensor(arguments.labels("labels", labels), device=images.device)
    if len(asked) != len(images):
        raise ValueError(f"labels must be one for each of {len(images)} images, not {len(asked)}")
    features, spreads = classifier.describe_all(images), []
    for label in asked.unique():
        same = features[asked == label]
        if len(same) < 2:
            raise ValueError(f"class {int(label)} has one image only, and no distance")
        spreads.append(torch.pdist(same).mean())
    return torch.stack(spreads)


def nearest(images: Tensor, training: Tensor) -> tuple[Tensor, Tensor]:
    """The training image most like each image, and how far from it: a search for copies.

    Args:
        images, training: (N, C, H, W) and (M, C, H, W) in [0, 1].

    Returns:
        Distances, float (N,), the root of the summed squares over channels and pixels; and
        places in `training`, int64 (N,).
    """
    images = tensors.images("images", images)
    flat = tensors.images("training", training, images).flatten(1)
    found = [torch.cdist(part.flatten(1), flat).min(1) for part in images.split(250)]
    return torch.cat([f.values for f in found]), torch.cat([f.indices for f in found])
