"""What the measurements share: the classifier that judges samples, the real digits, kept rows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean, median
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from ddpm.classifiers import Classifier, load_classifier, train_classifier
from ddpm.data import Digits, as_images, mnist
from ddpm.devices import default_device, fast_arithmetic
from ddpm.files import write_json
from ddpm.metrics import fid_to, precision_recall
from ddpm.model import Diffusion
from ddpm.reading import read_json
from scripts.workshop.records import ROOT
from scripts.workshop.registry import SEED

COUNT = 1000
"""How many digits a setting is judged by, unless a measurement says otherwise."""


@cache
def test_images() -> Tensor:
    """MNIST's 10,000 test digits in [0, 1]: the reference of every distance."""
    return as_images(mnist("test"))


@cache
def judge() -> Classifier:
    """The bundled classifier: all measurements use its features and its answers."""
    return load_classifier()


def natural_labels(count: int = COUNT) -> Tensor:
    """The labels to sample, each as often as it occurs among the test digits: int64 (count,).

    MNIST has more ones than fives. A set with the same number of each digit is further from the
    test set than a random one, however good its images are.
    """
    labels = mnist("test").labels
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    return labels[order[:count]].sort().values


@cache
def distance() -> Callable[[Tensor], float]:
    """The Fréchet distance of images to the test digits, in the judge's features."""
    return fid_to(test_images(), judge())


@cache
def real_images(count: int, draws: int = 3) -> tuple[Tensor, ...]:
    """Some random sets of `count` training digits, no digit twice: each (count, 1, 28, 28)."""
    training = mnist("train")
    order = torch.randperm(len(training), generator=torch.Generator().manual_seed(0))
    return tuple(as_images(training[part]) for part in order[: draws * count].split(count))


@cache
def floor(count: int = COUNT) -> float:
    """The distance of `count` real training digits to the test digits: the mean of three sets."""
    distances = [distance()(images) for images in real_images(count)]
    return sum(distances) / len(distances)


JUDGE: Mapping[str, int] = {"seed": 1000, "width": 28}
"""A classifier for verdicts alone. It shares neither first weights nor width with those whose
features the stage "frechet" compares (`Stage.critics`), nor with the bundled one or the default
`Second`. Fixed before it judged anything."""

BATCH = 250
"""How many digits are sampled together."""


def draw_fast(model: Diffusion, labels: Tensor, **options: Any) -> tuple[Tensor, float]:
    """Images in the device's fast arithmetic, and the seconds that they took.

    The seconds come from the median of the batches' times, so other work on the machine during one
    of them does not count.
    """
    images, seconds = [], []
    for first in range(0, len(labels), BATCH):
        asked, started = labels[first : first + BATCH], time.perf_counter()
        with fast_arithmetic(default_device()):
            images.append(model.sample(labels=asked, first=first, **options).float())
        seconds.append((time.perf_counter() - started) / len(asked))
    return torch.cat(images), median(seconds) * len(labels)


def same_many_real(count: int) -> Tensor:
    """A random set of test digits: (count, 1, 28, 28)."""
    order = torch.randperm(len(test_images()), generator=torch.Generator().manual_seed(0))
    return test_images()[order[:count]]


CLEAR = 0.9
"""A clear sample is one whose digit has at least this probability for the classifier."""


def clear(images: Tensor) -> float:
    """The share of images that are clear, which needs no label."""
    with torch.no_grad():
        shares = torch.cat([judge()(part).softmax(1) for part in images.split(500)])
    return float((shares.amax(1) >= CLEAR).float().mean())


def verdict(images: Tensor, asked: Tensor | None) -> dict[str, float]:
    """Accuracy, distance, the distance over its floor, precision, recall and the clear share.

    Without requested labels there is no accuracy.
    """
    fid = distance()(images)
    precision, recall = precision_recall(images, same_many_real(len(images)), judge())
    right = {} if asked is None else {"accuracy": accuracy(images, asked)}
    return {
        **right,
        "fid": fid,
        "fid_over_floor": fid / floor(len(images)),
        "precision": precision,
        "recall": recall,
        "clear": clear(images),
    }


