"""What editing and illusions lose with a student of few steps, against the flagship.

Each technique runs at its own defaults with both models. The second classifier, which nothing was
chosen by, says how often a result is what was asked for.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from ddpm.bundle import bundled_models
from ddpm.classifiers import Classifier
from ddpm.data import as_images, bundled
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.masks import MASKS
from ddpm.model import Diffusion
from ddpm.techniques.anagrams import draw_anagram
from ddpm.techniques.hybrids import draw_hybrid
from ddpm.techniques.inpainting import inpaint
from ddpm.techniques.sdedit import sdedit
from ddpm.techniques.views import through, view
from scripts.pages.hybrids.measurements import from_afar, from_near, off_diagonal
from scripts.workshop.judge import rows
from scripts.workshop.registry import SEED, NotHere, digest_of, measurement
from scripts.workshop.second_opinion import second

MODELS = ("digits", "digits-fast")

STRENGTH = 0.7
"""Of SDEdit: enough noise for another digit, and little enough to keep slant and thickness."""


class Evaluations:
    """Counts the images that a model's network is asked about.

    Attributes:
        images: so far.
    """

    def __init__(self, model: Diffusion):
        self.images = 0
        model.network.register_forward_pre_hook(self._count)

    def _count(self, network: torch.nn.Module, given: tuple[Any, ...]) -> None:
        self.images += len(given[0])


def share(right: Tensor) -> float:
    """The share that is True."""
    return float(right.float().mean())


def edited(model: Diffusion, judge: Classifier, count: int) -> tuple[float, int]:
    """Held-out digits that SDEdit is to turn into the digit 5 further on."""
    digits = bundled()[:: 5000 // count]
    wanted = (digits.labels + 5) % 10
    images = sdedit(model, as_images(digits), STRENGTH, wanted.tolist(), seed=SEED + 1)
    return share(judge.read(images) == wanted), len(images)


def filled(model: Diffusion, judge: Classifier, count: int) -> tuple[float, int]:
    """Held-out digits whose lower half is filled in, with their label."""
    digits = bundled()[:: 5000 // count]
    images = inpaint(model, as_images(digits), MASKS["bottom"], digits.labels, seed=SEED + 1)
    return share(judge.read(images) == digits.labels), len(images)


def turned(model: Diffusion, judge: Classifier, count: int) -> tuple[float, int]:
    """Anagrams by a half-turn of pairs of different digits, without any choice among them."""
    labels = [side.tolist() for side in off_diagonal(count)]
    images = draw_anagram(model, labels, ["identity", "rotate_180"], n=count, seed=SEED + 1)
    right = [
        judge.read(shown) == torch.tensor(asked)
        for shown, asked in zip((images, through(images, view("rotate_180"))), labels, strict=True)
    ]
    return share(right[0] & right[1]), count


def at_two_distances(model: Diffusion, judge: Classifier, count: int) -> tuple[float, int]:
    """Hybrids of pairs of different digits by the default design."""
    far, near = off_diagonal(count)
    images = draw_hybrid(model, far, near, count, seed=SEED + 1)
    tiles = judge.read(from_near(images)).unflatten(0, (count, -1)) == near[:, None]
    return share((judge.read(from_afar(images)) == far) & (tiles.float().mean(1) > 0.5)), count


TECHNIQUES = {
    "another digit": (edited, 500),
    "lower half": (filled, 500),
    "half-turn": (turned, 900),
    "far and near": (at_two_distances, 90),
}
"""What each technique is asked for, and for how many images."""


def one(technique: str, name: str, quick: bool) -> dict[str, Any]:
    """How often a model's results are what was asked for, and its evaluations for each."""
    measure, count = TECHNIQUES[technique]
    model = load(name)
    asked = Evaluations(model)
    with fast_arithmetic(default_device()):
        right, made = measure(model, second(1 if quick else 6), count // 10 if quick else count)
    return {"right": right, "evaluations": round(asked.images / made), "count": made}


@measurement
def techniques(quick: bool) -> dict[str, Any]:
    """SDEdit, inpainting, anagrams and hybrids with the flagship and with its student."""
    missing = [name for name in MODELS if name not in bundled_models()]
    if missing:
        raise NotHere(f"'{missing[0]}' does not come with the package")
    jobs = {
        f"{technique}/{name}": partial(one, technique, name, quick)
        for technique in TECHNIQUES
        for name in MODELS
    }
    weights = {name: digest_of(f"weights/{name}.safetensors") for name in MODELS}
    table = rows("techniques-quick" if quick else "techniques", weights, jobs)
    return {
        "rows": {
            technique: {name: table[f"{technique}/{name}"] for name in MODELS}
            for technique in TECHNIQUES
        },
        "strength": STRENGTH,
        "weights": weights,
    }
