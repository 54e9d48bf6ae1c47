"""Pictures that are no digits through SDEdit: a photograph, an icon, a pen on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from matplotlib.cbook import get_sample_data
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from torch import Tensor

from ddpm import viz
from ddpm.images import bring
from ddpm.reader import read_image
from scripts.pages.sdedit.figures import HEADS, MADE, WORDS, ladder
from scripts.workshop.registry import figure

SHOWN = 3
"""Screen pixels for a pixel of the network's; the pictures are shown in cells as large."""


def photograph() -> Image.Image:
    """A portrait of Grace Hopper, by the U.S. Navy and in the public domain; matplotlib has it."""
    path = get_sample_data("grace_hopper.jpg", asfileobj=False)
    return read_image(Path(str(path)))


def icon() -> Image.Image:
    """An umbrella in flat colours, as icons on the web are: (256, 256) in grey."""
    card = Image.new("RGB", (256, 256), "white")
    pen = ImageDraw.Draw(card)
    pen.pieslice((28, 40, 228, 240), 180, 360, fill="#c0392b")
    for x in (28, 95, 161):
        pen.ellipse((x, 122, x + 67, 158), fill="white")
    pen.line((128, 40, 128, 206), fill="#2c3e50", width=10)
    pen.arc((92, 182, 133, 226), 0, 180, fill="#2c3e50", width=10)
    return card.convert("L")


def pen_drawing() -> Image.Image:
    """A fish, as a scan of a pen on ruled paper would show it: (420, 300) in grey.

    The hand trembles, the lines of the paper are there, and one side of it lies in a shadow.
    """
    generator = np.random.default_rng(0)
    turn = np.linspace(0, 2 * np.pi, 120)
    body = np.stack([185 + 105 * np.cos(turn), 150 + 58 * np.sin(turn)], axis=1)
    tail = np.array([[286, 138], [352, 92], [340, 150], [356, 206], [286, 164]], float)
    mouth = np.array([[82, 156], [104, 160], [116, 154]], float)
    paper = Image.new("L", (420, 300), 238)
    pen = ImageDraw.Draw(paper)
    for y in range(30, 300, 36):
        pen.line((0, y, 420, y + 2), fill=205, width=1)
    for line in (body, tail, mouth):
        shaken = line + np.cumsum(generator.normal(0, 0.35, line.shape), axis=0)
        pen.line([tuple(point) for point in shaken], fill=52, width=6, joint="curve")
    pen.ellipse((122, 124, 134, 136), fill=52)
    pixels = np.asarray(paper.filter(ImageFilter.GaussianBlur(1)), np.float32)
    shadow = np.linspace(1.0, 0.72, 420)[None, :]
    grain = generator.normal(0, 3, pixels.shape)
    return Image.fromarray((pixels * shadow + grain).clip(0, 255).astype(np.uint8))


PICTURES = {"photograph": photograph, "icon": icon, "pen drawing": pen_drawing}


def enlarged(images: Tensor) -> Tensor:
    """Images (..., 28, 28) with each pixel as a square of `SHOWN` pixels."""
    return images.repeat_interleave(SHOWN, -1).repeat_interleave(SHOWN, -2)


def as_cell(picture: Image.Image) -> Tensor:
    """A picture of any size, whole, in a cell as large as an enlarged image: (84, 84)."""
    side = 28 * SHOWN
    whole = ImageOps.pad(picture, (side, side), color=0)
    return torch.from_numpy(np.asarray(whole, np.float32) / 255)


@figure(
    "sdedit-pictures",
    "sdedit",
    caption="A photograph, an icon and a pen drawing. From the right: the picture, what the network"
    " receives of it, and the results with more and more noise.",
    made=MADE + " Without a label. Each picture is read as the command reads yours. The portrait of"
    " Grace Hopper is in the public domain; we drew the icon and the scan with a program.",
    alt="Three rows of eight images. On the right a portrait, an umbrella and a fish on ruled"
    " paper, and beside each its white strokes on black in 28 by 28 pixels. To the left of them"
    " the strokes become those of digits, and at the far left little of the picture is left.",
    **WORDS,
)
def sdedit_pictures() -> Image.Image:
    """The three pictures at six strengths, as the network receives them, and as they are."""
    pictures = [make() for make in PICTURES.values()]
    received = [bring(picture)[0] for picture in pictures]
    lines = enlarged(ladder(received, [None] * len(pictures)))
    cells = torch.stack([as_cell(picture) for picture in pictures])[:, None]
    columns = [*HEADS, "picture"]
    return viz.sheet(
        torch.cat([lines, cells], 1), rows=[*PICTURES], columns=columns, across="strength", scale=1
    )
