"""Draws digits that are others when turned: `python -m scripts.anagram --labels 6 9`.

`.png` is a sheet of the images and of what they are through each further view, `.gif` turns them
(for rotations; other views are shown in turn), `.npz` holds the arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import tyro
from matplotlib.figure import Figure as Plot
from PIL import Image
from PIL.Image import Resampling
from torch import Tensor

from ddpm import viz
from ddpm.commands.program import run
from ddpm.commands.shared import (
    SAMPLING,
    Sampling,
    check_out,
    one_label,
    write_frames,
    write_images,
)
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.techniques.anagrams import ANAGRAM_GUIDANCE, View, view
from ddpm.techniques.anagrams import draw_anagram as draw
from scripts.workshop.judge import judge, rows
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, digest_of, figure, measurement

NAMES = [str(digit) for digit in range(10)]
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


def through(images: Tensor, chosen: View) -> Tensor:
    """Images in [0, 1] as seen through a view, which acts on a range that is even about 0."""
    return (chosen.apply(images * 2 - 1) + 1) / 2


def anagram(
    labels: tuple[str, ...] = ("6", "9"),
    view_: Annotated[tuple[str, ...], tyro.conf.arg(name="view")] = ("rotate_180",),
    candidates: int | None = None,
    sampling: Annotated[Sampling, tyro.conf.arg(name="")] = SAMPLING,
    out: Path = Path("anagram.png"),
) -> None:
    """Draws images that are one digit as they are and others through other views.

    Args:
        labels: what is to be seen: upright first, then through each view.
        view_: identity, rotate_180, flip_vertical, flip_horizontal, rotate_90, transpose, negation
            or patches:SEED; one fewer than labels, or as many if the first is not to be upright.
        candidates: how many to draw for each image; the one that the bundled classifier is surest
            of through all views is kept. 4 for digits by default, 1 for a model of other things.
        out: .png for a sheet, .gif to see them turn, .npz for the arrays.
    """
    check_out(out)
    views = view_ if len(view_) == len(labels) else ("identity", *view_)
    chosen = [view(name) for name in views]
    if len(labels) != len(views):
        raise ValueError(f"give a view for each further label, not {len(labels)} and {len(view_)}")
    model = sampling.load()
    wanted = [one_label(label, model) for label in labels]
    usual = 1 if model.recipe.names else CANDIDATES
    of = usual if candidates is None else candidates
    if of < 1 or (of > 1 and model.recipe.names):
        raise ValueError(f"--candidates must be 1, or more for a model of digits, not {of}")
    images = draw(model, wanted, views, sampling.each * of, **sampling.how())
    if of > 1:
        labels_each = [torch.full((len(images),), y) for y in wanted if y is not None]
        images = surest(images, labels_each, views, of)
    seen = [through(images, v)[:, 0] for v in chosen]
    if out.suffix.lower() == ".gif":
        write_frames(out, turning(images, chosen[-1]))
    else:
        lines = torch.cat([viz.as_grid(part[:, None], min(10, len(images))) for part in seen])
        each = len(lines) // len(views)
        names = [name for name, text in zip(views, labels, strict=True) for _ in range(each)]
        first = torch.full((len(images),), -1 if wanted[0] is None else wanted[0])
        write_images(out, images, first, viz.sheet(lines, rows=names))
    print(f"{out}: {len(images)} images, {' / '.join(labels)} through {' / '.join(views)}")


# --8<-- [start:turning]
def turning(images: Tensor, chosen: View, frames: int = 14, rest: int = 9) -> list[Image.Image]:
    """A GIF's frames: rotations turn there and on, other views change places with the image."""
    full = {"rotate_180": 180.0, "rotate_90": 90.0}.get(chosen.name)
    if full is None:
        pair = [viz.sheet(viz.as_grid(x), scale=4) for x in (images, through(images, chosen))]
        return [pair[0]] * rest + [pair[1]] * rest + [pair[0]]
    there = [full * (1 - math.cos(math.pi * k / frames)) / 2 for k in range(1, frames)]
    back = [full + angle for angle in there] if full == 180 else there[::-1]
    angles = [0.0] * rest + there + [full] * rest + back + [0.0]
    return [turned(images, angle) for angle in angles]


