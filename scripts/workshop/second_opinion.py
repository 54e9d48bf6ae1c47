"""Edited images and illusions, judged by a classifier that was never used to choose anything."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from ddpm.classifiers import Classifier
from ddpm.data import as_images, bundled, mnist
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.masks import MASKS
from ddpm.techniques.anagrams import CANDIDATES, surest
from ddpm.techniques.hybrids import draw_hybrid
from ddpm.techniques.inpainting import inpaint
from ddpm.techniques.views import through, view
from scripts.pages.anagrams.measurements import as_matrix, of_pairs, totals
from scripts.pages.hybrids.measurements import from_afar, from_near, off_diagonal
from scripts.workshop.judge import judge, rows, second_classifier, test_images
from scripts.workshop.registry import SEED, digest_of, measurement

EACH = 64
"""Images for each setting."""


@cache
def second(epochs: int) -> Classifier:
    """The second classifier, trained once."""
    return second_classifier(epochs)


def half_turns(first: int, each: int, epochs: int) -> dict[str, Any]:
    """For one digit upright and every further one turned, the share recognised both ways.

    Returns:
        By the second digit: of the command's images, each chosen from `CANDIDATES` by the bundled
        classifier, and of all of these.
    """
    pairs, half_turn = [(first, b) for b in range(first, 10)], view("rotate_180")
    count, where = each * CANDIDATES, 10_000 * first
    images, labels = of_pairs(pairs, half_turn.name, count, seed=SEED + 1, first=where)
    chosen = surest(images, labels, ["identity", half_turn.name], CANDIDATES, judge())
    result = {}
    for name, shown, of in (("chosen", chosen, CANDIDATES), ("all", images, 1)):
        upright, turned = (second(epochs).read(x) for x in (shown, through(shown, half_turn)))
        right = (upright == labels[0][::of]) & (turned == labels[1][::of])
        shares = right.float().unflatten(0, (len(pairs), -1)).mean(1).tolist()
        result[name] = {str(b): share for (_, b), share in zip(pairs, shares, strict=True)}
    return result


def over_pairs(table: dict[str, dict[str, Any]], which: str) -> dict[str, Any]:
    """All hundred pairs of the half-turn: the share of each, and the totals."""
    values = as_matrix({str(a): table[f"anagram {a}"][which] for a in range(10)})
    pairs = {f"{a}{b}": float(values[a, b]) for a in range(10) for b in range(10)}
    return {"pairs": pairs, **totals(values)}


def lower_halves(count: int, epochs: int) -> dict[str, float]:
    """Held-out digits whose lower half is filled in with their label."""
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


def test_accuracy(epochs: int) -> float:
    """The share of the test digits that the second classifier recognises."""
    return float((second(epochs).read(test_images()) == mnist("test").labels).float().mean())


@measurement
def second_opinion(quick: bool) -> dict[str, Any]:
    """Half-turn anagrams and hybrids at the defaults, by a second classifier."""
    each, epochs = (1, 1) if quick else (EACH, 6)
    settings = {"weights": digest_of("weights/digits.safetensors"), "each": each}
    jobs: dict[str, Any] = {f"anagram {a}": partial(half_turns, a, each, epochs) for a in range(10)}
    jobs["hybrid"] = partial(both_distances, 9 if quick else 90, epochs)
    table = rows("second_opinion-quick" if quick else "second_opinion", settings, jobs)
    return {
        "anagram": over_pairs(table, "chosen"),
        "every_anagram": over_pairs(table, "all"),
        "candidates": CANDIDATES,
        "hybrid": table["hybrid"],
        "test_accuracy": test_accuracy(epochs),
        **settings,
    }


@measurement
def second_inpainting(quick: bool) -> dict[str, Any]:
    """Lower halves that inpainting fills in at its defaults, by a second classifier."""
    epochs = 1 if quick else 6
    return {
        **lower_halves(50 if quick else 500, epochs),
        "test_accuracy": test_accuracy(epochs),
        "weights": digest_of("weights/digits.safetensors"),
    }