def accuracy(images: Tensor, asked: Tensor) -> float:
    """The share of images that the classifier recognises as the digit asked for."""
    return float((judge().read(images) == asked).float().mean())


def over_seeds(verdicts: list[dict[str, float]]) -> dict[str, float]:
    """The mean of each number over seeds; with several also its spread, as NAME_spread."""
    result = {}
    for name in verdicts[0]:
        values = torch.tensor([verdict[name] for verdict in verdicts], dtype=torch.float64)
        result[name] = float(values.mean())
        if len(values) > 1:
            result[f"{name}_spread"] = float(values.std(correction=1))
    return result


def rows_file(name: str) -> Path:
    """Where the rows of a measurement are kept until all are done."""
    return ROOT / "runs" / f"{name}.rows.json"


@dataclass(frozen=True)
class Rows:
    """What is kept of a measurement that was stopped."""

    settings: dict[str, Any]
    rows: dict[str, dict[str, Any]]


def rows(
    name: str, settings: Mapping[str, Any], jobs: Mapping[str, Callable[[], dict[str, Any]]]
) -> dict[str, dict[str, Any]]:
    """Runs the jobs one after the other; a measurement that was stopped continues from there.

    Args:
        name: of the measurement; what is done is kept in `runs/NAME.rows.json` until all is.
        settings: what must not have changed since, such as the weights' digest.
        jobs: by the names of their rows.
    """
    path = rows_file(name)
    path.parent.mkdir(exist_ok=True)
    kept = read_json(path, Rows, "file of rows") if path.is_file() else {}
    fresh = json.loads(json.dumps(dict(settings)))
    done = kept["rows"] if kept.get("settings") == fresh else {}
    for key, job in (bar := tqdm(jobs.items(), unit="row")):
        bar.set_description(key)
        if key not in done:
            done[key] = job()
            write_json(path, {"settings": fresh, "rows": done})
    path.unlink(missing_ok=True)
    return {key: done[key] for key in jobs}


def second_classifier(epochs: int, seed: int = SEED + 1, width: int = 24) -> Classifier:
    """A narrower classifier from another seed, which was never used to choose anything."""
    return trained_classifier(mnist("train"), epochs, seed, width)


def trained_classifier(digits: Digits, epochs: int, seed: int, width: int = 24) -> Classifier:
    """A classifier of a width, trained on digits where that is fast; on the CPU."""
    torch.manual_seed(seed)
    classifier, device = Classifier(width=width), default_device()
    there = Digits(digits.images.to(device), digits.labels.to(device))
    for _ in tqdm(train_classifier(classifier.to(device), there, epochs, seed=seed)):
        pass
    return classifier.cpu()


class Second:
    """The second classifier, which was never used to choose anything, and its floor.

    Args:
        epochs: of its training on all training digits.
        count: digits that it judges together.
        seed, width: of its weights; neither is the bundled classifier's.
    """

    def __init__(self, epochs: int, count: int = COUNT, seed: int = SEED + 1, width: int = 24):
        self.classifier = second_classifier(epochs, seed, width)
        self.distance = fid_to(test_images(), self.classifier)
        self.floor = fmean(self.distance(images) for images in real_images(count))

    def verdict(self, images: Tensor, asked: Tensor | None) -> dict[str, float]:
        """As the function `verdict`, by this classifier and as `second_NAME`."""
        fid, real = self.distance(images), same_many_real(len(images))
        precision, recall = precision_recall(images, real, self.classifier)
        found = {"second_fid": fid, "second_fid_over_floor": fid / self.floor}
        found |= {"second_precision": precision, "second_recall": recall}
        if asked is not None:
            found["second_accuracy"] = float((self.classifier.read(images) == asked).float().mean())
        return found
