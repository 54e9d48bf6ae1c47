"""Figures of the page on students: one noise image, and quality against evaluations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.bundle import bundled_models
from ddpm.images import read_pictures
from ddpm.loading import load
from scripts.pages.leaderboard.measurements import SAMPLERS
from scripts.workshop.records import read_json, results_file
from scripts.workshop.registry import figure

SHOWN = {"digits": (1000, 25, 8, 4, 2, 1), "digits-fast": (16, 8, 4), "digits-faster": (2, 1)}
"""The models of the figure of one noise image, and their numbers of evaluations."""

MODELS = tuple(name for name in SHOWN if name in bundled_models())
"""Those of them that come with the package."""


def one_noise(name: str) -> dict[str, Tensor]:
    """A model's images (10, 28, 28) of the digits 0 to 9 from one noise image, a row for each
    number of evaluations."""
    model = load(name)
    rule = "ddim" if name == "digits" else None
    noise = model.noise(1, seed=0)().expand(10, -1, -1, -1)
    return {
        f"{steps}, {name}": model.sample(
            labels=range(10), x=noise, steps=steps, sampler=rule, guidance=1.0, seed=0
        )[:, 0]
        for steps in SHOWN[name]
    }


@figure(
    "students-noise",
    "students",
    caption="The same noise image, sampled for each label with fewer and fewer evaluations of the"
    " network. Each row names the number and the model.",
    made="The flagship by DDIM without guidance, which makes one evaluation a step; students by"
    " their own sampler.",
    alt="A sheet with a column for each digit from 0 to 9. The first rows, with 1000, 25 and 8"
    " evaluations, show sharp digits that are nearly the same. In the flagship's row with 2"
    " evaluations the strokes are soft, and with 1 evaluation there are grey blurs. The students'"
    " rows, with 16, 8, 4, 2 and 1 evaluations, are sharp again.",
    models=MODELS,
    settings={"evaluations": {name: [*SHOWN[name]] for name in MODELS}, "seed": 0},
)
def students_noise() -> Image.Image:
    """A row for each model and number of evaluations, and a column for each label."""
    rows = {key: images for name in MODELS for key, images in one_noise(name).items()}
    columns = [str(digit) for digit in range(10)]
    return viz.sheet(torch.stack([*rows.values()]), [*rows], columns, across="label")


@figure(
    "students-short",
    "students",
    caption="The digits 0 to 9 from one noise image, by students that were each trained for some"
    " minutes, with 4 evaluations of the network and with 1.",
    made="Each student began as the folded one, and each was trained once. The images are from the"
    " measurement `short_students`.",
    alt="A sheet with a column for each digit from 0 to 9 and a row for each student and number of"
    " evaluations. With 4, the folded and the halved student show digits with some faults, the"
    " shortcuts thick ones with wrong strokes, and the matched one thin strokes with specks. With"
    " 1, the folded student shows grey blurs, shortcuts and halving two forms at once, and the"
    " other three plain digits.",
    results=("short_students.npz",),
    settings={"seed": 0},
)
def students_short() -> Image.Image:
    """First all rows with 4 evaluations, then those with 1."""
    kept = read_pictures(results_file("short_students.npz"))
    names = sorted(kept, key=lambda name: -int(name.rpartition(", ")[2]))
    columns = [str(digit) for digit in range(10)]
    images = torch.stack([kept[name][:, 0] for name in names])
    return viz.sheet(images, names, columns, across="label")


RECORDS = ("few_steps", "ten_thousand", "students")
"""What the plot of quality is made from; all rows have ten thousand samples."""

STYLES = {
    "bundled digits-fast": (viz.SKY, "s"),
    "bundled digits-faster": (viz.SKY, "D"),
    "digits-fast": (viz.SKY, "s"),
    "digits-fast.fold": (viz.ORANGE, "s"),
    "halved": (viz.GREEN, "s"),
    "two-critics": (viz.ORANGE, "D"),
    "two-stages": (viz.PURPLE, "s"),
    "two-stages-faster": (viz.PURPLE, "D"),
}
"""The colours and markers of the students that are plotted. Where one is bundled, its weights in
training are left out."""


def measured() -> dict[str, str]:
    """Nothing from elsewhere is needed but the records.

    Raises:
        ValueError: one of them is not measured yet.
    """
    missing = [name for name in RECORDS if not results_file(name).is_file()]
    if missing:
        raise ValueError(
            f"not measured yet; `python -m scripts.evaluate {' '.join(missing)}` does it"
        )
    return {}


def points(rows: Mapping[str, Mapping[str, Any]]) -> dict[int, tuple[float, float]]:
    """For each number of evaluations the least distance over the floor, and its spread."""
    found: dict[int, tuple[float, float]] = {}
    for row in rows.values():
        place = row["evaluations"], row.get("fid_over_floor"), row.get("fid_over_floor_spread", 0)
        if place[1] is not None and place[1] < found.get(place[0], (float("inf"), 0))[0]:
            found[place[0]] = place[1], place[2]
    return dict(sorted(found.items()))


def line(axes: Axes, rows: Mapping[str, Mapping[str, Any]], label: str, **style: Any) -> None:
    """A line through the rows' points, if there are any."""
    if at := points(rows):
        values, spreads = zip(*at.values(), strict=True)
        axes.errorbar([*at], values, yerr=spreads, capsize=3, label=label, **style)


@figure(
    "students-quality",
    "students",
    caption="Distance from real digits against evaluations of the network, for the flagship with"
    " five samplers (thin, dashed) and for students (thick, solid).",
    made="Ten thousand digits a point, by the bundled classifier; of a sampler with and without"
    " guidance, the better one. A student has two seeds, and bars show their spread; the"
    " flagship has one.",
    alt="A plot with the number of evaluations an image on a logarithmic axis and the Fréchet"
    " distance over the floor on another: a dashed line for each sampler, a solid one for each"
    " student, and a dotted line at 1, the distance of real digits.",
    results=(*RECORDS, "evaluations"),
    pipeline=measured,
)
def students_quality() -> Plot:
    """Distance over the floor against evaluations."""
    counts = read_json("evaluations")["ten_thousand"]["rows"]
    many = read_json("ten_thousand")["rows"]
    flagship = [
        *read_json("few_steps")["rows"].values(),
        *({**row, "evaluations": counts[name]} for name, row in many.items()),
    ]
    table = read_json("students")["rows"]
    names = {key: key.rpartition(", ")[0] for key in table}
    plot, (axes,) = viz.plot(height=6.6)
    for sampler, colour in SAMPLERS.items():
        rows = {str(k): row for k, row in enumerate(flagship) if row["sampler"] == sampler}
        style = {"marker": "o", "markersize": 4, "linestyle": "--", "linewidth": 1.5}
        line(axes, rows, f"digits, {sampler}", color=colour, **style)
    for name, (colour, marker) in STYLES.items():
        if f"bundled {name}" not in names.values():
            rows = {key: row for key, row in table.items() if names[key] == name}
            style = {"marker": marker, "markersize": 9, "linewidth": 3.5}
            line(axes, rows, name.removeprefix("bundled "), color=colour, **style)
    axes.axhline(1, color=viz.INK, linestyle=":")
    axes.set(xscale="log", xlabel="evaluations an image", ylabel="distance over the floor")
    ticks = (1, 2, 4, 8, 16, 50, 100)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1)}  # in the plot it would hide lines
    axes.legend(frameon=False, fontsize=13, ncols=2, **above)
    viz.log_scale(axes)
    return plot