def turned(images: Tensor, angle: float, scale: int = 4) -> Image.Image:
    """A sheet of images, each turned counterclockwise about its middle."""
    parts = []
    across = len(images) if len(images) < 6 else min(10, (len(images) + 1) // 2)
    for pixels in (images[:, 0] * 255).byte().numpy():
        large = Image.fromarray(pixels.repeat(scale, 0).repeat(scale, 1))
        parts.append(torch.from_numpy(np.array(large.rotate(angle, Resampling.BILINEAR))))
    return viz.sheet(viz.as_grid(torch.stack(parts)[:, None].float() / 255, across), scale=1)
    # --8<-- [end:turning]


CANDIDATES = 4
"""How many images the script draws for each that it shows."""


# --8<-- [start:surest]
def surest(images: Tensor, labels: list[Tensor], views: Sequence[str], of: int) -> Tensor:
    """Of each `of` images in a row, the one that the classifier is surest of in its worst view.

    Args:
        images: (N * of, 1, 28, 28) in [0, 1].
        labels: what each image is to be seen as, for each view: (N * of,).
        views: as many views, by name.

    Returns:
        (N, 1, 28, 28).
    """
    sure = []
    for wanted, name in zip(labels, views, strict=True):
        with torch.no_grad():
            shares = torch.cat([judge()(part) for part in through(images, view(name)).split(500)])
        sure.append(shares.softmax(1).gather(1, wanted[:, None])[:, 0])
    best = torch.stack(sure).min(0).values.unflatten(0, (-1, of)).argmax(1)
    return images.unflatten(0, (-1, of))[torch.arange(len(best)), best]
    # --8<-- [end:surest]


def both_right(images: Tensor, labels: list[Tensor], views: list[str]) -> Tensor:
    """Whether each image is read as its label through every view: bool (N,)."""
    right = [
        judge().read(through(images, view(v))) == y for y, v in zip(labels, views, strict=True)
    ]
    return torch.stack(right).all(0)


EACH = 32
"""Images a pair of labels."""


def of_pairs(
    pairs: list[tuple[int, int]], name: str, each: int, **how: Any
) -> tuple[Tensor, list[Tensor]]:
    """Images that are to be a pair's first digit and, through a view, its second: `each` a pair.

    Returns:
        (len(pairs) * each, 1, 28, 28), and the two labels of every image.
    """
    labels = [torch.tensor(side).repeat_interleave(each) for side in zip(*pairs, strict=True)]
    with fast_arithmetic(default_device()):
        images = draw(load("digits"), labels, ["identity", name], n=len(labels[0]), **how)
    return images, labels


def one_row(first: int, name: str, each: int) -> dict[str, Any]:
    """The share of images that are both digits, for one first digit and every second one.

    An image that turns from a to b is, turned, one from b to a: where a view undoes itself, only
    pairs with b >= a are drawn.
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
    """How often each pair of digits is read right both ways, for every view."""
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
    "guidance 10": {"guidance": 10.0},
    "guidance 14": {"guidance": 14.0},
    "guidance 20": {"guidance": 20.0},
    "guidance 10, 50 steps": {"guidance": 10.0, "steps": 50},
    "guidance 10, each five steps twice": {"guidance": 10.0, "repeats": 2},
    "guidance 10, DDIM": {"guidance": 10.0, "sampler": "ddim"},
    "guidance 10, the surest of 2": {"guidance": 10.0, "of": 2},
    "guidance 10, the surest of 4": {"guidance": 10.0, "of": 4},
}
"""What was tried for the half-turn."""


def one_trial(each: int, **how: Any) -> dict[str, float]:
    """All pairs of the half-turn, drawn in one of the ways that were tried."""
    pairs = [(a, b) for a in range(10) for b in range(a, 10)]
    of = how.pop("of", 1)
    images, labels = of_pairs(pairs, "rotate_180", each * of, seed=SEED + 2, **how)
    views = ["identity", "rotate_180"]
    images, labels = surest(images, labels, views, of), [y[::of] for y in labels]
    right = both_right(images, labels, views).float().unflatten(0, (-1, each)).mean(1)
    table: dict[str, dict[str, float]] = {str(a): {} for a, _ in pairs}
    for (a, b), share in zip(pairs, right.tolist(), strict=True):
        table[str(a)][str(b)] = share
    return totals(as_matrix(table))


@measurement
def anagram_trials(quick: bool) -> dict[str, Any]:
    """Half-turn anagrams with other guidance, more steps and resampling."""
    each = 1 if quick else EACH // 4
    settings = {"weights": digest_of("weights/digits.safetensors"), "each": each}
    chosen = [*TRIALS][:1] if quick else [*TRIALS]
    jobs = {name: partial(one_trial, each, **TRIALS[name]) for name in chosen}
    name = "anagram_trials-quick" if quick else "anagram_trials"
    return {"rows": rows(name, settings, jobs), **settings}


def best(labels: tuple[int, ...], views: tuple[str, ...], out_of: int = 8, seed: int = 0) -> Tensor:
    """Of so many images, the one that the classifier is surest of in all views: (1, 28, 28)."""
    images = draw(load("digits"), labels, views, n=out_of, seed=seed)
    return surest(images, [torch.full((out_of,), y) for y in labels], views, out_of)[0]


GALLERY = ((6, 9), (4, 7), (3, 8), (5, 2), (0, 2), (3, 6), (5, 9), (4, 8), (7, 2), (6, 7))
"""The pairs of the gallery, each turned by half a turn."""


@cache
def gallery() -> Tensor:
    """The best of eight for each pair: (10, 1, 28, 28)."""
    return torch.stack([best(pair, ("identity", "rotate_180")) for pair in GALLERY])


@figure(
    "anagram-gallery",
    "anagrams",
    caption="The same ten images at rest. The classifier that chose them is easier to please than"
    " the eye: see 0 / 2 and 4 / 8.",
    made=f"The model `digits`, guidance {ANAGRAM_GUIDANCE:g}; of eight images a pair, the one that"
    " the classifier is surest of both ways.",
    alt="Two rows of ten images. The lower row is the upper one turned by half a turn: 6 becomes 9,"
    " 5 becomes 2, 7 becomes 2, 6 becomes 7; in some the second digit is hard to see.",
    models=("digits",),
    settings={"seed": 0, "pairs": [f"{a}{b}" for a, b in GALLERY]},
)
def anagram_gallery() -> Image.Image:
    """The gallery, upright and turned."""
    images = gallery()
    lines = torch.stack([images[:, 0], through(images, view("rotate_180"))[:, 0]])
    columns = [f"{a} / {b}" for a, b in GALLERY]
    return viz.sheet(lines, rows=["upright", "half-turn"], columns=columns)


@figure(
    "anagram-turning",
    "anagrams",
    caption="Ten images, each asked to be one digit upright and another upside down, turning.",
    made="The gallery's images, each turned about its middle.",
    alt="Ten digits in two rows turn slowly by half a turn, rest as other digits, and turn on.",
    models=("digits",),
    settings={"seed": 0, "pairs": [f"{a}{b}" for a, b in GALLERY]},
    milliseconds=70,
    levels=12,
    still=0,
)
def anagram_turning() -> list[Image.Image]:
    """The gallery as a GIF."""
    return turning(gallery(), view("rotate_180"))


EXAMPLES = (
    ("flip_vertical", 2, 5),
    ("flip_vertical", 4, 7),
    ("flip_vertical", 0, 9),
    ("flip_vertical", 7, 2),
    ("flip_horizontal", 2, 5),
    ("rotate_90", 3, 0),
    ("transpose", 7, 2),
    ("negation", 1, 8),
    ("patches:0", 1, 7),
)
"""A view and what is to be seen without and through it."""

SHORT = {
    "flip_vertical": "flip ↕",
    "flip_horizontal": "flip ↔",
    "rotate_90": "turn 90°",
    "transpose": "transpose",
    "negation": "negative",
    "patches:0": "patches",
}


@figure(
    "anagram-views",
    "anagrams",
    caption="Images for six other views: on the left as they are, on the right through the view.",
    made="Of eight images each, the one that the classifier is surest of both ways.",
    alt="Nine rows of two cells: an image, and the same flipped, turned, transposed, as a negative,"
    " and cut into sixteen patches that have changed places. Most of the flipped and the"
    " transposed can be read as the second digit; the turned 3 is a ring with a zigzag; the last"
    " two are no digits.",
    models=("digits",),
    settings={"seed": 0, "views": [f"{name} {a}{b}" for name, a, b in EXAMPLES]},
)
def anagram_views() -> Image.Image:
    """An example of every other view."""
    images = [best((a, b), ("identity", name)) for name, a, b in EXAMPLES]
    seen = [
        through(image[None], view(name))[0, 0]
        for image, (name, *_) in zip(images, EXAMPLES, strict=True)
    ]
    lines = torch.stack([torch.stack([image[0] for image in images]), torch.stack(seen)], dim=1)
    names = [f"{SHORT[name]}, {a} / {b}" for name, a, b in EXAMPLES]
    return viz.sheet(lines, rows=names, columns=["plain", "seen"])


TRIPLES = (
    ((2, 2, 5), ("identity", "rotate_180", "flip_horizontal")),
    ((5, 5, 2), ("identity", "rotate_180", "flip_vertical")),
    ((6, 9, 0), ("identity", "rotate_180", "rotate_90")),
    ((4, 7, 2), ("identity", "rotate_180", "flip_horizontal")),
)
"""What is to be seen through three views at once."""


@figure(
    "anagram-three",
    "anagrams",
    caption="Four images, each asked to be three things through three views.",
    made="Of sixteen images each, the one that the classifier is surest of in all three views.",
    alt="Four rows of three cells, which show one image through three views; the digits asked for"
    " stand beside each row.",
    models=("digits",),
    settings={"seed": 0, "triples": ["".join(map(str, labels)) for labels, _ in TRIPLES]},
)
def anagram_three() -> Image.Image:
    """Three views at once."""
    lines, names = [], []
    for labels, views in TRIPLES:
        image = best(labels, views, out_of=16)
        lines.append(torch.stack([through(image[None], view(name))[0, 0] for name in views]))
        names.append(" / ".join(map(str, labels)))
    return viz.sheet(torch.stack(lines), rows=names, scale=4)


HARD = ((1, 0), (1, 7), (7, 7), (0, 5), (8, 7))
"""Pairs that seldom succeed by half a turn."""


@figure(
    "anagram-failures",
    "anagrams",
    caption="Pairs that mostly fail: one of the two wins, or neither does.",
    made="The first two images of each pair, nothing picked, upright above and turned below.",
    alt="Two rows of ten images. Most are shapes between the two digits, or separate strokes.",
    models=("digits",),
    settings={"seed": 0, "pairs": [f"{a}{b}" for a, b in HARD]},
)
def anagram_failures() -> Image.Image:
    """Hard pairs."""
    model, views = load("digits"), ("identity", "rotate_180")
    images = torch.cat([draw(model, pair, views, n=2, seed=0) for pair in HARD])
    lines = torch.stack([images[:, 0], through(images, view("rotate_180"))[:, 0]])
    columns = [f"{a} / {b}" for a, b in HARD for _ in range(2)]
    return viz.sheet(lines, rows=["upright", "half-turn"], columns=columns)


@figure(
    "anagram-matrix",
    "anagrams",
    caption="How many of a hundred images are read as the row's digit upright and as the column's"
    " after half a turn.",
    made=f"Of each pair {EACH} images, 25 ancestral steps, guidance {ANAGRAM_GUIDANCE:g}; read by"
    " the classifier.",
    alt="A ten by ten table of percentages, symmetric about its diagonal.",
    results=("anagrams",),
)
def anagram_matrix() -> Plot:
    """The half-turn's matrix."""
    values = torch.tensor(read_json("anagrams")["views"]["rotate_180"]["matrix"])
    return viz.matrix(values, NAMES, NAMES, "upright", "after half a turn")


if __name__ == "__main__":
    run(anagram)
