"""What a classifier says of the edited images and illusions that nothing was chosen by."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import torch

from ddpm.data import bundled, mnist
from ddpm.diffusion import default_device, load
from ddpm.illusions import draw_anagram, draw_hybrid
from ddpm.metrics import Classifier, as_images
from ddpm.techniques import inpaint
from ddpm.training import fast_arithmetic
from ddpm.views import view
from scripts.anagram import through
from scripts.digits import second_classifier
from scripts.hybrid import from_afar, from_near, off_diagonal
from scripts.inpaint import MASKS
from scripts.judge import rows, test_images
from scripts.registry import SEED, digest_of, measurement

EACH = 64
"""Images a setting."""


@cache
def second(epochs: int) -> Classifier:
    """The second classifier, trained once."""
    return second_classifier(epochs)


def half_turns(first: int, each: int, epochs: int) -> dict[str, Any]:
    """For one digit upright and every further one turned, the share read right both ways."""
    others = list(range(first, 10))
    turned = torch.tensor(others).repeat_interleave(each)
    upright = torch.full_like(turned, first)
    with fast_arithmetic(default_device()):
        images = draw_anagram(
            load("digits"), [upright, turned], n=len(turned), seed=SEED + 1, first=1000 * first
        )
    read = second(epochs).read
    right = (read(images) == upright) & (read(through(images, view("rotate_180"))) == turned)
    shares = right.float().unflatten(0, (-1, each)).mean(1).tolist()
    return dict(zip(map(str, others), shares, strict=True))


def lower_halves(count: int, epochs: int) -> dict[str, float]:
    """Held-out digits whose lower half is drawn anew, told their label."""
    digits, mask = bundled()[:: 5000 // count], MASKS["bottom"]
    clean = as_images(digits)
    with fast_arithmetic(default_device()):
        images = inpaint(load("digits"), clean, mask, digits.labels, seed=SEED + 1)
    return {
        "right": float((second(epochs).read(images) == digits.labels).float().mean()),
        "known": float(((images - clean) * (1 - mask)).abs().max()),
        "count": len(digits),
    }


def both_distances(count: int, epochs: int) -> dict[str, float]:
    """Hybrids by the default design, over pairs of different digits."""
    far, near = off_diagonal(count)
    with fast_arithmetic(default_device()):
        images = draw_hybrid(load("digits"), far, near, count, seed=SEED + 1)
    tiles = second(epochs).read(from_near(images)).unflatten(0, (count, -1))
    afar = second(epochs).read(from_afar(images)) == far
    close = (tiles == near[:, None]).float().mean(1) > 0.5
    return {
        "far": float(afar.float().mean()),
        "near": float(close.float().mean()),
        "both": float((afar & close).float().mean()),
        "count": count,
    }


@measurement
def second_opinion(quick: bool) -> dict[str, Any]:
    """Half-turn anagrams, inpainting and hybrids at the defaults, by a second classifier."""
    each, epochs = (1, 1) if quick else (EACH, 6)
    settings = {"weights": digest_of("weights/digits.safetensors"), "each": each}
    jobs: dict[str, Any] = {f"anagram {a}": partial(half_turns, a, each, epochs) for a in range(10)}
    jobs["inpaint"] = partial(lower_halves, 50 if quick else 500, epochs)
    jobs["hybrid"] = partial(both_distances, 9 if quick else 90, epochs)
    table = rows("second_opinion-quick" if quick else "second_opinion", settings, jobs)
    # An image that turns from a to b is, turned, one from b to a.
    pairs = {
        f"{a}{b}": table[f"anagram {min(a, b)}"][str(max(a, b))]
        for a in range(10)
        for b in range(10)
    }
    read = second(epochs).read(test_images())
    return {
        "anagram": {
            "pairs": pairs,
            "mean": sum(pairs.values()) / len(pairs),
            "half": sum(share >= 0.5 for share in pairs.values()),
        },
        "inpaint": table["inpaint"],
        "hybrid": table["hybrid"],
        "test_accuracy": float((read == mnist("test").labels).float().mean()),
        **settings,
    }
