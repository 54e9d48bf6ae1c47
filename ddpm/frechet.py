"""The Fréchet distance as a loss: samples get the means and the covariances of data.

They are compared in the features of classifiers. A distance needs thousands of samples, and an
update has a hundred. So the moments of the samples are averaged over many updates, and the gradient
goes through the samples of the last. (Yang et al. 2026, "Representation Fréchet Loss for Visual
Generation".)
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm.classifiers import Classifier, train_classifier
from ddpm.data import Digits, as_images
from ddpm.devices import fast_arithmetic

EPOCHS = 3
"""A critic's passes over the digits."""

KEEP = 0.97
"""The share of the moments that an update keeps."""

FEWEST = 8
"""Updates before the moments count: those of fewer samples are too far off."""

LABEL = 10.0
"""The variance of a label among the features, over that of a feature: it makes the distance one of
images with their labels (DeVries et al. 2019, "On the Evaluation of Conditional GANs")."""

FLOORS = 3
"""Random sets of real digits whose mean distance is the floor."""


# --8<-- [start:distance]
def frechet_distance(mean: Tensor, covariance: Tensor, real: Tensor, root: Tensor) -> Tensor:
    """The squared Fréchet distance of a Gaussian to the data's: a scalar with a gradient.

    Args:
        mean, covariance: (D,) and (D, D), in double precision.
        real: the data's mean (D,).
        root: the symmetric square root (D, D) of the data's covariance.

    Source: Dowson and Landau 1982, "The Fréchet Distance between Multivariate Normal
    Distributions".
    """
    # The eigenvalues of S R are those of the symmetric √R S √R.
    product = root @ covariance @ root
    shared = torch.linalg.eigvalsh((product + product.T) / 2).clamp(min=1e-12).sqrt().sum()
    spread = covariance.trace() + root.square().sum() - 2 * shared
    return (mean - real).square().sum() + spread
    # --8<-- [end:distance]


# --8<-- [start:critic]
class Critic(nn.Module):
    """A classifier in whose features samples are compared with data.

    Args:
        width: of the classifier.
        numbers: how many numbers of steps have moments of their own.
        classes: the labels.
    """

    def __init__(self, width: int, numbers: int, classes: int):
        super().__init__()
        self.width, self.classes = width, classes
        self.classifier = Classifier(width).requires_grad_(False).eval()
        self.moments = Moments(self.classifier.head.in_features + classes, numbers)

    def learn(self, digits: Digits, seed: int) -> None:
        """Trains the classifier, and takes the moments of the digits in its features."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            fresh = Classifier(self.width).state_dict()
        self.classifier.load_state_dict(fresh)
        self.classifier.requires_grad_(True)
        batch = min(256, len(digits))
        for _ in train_classifier(self.classifier, digits, EPOCHS, batch, seed):
            pass
        self.classifier.requires_grad_(False)
        features = torch.cat([self.describe(part) for part in as_images(digits).split(500)])
        self.moments.learn(features, F.one_hot(digits.labels, self.classes), seed)

    def describe(self, images: Tensor) -> Tensor:
        """The classifier's features (N, 4 width) of images (N, 1, 28, 28) in [0, 1]."""
        with fast_arithmetic(images.device):
            return self.classifier.describe(images).float()

    def loss(
        self, images: Tensor, target: Tensor, labels: Tensor, number: int, imitation: float
    ) -> Tensor:
        """How far samples are from data, and each sample's features from its target's.

        Args:
            images: samples (N, 1, 28, 28) in [0, 1], with gradients.
            target: other images of the same noise.
            labels: integer (N,).
            number: the number of steps by which they were sampled, counted from 0.
            imitation: the weight of the error from the target.
        """
        with torch.no_grad():
            wanted = self.describe(target)
        features, told = self.describe(images), F.one_hot(labels, self.classes)
        error = ((features - wanted) / self.moments.size).square().mean()
        return imitation * error + self.moments.distance(features, told, number)
        # --8<-- [end:critic]


