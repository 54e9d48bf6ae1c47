"""The figures of the page on visual anagrams."""

from __future__ import annotations

from functools import cache

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.animations import turning
from ddpm.devices import fast_arithmetic
from ddpm.loading import load
from ddpm.techniques.anagrams import ANAGRAM_GUIDANCE, draw_anagram, surest
from ddpm.techniques.views import through, view
from scripts.pages.anagrams.measurements import EACH
from scripts.workshop.judge import judge
from scripts.workshop.records import read_json
from scripts.workshop.registry import figure

NAMES = [str(digit) for digit in range(10)]


def best(labels: tuple[int, ...], views: tuple[str, ...], out_of: int = 8, seed: int = 0) -> Tensor:
    """The image, of `out_of`, that the classifier is most certain of in all views: (1, 28, 28)."""
    model = load("digits")
    with fast_arithmetic(model.device):
        images = draw_anagram(model, labels, views, n=out_of, seed=seed)
    return surest(images, [torch.full((out_of,), y) for y in labels], views, out_of, judge())[0]


GALLERY = ((6, 9), (4, 7), (3, 8), (5, 2), (0, 2), (3, 6), (5, 9), (4, 8), (7, 2), (6, 7))
"""The pairs of the gallery, each turned by half a turn."""


@cache
def gallery() -> Tensor:
    """The best of eight for each pair: (10, 1, 28, 28)."""
    return torch.stack([best(pair, ("identity", "rotate_180")) for pair in GALLERY])


@figure(
    "anagram-gallery",
    "anagrams",
    caption="Ten images, upright and turned. The classifier that chose them accepts more than your"
    " eyes do: see 0 / 2, 4 / 8 and 7 / 2.",
    made=f"The model `digits`, guidance {ANAGRAM_GUIDANCE:g}; of eight images a pair, the one that"
    " the classifier is most certain of in both views.",
    alt="Two rows of ten images. The lower row is the upper one turned by half a turn: 6 becomes 9,"
    " 3 becomes 8, 5 becomes 2, 6 becomes 7; in some the second digit is hard to see.",
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
    caption="Ten images as they turn, each sampled to be one digit upright and another one upside"
    " down.",
    made="The gallery's images, each turned about its middle.",
    alt="Ten digits in two rows turn slowly by half a turn, stop as other digits, and turn on.",
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
"""Views, each with the digits to see without it and through it."""

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
    made="Of eight images each, the one that the classifier is most certain of in both views.",
    alt="Nine rows of two cells: an image, and the same image flipped, turned, transposed, as a"
    " negative, and cut into sixteen patches that have changed places. In about half of the flipped"
    " and transposed images you can see the second digit. The turned 3 is a ring with a zigzag. The"
    " negative is the same 1 in both cells. The patches are a few specks.",
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
"""The digits to see through three views at once."""


@figure(
    "anagram-three",
    "anagrams",
    caption="Four images, each sampled to be three digits through three views.",
    made="Of sixteen images each, the one that the classifier is most certain of in all three"
    " views.",
    alt="Four rows of three cells, which show one image through three views. The requested digits"
    " are beside each row.",
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
"""Pairs that often fail by half a turn."""


@figure(
    "anagram-failures",
    "anagrams",
    caption="Pairs that often fail: you see one of the two digits, or neither.",
    made="The first two images of each pair, nothing picked, upright above and turned below.",
    alt="Two rows of ten images. Most are shapes between the two digits, or separate strokes.",
    models=("digits",),
    settings={"seed": 0, "pairs": [f"{a}{b}" for a, b in HARD]},
)
def anagram_failures() -> Image.Image:
    """Hard pairs."""
    model, views = load("digits"), ("identity", "rotate_180")
    images = torch.cat([draw_anagram(model, pair, views, n=2, seed=0) for pair in HARD])
    lines = torch.stack([images[:, 0], through(images, view("rotate_180"))[:, 0]])
    columns = [f"{a} / {b}" for a, b in HARD for _ in range(2)]
    return viz.sheet(lines, rows=["upright", "half-turn"], columns=columns)


@figure(
    "anagram-matrix",
    "anagrams",
    caption="The percentage of images in which the classifier recognises the row's digit upright"
    " and the column's digit after half a turn.",
    made=f"For each pair {EACH} images, 25 ancestral steps, guidance {ANAGRAM_GUIDANCE:g}.",
    alt="A ten by ten table of percentages, symmetric about its diagonal.",
    results=("anagrams",),
)
def anagram_matrix() -> Plot:
    """The half-turn's matrix."""
    values = torch.tensor(read_json("anagrams")["views"]["rotate_180"]["matrix"])
    return viz.matrix(values, NAMES, NAMES, "upright", "after half a turn")
