"""What guidance does, measured over its scale."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image

from ddpm import viz
from ddpm.loading import load
from scripts.workshop.judge import COUNT, floor, rows
from scripts.workshop.records import read_json
from scripts.workshop.registry import digest_of, figure, measurement
from scripts.workshop.samples import judged, own

SCALES = (0.0, 0.5, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 10.0)

SHOWN = (1.0, 1.1, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 10.0)
"""The scales of the grid."""


def one_scale(scale: float, count: int, **options: Any) -> dict[str, Any]:
    """The flagship at one scale: all measures of its samples."""
    setting = own("digits", guidance=scale, **options)
    return {"scale": scale, "omega": scale - 1, **judged(setting, count)}


@measurement
def guidance(quick: bool) -> dict[str, Any]:
    """Accuracy, FID, precision, recall and diversity from no label to a scale of 10."""
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": COUNT}
    scales = (1.0, 3.0) if quick else SCALES
    jobs = {f"{scale:g}": partial(one_scale, scale, COUNT) for scale in scales}
    table = rows("guidance-quick" if quick else "guidance", settings, jobs)
    with_label = [row for row in table.values() if row["scale"] >= 1]
    return {
        "rows": table,
        "best_fid": min(with_label, key=lambda row: row["fid"]),
        "best_accuracy": max(with_label, key=lambda row: row["accuracy"]),
        "floor": floor(COUNT),
        **settings,
    }


@figure(
    "guidance-curves",
    "guidance",
    caption="The effect of guidance: accuracy and precision rise at first, recall and"
    " diversity fall. Below, the Fréchet distance from real digits has its minimum near 1.",
    made="A thousand digits of the model `digits` at each scale, DDIM in 25 steps.",
    alt="Two plots against the scale from 1 to 10, counted as w and as omega. The upper plot has"
    " four lines, for accuracy, precision, recall and diversity. The lower plot has a line for the"
    " Fréchet distance on a logarithmic axis, and a dotted line for its floor.",
    results=("guidance",),
)
def guidance_curves() -> Plot:
    """All measures against the scale."""
    table = [row for row in read_json("guidance")["rows"].values() if row["scale"] >= 1]
    scales = [row["scale"] for row in table]
    plot, (shares, distance) = viz.plot(height=7.0, panels=2)
    for key, colour in (
        ("accuracy", viz.BLUE),
        ("precision", viz.GREEN),
        ("recall", viz.VERMILION),
    ):
        shares.plot(scales, [row[key] for row in table], color=colour, marker="o", label=key)
    unguided = table[0]["diversity"]
    relative = [row["diversity"] / unguided for row in table]
    shares.plot(scales, relative, color=viz.ORANGE, marker="o", label="diversity, relative")
    shares.set(ylabel="share", xscale="log")
    shares.legend(frameon=False, fontsize=14)
    distance.plot(scales, [row["fid"] for row in table], color=viz.PURPLE, marker="o")
    level = read_json("guidance")["floor"]
    distance.axhline(level, color=viz.INK, linestyle=":")
    distance.text(10, level, "real digits", ha="right", va="bottom")
    distance.set(ylabel="Fréchet distance", xscale="log")
    distance.set_xlabel("scale w, and below it ω = w − 1")
    ticks = [1, 1.5, 2, 3, 5, 7, 10]
    for axes in (shares, distance):
        axes.set_xticks(ticks, [f"{tick:g}\n{tick - 1:g}" for tick in ticks])
        axes.minorticks_off()
    viz.log_scale(distance)
    return plot


@figure(
    "guidance-scales",
    "guidance",
    caption="The same starting noise with more and more guidance, from a scale of 1 (none) at the"
    " top to 10 at the bottom.",
    made="The model `digits`, one sample of each label, the same noise in every row.",
    alt="Ten rows of the digits 0 to 9, with scales from 1 to 10. In each column the digit stays"
    " the same, and its strokes become clearer and then thicker from top to bottom.",
    models=("digits",),
    settings={"guidance": list(SHOWN), "seed": 4},
)
def guidance_scales() -> Image.Image:
    """Every digit at all scales of the grid."""
    model = load("digits")
    drawn = [model.sample(labels=range(10), guidance=scale, seed=4)[:, 0] for scale in SHOWN]
    scales = [f"{scale:g}" for scale in SHOWN]
    return viz.sheet(
        torch.stack(drawn),
        rows=scales,
        columns=[*map(str, range(10))],
        across="label",
        down="scale",
    )


TEN: Mapping[float, str] = {
    0.0: "scale 0: no label",
    1.0: "scale 1: the label, no guidance",
    1.4: "scale 1.4: the default",
    3.0: "scale 3",
    5.0: "scale 5",
    10.0: "scale 10",
}
"""The scales at which ten samples of each label are shown, and their titles."""


@figure(
    "guidance-ten",
    "guidance",
    caption="Ten samples of each label, without the label, with it, and with more and more"
    " guidance: at 10 the samples of a label are nearly alike.",
    made="The model `digits` at its default setting but for the scale; the same noise in every"
    " block.",
    alt="Six blocks of ten by ten digits. In the first, the digits are in no order. In the second"
    " and third, each row is one digit in ten different hands. From scale 3 on the strokes become"
    " thicker, and at scale 10 the ten digits of a row are nearly alike.",
    models=("digits",),
    settings={"guidance": list(TEN), "seed": 0},
)
def guidance_ten() -> Image.Image:
    """A block for each scale, two beside each other: a row for each label."""
    model, labels = load("digits"), torch.arange(10).repeat_interleave(10)
    blocks = [
        viz.title_bar(viz.sheet(images[:, 0].unflatten(0, (10, 10)), scale=1), title, size=20)
        for scale, title in TEN.items()
        for images in [model.sample(labels=labels, guidance=scale, seed=0)]
    ]
    width, height = blocks[0].size
    card = Image.new("L", (2 * width, len(blocks) // 2 * height))
    for place, block in enumerate(blocks):
        card.paste(block, (place % 2 * width, place // 2 * height))
    return card


def derived() -> dict[str, Any]:
    """A pixel pushed out of range."""
    without, labelled = -0.2, 0.6
    difference = labelled - without
    return {"difference": difference, "pushed": without + 10 * difference}
