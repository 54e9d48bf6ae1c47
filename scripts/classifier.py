"""Trains the classifier that recognises generated digits: `python -m scripts.classifier`."""

from __future__ import annotations

import time

import torch
from tqdm import tqdm

from ddpm.classifiers import Classifier, save_classifier, train_classifier
from ddpm.commands.program import run
from ddpm.data import as_images, bundled, mnist
from ddpm.files import write_json
from ddpm.records import how
from scripts.workshop.records import RESULTS, ROOT


def classifier(epochs: int = 8, seed: int = 0) -> None:
    """Trains the classifier on MNIST's 55,000, tests it, and bundles it.

    Args:
        epochs: passes over the data.
        seed: of the first weights, the order and the shifts.
    """
    if epochs < 1:
        raise ValueError(f"--epochs must be at least 1, not {epochs}")
    training, test = mnist("train"), mnist("test")
    started = time.perf_counter()
    torch.manual_seed(seed)
    network = Classifier()
    for report in (
        bar := tqdm(train_classifier(network, training, epochs, seed=seed), total=epochs)
    ):
        bar.set_postfix(report)
    accuracy = {
        name: float((network.read(as_images(digits)) == digits.labels).float().mean())
        for name, digits in (("validation", bundled()), ("test", test))
    }
    header = {
        "accuracy": accuracy,
        "epochs": epochs,
        "parameters": sum(p.numel() for p in network.parameters()),
        "how": how(torch.device("cpu"), seed, time.perf_counter() - started),
    }
    save_classifier(network, ROOT / "ddpm" / "classifier" / "classifier.safetensors", header)
    write_json(RESULTS / "classifier.json", header)
    print(f"reads {accuracy['test']:.2%} of the test set")


if __name__ == "__main__":
    run(classifier)
