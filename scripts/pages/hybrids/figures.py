"""The figures of the page on hybrid images."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from ddpm import viz
from ddpm.animations import receding
from ddpm.loading import load
from ddpm.techniques.hybrids import draw_hybrid
from scripts.pages.hybrids.measurements import DESIGNS, EACH, from_afar, from_near, off_diagonal
from scripts.workshop.records import read_json
from scripts.workshop.registry import figure

NAMES = [str(digit) for digit in range(10)]

GALLERY = ((3, 8), (7, 4), (5, 2), (2, 5), (6, 2), (9, 3))
"""Far and near digits of the gallery."""


@cache
def gallery() -> Tensor:
    """One image for each pair, not picked: (6, 1, 112, 112)."""
    far, near = zip(*GALLERY, strict=True)
    return draw_hybrid(load("digits"), list(far), list(near), len(GALLERY), seed=1)


WORDS: dict[str, Any] = {
    "models": ("digits",),
    "settings": {"seed": 1, "pairs": [f"{a}{b}" for a, b in GALLERY]},
}


@figure(
    "hybrid-gallery",
    "hybrids",
    caption="Six canvases of sixteen digits each. From a distance, each should be one other digit:"
    " step back, or half close your eyes.",
    made="The model `digits`, guidance 4, 25 ancestral steps on canvases of 112x112; nothing"
    " picked.",
    alt="Six canvases. Each has sixteen copies of a digit in four rows. Some of them are bold and"
    " bright, and together these form one large other digit. The 5 and the 6 made of 2s are"
    " broken.",
    **WORDS,
)
def hybrid_gallery() -> Image.Image:
    """The gallery at full size."""
    lines = viz.as_grid(gallery(), 3)
    return viz.sheet(lines, scale=2)


@figure(
    "hybrid-receding",
    "hybrids",
    caption="Six canvases that move away and come back: up close you see small digits, from a"
    " distance one large digit.",
    made="The images of the gallery, reduced by averaging, as the eye does.",
    alt="Six canvases of small digits shrink until their bold strokes are what is seen, in most"
    " of them one large digit, and grow again.",
    milliseconds=120,
    levels=8,
    still=0,
    **WORDS,
)
def hybrid_receding() -> list[Image.Image]:
    """The gallery as a GIF."""
    return receding(gallery())


@figure(
    "hybrid-readings",
    "hybrids",
    caption="What the classifier sees of a canvas: the whole from a distance, and four of its tiles"
    " with their details alone.",
    made="The images of the gallery, treated as for the scores.",
    alt="Six rows. Each has a blurred large digit, then four tiles. Tiles away from the far strokes"
    " are outlines of the near digit, tiles on them are often grey blocks.",
    **WORDS,
)
def hybrid_readings() -> Image.Image:
    """The images that the classifier gets."""
    afar = from_afar(gallery())[:, 0]
    tiles = from_near(gallery())[:, 0].unflatten(0, (len(GALLERY), -1))[:, [0, 5, 10, 15]]
    names = [f"{a}, {b}" for a, b in GALLERY]
    columns = ["far", *["near"] * 4]
    return viz.sheet(torch.cat([afar[:, None], tiles], dim=1), rows=names, columns=columns)


SMALL = ("gaussian 0.7", "gaussian 1.25", "gaussian 2", "moving 0.5 to 2.5")


@figure(
    "hybrid-small",
    "hybrids",
    caption="On 28x28 pixels the split fails: a narrow blur leaves only the far digit, a wide one"
    " only the near digit. Between them you usually see one of the two, and less often both.",
    made="One image for each pair and design, the same noise down each column, nothing picked.",
    alt="Four rows of ten small images. Those of the first row are nearly all the far digits, those"
    " of the third mostly the near ones; the second and fourth mix clear digits with broken ones.",
    models=("digits",),
    settings={"seed": 0, "designs": list(SMALL)},
)
def hybrid_small() -> Image.Image:
    """The designs that stay at 28x28."""
    far, near = off_diagonal(10)
    lines = [
        draw_hybrid(load("digits"), far.tolist(), near.tolist(), 10, seed=0, **DESIGNS[name])[:, 0]
        for name in SMALL
    ]
    columns = [f"{a} / {b}" for a, b in zip(far.tolist(), near.tolist(), strict=True)]
    return viz.sheet(torch.stack(lines), rows=list(SMALL), columns=columns, across="far / near")


WIDE = (56, 84)
"""Pixels a side of the canvases that the network itself is shown."""


@figure(
    "wide-canvas",
    "hybrids",
    caption="A 3, a 6 and an 8 on canvases two and three times as large as the training images:"
    " strokes and fragments, some digits of the usual size, but none that fills the canvas.",
    made="The model `digits` with guidance 2, 25 ancestral steps, nothing picked.",
    alt="Two rows of three canvases. In the upper row curved strokes and some digits of the usual"
    " size; in the lower one broken strokes and specks.",
    models=("digits",),
    settings={"seed": 0, "sizes": list(WIDE), "guidance": 2.0},
)
def wide_canvas() -> Image.Image:
    """Canvases larger than the network's images."""
    model, lines = load("digits"), []
    eps_fn = model.eps_fn([3, 6, 8], 2.0)
    for size in WIDE:
        states = model.states(3, sampler="ancestral", eps_fn=eps_fn, size=size)
        images = model.last_images(states)
        lines.append(F.pad(images, (0, WIDE[-1] - size) * 2, value=viz.CARD / 255)[:, 0])
    return viz.sheet(torch.stack(lines), rows=[f"{s}x{s}" for s in WIDE], columns=["3", "6", "8"])


@figure(
    "hybrid-matrix",
    "hybrids",
    caption="The percentage of canvases in which the classifier recognises the row's digit from a"
    " distance and the column's digit up close.",
    made=f"For each pair {EACH} canvases by the default design.",
    alt="A ten by ten table of percentages: far digits down, near digits across.",
    results=("hybrids",),
)
def hybrid_matrix() -> Plot:
    """The matrix of the default design."""
    values = torch.tensor(read_json("hybrids")["matrix"])
    return viz.matrix(values, NAMES, NAMES, "from a distance", "up close")