# --8<-- [start:moments]
class Moments(nn.Module):
    """Means and covariances of features with labels: the data's, and those of samples.

    Attributes:
        size: the root mean square of the features' deviations.
        mean, root: the data's mean and the square root of its covariance.
        floor: the distance of 10,000 real digits.
        first, second: moving averages of the features, (K, D), and of their products, (K, D, D),
            for each number of steps.
        seen: how often each was updated, (K,).
    """

    size: Tensor
    mean: Tensor
    root: Tensor
    floor: Tensor
    first: Tensor
    second: Tensor
    seen: Tensor

    def __init__(self, features: int, numbers: int):
        super().__init__()
        shapes: dict[str, tuple[int, ...]]
        shapes = {"size": (), "mean": (features,), "root": (features, features), "floor": ()}
        shapes |= {"first": (numbers, features), "second": (numbers, features, features)}
        for name, shape in (shapes | {"seen": (numbers,)}).items():
            self.register_buffer(name, torch.zeros(shape))

    def joined(self, features: Tensor, told: Tensor) -> Tensor:
        """Features in units of their size, with labels behind them: double (N, D)."""
        return torch.cat([features.double() / self.size, LABEL**0.5 * told.double()], dim=1)

    def learn(self, features: Tensor, told: Tensor, seed: int, count: int = 10_000) -> None:
        """Takes the data's moments from the features of all digits."""
        self.size.copy_(features.double().var(0).mean().sqrt())
        every = self.joined(features, told)
        self.mean.copy_(every.mean(0))
        values, vectors = torch.linalg.eigh(every.T.cov(correction=0))
        self.root.copy_(vectors * values.clamp(min=0).sqrt() @ vectors.T)
        generator = torch.Generator().manual_seed(seed)
        sets = [torch.randperm(len(every), generator=generator)[:count] for _ in range(FLOORS)]
        distances = [
            self.to_data(part.mean(0), part.T.cov(correction=0))
            for part in (every[chosen] for chosen in sets)
        ]
        self.floor.copy_(torch.stack(distances).mean())

    def to_data(self, mean: Tensor, covariance: Tensor) -> Tensor:
        """The distance of a Gaussian to the data's."""
        return frechet_distance(mean, covariance, self.mean.double(), self.root.double())

    def distance(self, features: Tensor, told: Tensor, number: int) -> Tensor:
        """The Fréchet distance over its floor, of the samples of the last updates; its gradient is
        as large as if all of them were these."""
        joined = self.joined(features, told)
        self.seen[number] += 1
        averages = []
        for kept, new in (
            (self.first, joined.mean(0)),
            (self.second, joined.T @ joined / len(joined)),
        ):
            average = KEEP * kept[number] + (1 - KEEP) * new
            kept[number] = average.detach()
            averages.append(average / (1 - KEEP ** self.seen[number]))
        mean, second = averages
        covariance = second - torch.outer(mean, mean)
        if self.seen[number] < FEWEST:
            return features.new_zeros(())
        squared = self.to_data(mean, covariance) / self.floor
        share = (1 - KEEP) / (1 - KEEP ** self.seen[number])
        return squared.clamp(min=1e-3).sqrt() / share
        # --8<-- [end:moments]


# --8<-- [start:pairs]
class Pairs(nn.Module):
    """Noise images, labels, and the images that are sampled from them, in half precision.

    Args:
        count: how many.
        shape: of one image.
    """

    noise: Tensor
    images: Tensor
    labels: Tensor

    def __init__(self, count: int, shape: tuple[int, ...]):
        super().__init__()
        self.register_buffer("noise", torch.zeros(count, *shape, dtype=torch.float16))
        self.register_buffer("images", torch.zeros_like(self.noise))
        self.register_buffer("labels", torch.zeros(count, dtype=torch.long))

    def make(
        self,
        sampled: Callable[[Tensor, Tensor], Tensor],
        labels: Tensor,
        seed: int,
        batch: int = 256,
    ) -> None:
        """Draws noise and labels, and samples their images.

        Args:
            sampled: (noise, labels) -> images, in the range of the network.
            labels: of real images, from which those of the pairs are drawn.
        """
        generator = torch.Generator().manual_seed(seed)
        self.noise.copy_(torch.randn(self.noise.shape, generator=generator))
        chosen = torch.randint(len(labels), self.labels.shape, generator=generator)
        self.labels.copy_(labels[chosen.to(labels.device)])
        parts = (part.split(batch) for part in (self.noise, self.labels, self.images))
        for noise, told, images in zip(*parts, strict=True):
            images.copy_(sampled(noise.float(), told))
        # --8<-- [end:pairs]
