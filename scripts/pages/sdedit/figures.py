"""The figures of the page on SDEdit, and the measurement of its strength."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.data import as_images, bundled, held_out
from ddpm.devices import default_device, fast_arithmetic
from ddpm.drawings import DRAWINGS, drawing
from ddpm.loading import load
from ddpm.metrics import fid, psnr
from ddpm.techniques.sdedit import sdedit
from scripts.workshop.judge import COUNT, judge, rows, test_images
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, digest_of, figure, measurement

STARTS = (1, 3, 5, 7, 10, 20)
"""The source's places on its path of 34 times, from almost all noise to little."""

STRENGTHS = tuple((991 - 30 * start) / 1000 for start in STARTS)
"""The same as shares of T: its time 990 - 30 i, counted from 0, is ours plus 1."""


GRID = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def one_strength(strength: float, kind: str, count: int) -> dict[str, Any]:
    """Faithfulness to the input and realism of the result at one strength.

    Kinds: "digits" are held-out digits without a label; "classes" are digits with the label 5
    further on; "drawings" are the three drawings without a label.
    """
    model, digits = load("digits"), bundled()[:: 5000 // count]
    given, labels = as_images(digits), None
    if kind == "classes":
        labels = (digits.labels + 5) % 10
    if kind == "drawings":
        pictures = torch.stack([drawing(name) for name in DRAWINGS])[:, None]
        given = pictures[torch.arange(count) % len(DRAWINGS)]
    with fast_arithmetic(default_device()):
        told = None if labels is None else labels.tolist()
        images = sdedit(model, given, strength, told, seed=SEED).clamp(0, 1)
    read = judge().read(images)
    distance = (images - given).square().mean((1, 2, 3)).sqrt()
    row = {
        "strength": strength,
        "rms": float(distance.mean()),
        "psnr": float(psnr(images, given).clamp(max=60).mean()),
    }
    if kind != "classes":
        row["fid"] = fid(images, test_images(), judge())
    if kind == "digits":
        row["kept"] = float((read == digits.labels).float().mean())
    if labels is not None:
        row["kept"] = float((read == digits.labels).float().mean())
        row["reached"] = float((read == labels).float().mean())
    return row


@measurement
def editing_strength(quick: bool) -> dict[str, Any]:
    """SDEdit over its strength: distance from the input and from real digits, class recognised."""
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": COUNT}
    strengths = (0.1,) if quick else GRID
    jobs = {
        f"{kind}/{100 * strength:.0f}": partial(one_strength, strength, kind, COUNT)
        for kind in ("digits", "classes", "drawings")
        for strength in strengths
    }
    table = rows("editing_strength-quick" if quick else "editing_strength", settings, jobs)
    kinds = {key.partition("/")[0] for key in table}
    return {
        "rows": {
            kind: {
                key.partition("/")[2]: row
                for key, row in table.items()
                if key.startswith(f"{kind}/")
            }
            for kind in sorted(kinds)
        },
        **settings,
    }


def ladder(given: list[Tensor], labels: list[int | None]) -> Tensor:
    """Pictures (28, 28) at the source's six strengths, strongest first, and as they are.

    Returns:
        (R, 7, 28, 28): a row for each picture.
    """
    model, columns = load("digits"), []
    pictures = torch.stack(given)[:, None]
    for strength in STRENGTHS:
        parts = [
            sdedit(model, picture, strength, label, seed=0, first=k)
            for k, (picture, label) in enumerate(zip(pictures, labels, strict=True))
        ]
        columns.append(torch.cat(parts)[:, 0])
    return torch.stack([*columns, pictures[:, 0]], dim=1)


HEADS = [*(f"{strength:.2f}" for strength in STRENGTHS), "input"]
WORDS: dict[str, Any] = {
    "models": ("digits",),
    "settings": {"seed": 0, "strengths": [round(strength, 3) for strength in STRENGTHS]},
}
MADE = (
    "The model `digits` at its default setting, from the times that i_start 1, 3, 5, 7, 10 and 20"
    " of 34 mean; nothing picked."
)


@figure(
    "sdedit-digits",
    "sdedit",
    caption="Three held-out digits, with the input on the right and more noise to the left: at"
    " 0.39 the strokes stay, at 0.69 two of three digits stay, from 0.78 on none.",
    made=MADE + " Without a label.",
    alt="Three rows of seven digits. Next to the input on the right they are nearly the same"
    " image. Towards the middle they are still the same digit. On the left they have little in"
    " common with the input.",
    **WORDS,
)
def sdedit_digits() -> Image.Image:
    """Three digits at six strengths."""
    lines = ladder([held_out(label) for label in (2, 5, 8)], [None] * 3)
    return viz.sheet(lines, columns=HEADS, across="strength")


@figure(
    "sdedit-drawings",
    "sdedit",
    caption="A house, a spiral and a letter: with little noise the drawing stays, with more noise"
    " it looks handwritten and keeps less of the drawing.",
    made=MADE + " Without a label.",
    alt="Three rows of seven images. The drawings are on the right. To the left of them are shapes"
    " between drawing and digit, then digits with some strokes of the drawing, then digits with"
    " none of them.",
    **WORDS,
)
def sdedit_drawings() -> Image.Image:
    """The three drawings at six strengths."""
    lines = ladder([drawing(name) for name in DRAWINGS], [None] * 3)
    return viz.sheet(lines, rows=list(DRAWINGS), columns=HEADS, across="strength")


CHANGES = ((7, 3), (4, 9), (1, 8), (0, 6))
"""The given digit, and the digit that it should become."""


@figure(
    "sdedit-classes",
    "sdedit",
    caption="A 7 becomes a 3, a 4 a 9, a 1 an 8, a 0 a 6: with too little noise the input stays,"
    " with too much noise it is lost.",
    made=MADE + " With the new label.",
    alt="Four rows of seven digits. On the left is the new digit in a form of its own, in the"
    " middle the new digit with the slant and place of the input, on the right the input.",
    **WORDS,
)
def sdedit_classes() -> Image.Image:
    """Digits turned into others."""
    lines = ladder([held_out(a) for a, _ in CHANGES], [b for _, b in CHANGES])
    names = [f"{a} → {b}" for a, b in CHANGES]
    return viz.sheet(lines, rows=names, columns=HEADS, across="strength")


@figure(
    "sdedit-curve",
    "sdedit",
    caption="With more strength, drawings become more realistic and less faithful, and digits"
    " lose both. With a new label, digits change between 0.6 and 0.9.",
    made=f"At each of {len(GRID)} strengths {COUNT} images, from the measurement"
    " `editing_strength`.",
    alt="Three plots against the strength. In the first, the change rises for digits and drawings."
    " In the second, the drawings' distance from real digits falls. In the third, the share"
    " recognised as the old digit falls, and the share recognised as the new digit rises.",
    results=("editing_strength",),
)
def sdedit_curve() -> Plot:
    """Faithfulness and realism against strength."""
    table = {kind: [*part.values()] for kind, part in read_json("editing_strength")["rows"].items()}
    plot, (change, real, read) = viz.plot(height=9.6, panels=3)
    x = [row["strength"] for row in table["digits"]]
    for kind, colour in (("digits", viz.BLUE), ("drawings", viz.ORANGE)):
        change.plot(x, [row["rms"] for row in table[kind]], color=colour, label=kind)
        real.plot(x, [row["fid"] for row in table[kind]], color=colour, label=kind)
    change.set(ylabel="change per pixel")
    change.legend(frameon=False)
    real.set(ylabel="Fréchet distance")
    viz.log_scale(real)
    read.plot(
        x, [row["kept"] for row in table["digits"]], color=viz.BLUE, label="old digit, no label"
    )
    read.plot(
        x, [row["kept"] for row in table["classes"]], color=viz.SKY, label="old digit, new label"
    )
    read.plot(
        x,
        [row["reached"] for row in table["classes"]],
        color=viz.GREEN,
        label="new digit, new label",
    )
    read.set(ylabel="share recognised", xlabel="strength")
    read.legend(frameon=False)
    return plot
