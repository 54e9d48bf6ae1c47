"""Figures of the page on inpainting."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image

from ddpm import viz
from ddpm.data import held_out
from ddpm.loading import load
from ddpm.masks import MASKS, hidden
from ddpm.techniques.inpainting import as_mask, inpaint, keep_known
from ddpm.techniques.shared import in_range
from scripts.pages.inpainting.measurements import REPEATS
from scripts.workshop.records import read_json
from scripts.workshop.registry import figure

SHOWN = {"top": 3, "bottom": 7, "left": 8, "stripe": 0, "hole": 2, "freehand": 5}
"""The digit that each mask of the figure lies on."""


@figure(
    "inpaint-masks",
    "inpainting",
    caption="Six digits with a part hidden, and six ways in which the model fills in each of them."
    " The known pixels are kept.",
    made="Held-out digits; the model `digits` with the right label, at its default setting; nothing"
    " picked.",
    alt="Six rows. In each, a digit, the same with the hidden part in grey, and six completions,"
    " which agree with the known part and differ in the hidden one.",
    models=("digits",),
    settings={"seed": 0, "masks": list(SHOWN)},
)
def all_masks() -> Image.Image:
    """Every mask on one digit."""
    model, lines = load("digits"), []
    for name, label in SHOWN.items():
        picture, new = held_out(label), MASKS[name]
        drawn = inpaint(model, picture, new, label, n=6, seed=0)[:, 0]
        lines.append(torch.cat([torch.stack([picture, hidden(picture, new)]), drawn]))
    columns = ["true", "kept", *map(str, range(1, 7))]
    return viz.sheet(torch.stack(lines), rows=[*SHOWN], columns=columns)


@figure(
    "inpaint-labels",
    "inpainting",
    caption="The upper half of a digit, completed with each of the ten labels: where half and"
    " label do not fit, one of the two is lost.",
    made="Rows: three held-out digits, lower half hidden. The first completion has no label.",
    alt="Three rows. Each begins with the upper half of a digit, followed by a completion without"
    " a label and completions with the labels 0 to 9. Some are good digits. Where the upper half"
    " contradicts the label, the shape is no digit, or another digit, or has a separate stroke.",
    models=("digits",),
    settings={"seed": 0, "mask": "bottom"},
)
def every_label() -> Image.Image:
    """Upper halves with every label."""
    model, lines = load("digits"), []
    for label in (7, 3, 0):
        picture, new = held_out(label), MASKS["bottom"]
        untold = inpaint(model, picture, new, None, seed=0)
        told = inpaint(model, picture, new, list(range(10)), n=10, seed=0)
        lines.append(torch.cat([hidden(picture, new)[None], untold[:, 0], told[:, 0]]))
    columns = ["kept", "none", *map(str, range(10))]
    return viz.sheet(torch.stack(lines), columns=columns, across="label")


@figure(
    "inpaint-filling",
    "inpainting",
    caption="After every step the known upper half is put back with the noise of that time, and"
    " the lower half follows.",
    made="The states of the sampling loop, 25 steps, the upper half known.",
    alt="Ten cells. Their upper halves go from noise to the upper halves of given digits, and"
    " matching lower halves appear below them.",
    models=("digits",),
    settings={"seed": 0, "mask": "bottom"},
    milliseconds=110,
    levels=8,
)
def filling() -> list[Image.Image]:
    """Ten digits' lower halves as they appear."""
    model, labels = load("digits"), list(range(10))
    x0 = in_range(model, torch.stack([held_out(label) for label in labels])[:, None])
    mask = as_mask(model, MASKS["bottom"])
    project = keep_known(x0, mask, model.schedule, model.noise(10, stream=1))
    states = [*model.states(labels=labels, sampler="ancestral", project=project)]
    return [
        viz.title_bar(
            viz.sheet(model.to_images(state.x)[:, 0].unflatten(0, (2, 5)), scale=4),
            f"t = {state.t}",
        )
        for state in states
    ]


@figure(
    "inpaint-bias",
    "inpainting",
    caption="Two pixels with a correlation of 0.9, one known to be 1: the other should be 0.9 on"
    " average. Repeating steps brings it closer, and short sections bring it closest.",
    made="A point is the mean of 10,000 runs of 25 ancestral steps with the exact noise estimate."
    " With the same number of repeats, all lines cost the same number of network calls.",
    alt="Four lines of the mean against the number of times that each section of the path is"
    " taken, on a logarithmic axis, for sections of 1, 2, 5 and 10 steps. All start near 0.6. The"
    " line for 10 steps stays near 0.75, those for 1 and 2 steps approach a dotted line at 0.9.",
    results=("two_pixels",),
)
def bias() -> Plot:
    """The mean of the unknown pixel against the repeats, for every jump."""
    pixels = read_json("two_pixels")
    level = pixels["exact"]["mean"]
    plot, (axes,) = viz.plot(height=4.2)
    colours = (viz.BLUE, viz.GREEN, viz.ORANGE, viz.VERMILION)
    for (jump, means), colour in zip(pixels["jumps"].items(), colours, strict=True):
        values = [row["mean"] for row in means.values()]
        axes.plot([int(r) for r in means], values, color=colour, marker="o")
        words = f"{jump} step{'s' * (jump != '1')}"
        lower = {"2": 0.016, "5": 0.008}.get(jump, 0.0)  # the lines lie close together
        axes.text(21.5, values[-1] - lower, words, color=colour, va="center")
    axes.axhline(level, color=viz.INK, linestyle=":")
    axes.text(1, level, "exact", va="bottom")
    axes.set(xscale="log", xlabel="times each section is taken", ylabel="mean")
    axes.set(xlim=(0.9, 36), ylim=(0.57, 0.94))
    axes.set_xticks(REPEATS, map(str, REPEATS))
    axes.minorticks_off()
    return plot
