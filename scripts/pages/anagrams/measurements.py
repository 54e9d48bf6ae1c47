"""The measurements of the page on visual anagrams."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.techniques.anagrams import ANAGRAM_GUIDANCE, draw_anagram, surest
from ddpm.techniques.views import through, view
from scripts.workshop.judge import judge, rows
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, digest_of, measurement

VIEWS = (
    "rotate_180",
    "flip_vertical",
    "flip_horizontal",
    "rotate_90",
    "transpose",
    "negation",
    "patches:0",
)
"""The second views whose matrices are measured."""


def both_right(images: Tensor, labels: list[Tensor], views: list[str]) -> Tensor:
    """Whether each image is recognised as its label through every view: bool (N,)."""
    right = [
        judge().read(through(images, view(v))) == y for y, v in zip(labels, views, strict=True)
    ]
    return torch.stack(right).all(0)


EACH = 32
"""Images for each pair of labels."""

PAIRS = 55
"""Unordered pairs of digits, those of a digit with itself included."""


def of_pairs(
    pairs: list[tuple[int, int]], name: str, each: int, **how: Any
) -> tuple[Tensor, list[Tensor]]:
    """Samples images of a pair's first digit that show its second through a view: `each` per pair.

    Returns:
        (len(pairs) * each, 1, 28, 28), and the two labels of every image.
    """
    labels = [torch.tensor(side).repeat_interleave(each) for side in zip(*pairs, strict=True)]
    with fast_arithmetic(default_device()):
        images = draw_anagram(load("digits"), labels, ["identity", name], n=len(labels[0]), **how)
    return images, labels


def one_row(first: int, name: str, each: int) -> dict[str, Any]:
    """The share of images that are both digits, for one first digit and every second one.

    An image that turns from a to b is, when turned, one from b to a. So if a view is its own
    inverse, only pairs with b >= a are sampled.
    """
    itself = view(name).undo is view(name).apply
    pairs = [(first, b) for b in range(first if itself else 0, 10)]
    images, labels = of_pairs(pairs, name, each, seed=SEED, first=1000 * first)
    right = both_right(images, labels, ["identity", name]).float().unflatten(0, (-1, each)).mean(1)
    return {str(b): share for (_, b), share in zip(pairs, right.tolist(), strict=True)}


def as_matrix(table: dict[str, dict[str, float]]) -> Tensor:
    """Rows that hold only b >= a are completed by symmetry: (10, 10)."""
    values = torch.full((10, 10), torch.nan)
    for a, line in table.items():
        for b, share in line.items():
            values[int(a), int(b)] = share
    return values.where(~values.isnan(), values.T)


def totals(values: Tensor) -> dict[str, float]:
    """The mean share of all pairs, and how many pairs reach one half."""
    return {"mean": float(values.mean()), "half": int((values >= 0.5).sum())}


@measurement
def anagrams(quick: bool) -> dict[str, Any]:
    """How often both digits of each pair are recognised, for every view."""
    each = 2 if quick else EACH
    settings = {
        "weights": digest_of("weights/digits.safetensors"),
        "each": each,
        "guidance": ANAGRAM_GUIDANCE,
    }
    views = VIEWS[:1] if quick else VIEWS
    jobs = {f"{v}/{a}": partial(one_row, a, v, each) for v in views for a in range(10)}
    table = rows("anagrams-quick" if quick else "anagrams", settings, jobs)
    result: dict[str, Any] = {}
    for name in views:
        values = as_matrix({str(a): table[f"{name}/{a}"] for a in range(10)})
        off = values[~torch.eye(10, dtype=torch.bool)]
        result[name] = {
            "matrix": values.tolist(),
            "off_diagonal": float(off.mean()),
            **totals(values),
            "of": int(values.numel()),
        }
    return {"views": result, **settings}


TRIALS: dict[str, dict[str, Any]] = {
    "guidance 4": {"guidance": 4.0},
    "guidance 6": {"guidance": 6.0},
    "guidance 14": {"guidance": 14.0},
    "guidance 20": {"guidance": 20.0},
    "guidance 10, 50 steps": {"guidance": 10.0, "steps": 50},
    "guidance 10, each five steps twice": {"guidance": 10.0, "repeats": 2},
    "guidance 10, DDIM": {"guidance": 10.0, "sampler": "ddim"},
    "guidance 10, the surest of 2": {"guidance": 10.0, "of": 2},
    "guidance 10, the surest of 4": {"guidance": 10.0, "of": 4},
}
"""What was tried for the half-turn."""


TRIED = 20
"""Images for each pair in each of these ways; `anagrams` has sampled guidance 10 already."""


def one_trial(each: int, **how: Any) -> dict[str, float]:
    """The mean share over all pairs of the half-turn, sampled in one of the ways.

    The number of pairs that reach one half is left out: it depends on the images for each pair.
    """
    pairs = [(a, b) for a in range(10) for b in range(a, 10)]
    of = how.pop("of", 1)
    images, labels = of_pairs(pairs, "rotate_180", each * of, seed=SEED + 2, **how)
    views = ["identity", "rotate_180"]
    images, labels = surest(images, labels, views, of, judge()), [y[::of] for y in labels]
    right = both_right(images, labels, views).float().unflatten(0, (-1, each)).mean(1)
    table: dict[str, dict[str, float]] = {str(a): {} for a, _ in pairs}
    for (a, b), share in zip(pairs, right.tolist(), strict=True):
        table[str(a)][str(b)] = share
    return {"mean": totals(as_matrix(table))["mean"], "images": len(pairs) * each}


@measurement
def anagram_trials(quick: bool) -> dict[str, Any]:
    """Half-turn anagrams with other guidance, more steps and resampling."""
    each = 1 if quick else TRIED
    settings = {"weights": digest_of("weights/digits.safetensors"), "each": each}
    chosen = [*TRIALS][:1] if quick else [*TRIALS]
    jobs = {name: partial(one_trial, each, **TRIALS[name]) for name in chosen}
    name = "anagram_trials-quick" if quick else "anagram_trials"
    known = read_json("anagrams")
    measured = {
        f"guidance {known['guidance']:g}": {
            "mean": known["views"]["rotate_180"]["mean"],
            "images": PAIRS * known["each"],
        }
    }
    return {"rows": {**measured, **rows(name, settings, jobs)}, **settings}
