"""One look for all pictures: sheets of digits, GIFs, and plots.

Digits are drawn on a dark card, scaled by whole numbers, each in a thin grey frame, with its
labels on the card, so a sheet looks the same on a light page and on a dark one. Plots have no
ground of their own and use colours that read on either.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import matplotlib
import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

matplotlib.use("agg")

CARD, FRAME, TEXT, FAINT = 20, 105, 235, 165
"""Grey levels of a sheet: ground, frame around a digit, labels, names of the axes."""

INK = "#7b7f87"
"""The grey of a plot's text and axes: 4 : 1 against white and against the dark page alike."""

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY = (
    "#2B88C8",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
)
"""Okabe and Ito's colours, which people with any colour vision can tell apart; the blue is lighter
than theirs, so that it also reads on a dark page."""


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib, so that every machine has it."""
    return ImageFont.truetype(
        str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), size
    )


def _to_bytes(images: Tensor) -> npt.NDArray[np.uint8]:
    return (images.detach().cpu().clamp(0, 1) * 255).round().to(torch.uint8).numpy()


# --8<-- [start:sheet]
def sheet(
    images: Tensor,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    down: str = "",
    across: str = "",
    scale: int = 3,
    gap: int = 4,
) -> Image.Image:
    """Images in rows and columns on a dark card.

    Args:
        images: (R, C, H, W) in [0, 1]; a cell of NaN stays empty.
        rows, columns: a label for each row, beside it, and for each column, above it.
        down, across: what the rows and the columns are.
        scale: screen pixels per image pixel, a whole number so that pixels stay square.
        gap: pixels between two cells.

    Returns:
        A grey image (mode "L").
    """
    rows, columns = list(rows), list(columns)
    count_down, count_across, height, width = images.shape
    size = max(20, 10 * scale)  # of the letters: readable when a phone shows the sheet at 40%
    letters, small = font(size), font(round(size * 0.9))
    cell_y, cell_x = height * scale + gap + 2, width * scale + gap + 2
    label_width = max((letters.getlength(label) for label in rows), default=0)
    left = gap + (round(label_width) + size // 2 if rows else 0) + (size + 10 if down else 0)
    top = gap + (size + 14 if columns else 0) + (size + 12 if across else 0)
    card = Image.new(
        "L", (left + count_across * cell_x + gap, top + count_down * cell_y + gap), CARD
    )
    draw = ImageDraw.Draw(card)

    middle = left + count_across * cell_x / 2
    if across:
        draw.text((middle, gap + size / 2), across, FAINT, small, anchor="mm")
    if down:
        strip = Image.new("L", (count_down * cell_y, size + 10), CARD)
        ImageDraw.Draw(strip).text(
            (strip.width / 2, strip.height / 2), down, FAINT, small, anchor="mm"
        )
        card.paste(strip.rotate(90, expand=True), (gap, top))
    for j, label in enumerate(columns):
        draw.text(
            (left + (j + 0.5) * cell_x, top - size / 2 - 6), label, TEXT, letters, anchor="mm"
        )
    for i, label in enumerate(rows):
        at = (left - size / 3, top + (i + 0.5) * cell_y)
        draw.text(at, label, TEXT, letters, anchor="rm")
    for i in range(count_down):
        for j in range(count_across):
            if images[i, j].isnan().any():
                continue
            x, y = left + j * cell_x, top + i * cell_y
            draw.rectangle((x, y, x + width * scale + 1, y + height * scale + 1), outline=FRAME)
            pixels = _to_bytes(images[i, j]).repeat(scale, 0).repeat(scale, 1)
            card.paste(Image.fromarray(pixels), (x + 1, y + 1))
    return card
    # --8<-- [end:sheet]


def title_bar(card: Image.Image, text: str, size: int = 30) -> Image.Image:
    """The card with a line of text above it, on the same ground."""
    taller = Image.new("L", (card.width, card.height + size + 16), CARD)
    taller.paste(card, (0, size + 16))
    ImageDraw.Draw(taller).text((12, size / 2 + 10), text, TEXT, font(size), anchor="lm")
    return taller


def as_grid(images: Tensor, columns: int | None = None) -> Tensor:
    """(N, 1, H, W) as (R, C, H, W), row by row, the last row filled up with empty cells (NaN)."""
    count = len(images)
    columns = columns or min(10, count)
    missing = -count % columns
    empty = images.new_full((missing, *images.shape[1:]), torch.nan)
    return torch.cat([images, empty]).reshape(-1, columns, *images.shape[2:])


def lead_sheet(lead: dict[str, Tensor], images: Tensor, across: int = 8) -> Image.Image:
    """Images (N, 1, H, W) in rows of `across`, after named pictures (H, W) in the first row."""
    lines = as_grid(images, min(across, len(images)))
    head = lines.new_full((len(lines), len(lead), *lines.shape[2:]), torch.nan)
    head[0] = torch.stack([*lead.values()])
    names = [*lead, *[""] * lines.shape[1]]
    return sheet(torch.cat([head, lines], dim=1), columns=names)


def write_png(image: Image.Image, path: str | Path) -> None:
    """Writes a sheet."""
    image.save(path, format="PNG", optimize=True)


def write_gif(
    frames: Iterable[Image.Image],
    path: str | Path,
    milliseconds: int = 80,
    hold: int = 2500,
    levels: int = 16,
) -> None:
    """Writes a GIF that plays for ever.

    Args:
        frames: sheets of one size.
        path: where to.
        milliseconds: how long each frame stays.
        hold: how long the last one stays.
        levels: number of grey levels kept; noise does not compress, so fewer are smaller.
    """
    step = 255 / (levels - 1)
    shown = [(np.round(np.asarray(f) / step) * step).round().astype(np.uint8) for f in frames]
    durations = [milliseconds] * (len(shown) - 1) + [hold]
    imageio.imwrite(path, shown, plugin="pillow", extension=".gif", duration=durations, loop=0)


def plot(width: float = 6.4, height: float = 4.0, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty plot in the site's style: a figure, and its axes one below the other.

    Args:
        width, height: in inches; 100 pixels each on the page, where 6.4 fill the column.
        panels: how many axes.
    """
    style: dict[str, Any] = {
        "font.size": 16,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 16,
        "axes.grid": True,
        "grid.color": INK,
        "grid.alpha": 0.25,
        "xtick.color": INK,
        "ytick.color": INK,
        "lines.linewidth": 2.2,
        "svg.hashsalt": "ddpm",
        "svg.fonttype": "path",
    }
    matplotlib.rcParams.update(style)  # type: ignore[arg-type]
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(panels, 1, squeeze=False)[:, 0]
    return figure, list(axes)


def log_scale(axes: Axes) -> None:
    """Makes the y axis of a finished plot logarithmic, with plain numbers at its ticks.

    Those are the powers of ten, and twice and five times them where they span less than two.
    """
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def matrix(
    values: Tensor, rows: Sequence[str], columns: Sequence[str], down: str, across: str
) -> Figure:
    """Shares (R, C) in 0..1 as a table of coloured cells, each with its percentage; NaN is empty.

    Args:
        values: the shares.
        rows, columns: the labels.
        down, across: what the rows and the columns are.
    """
    figure, (axes,) = plot(height=6.6)
    colours = matplotlib.colormaps["cividis"]
    axes.imshow(values, vmin=0, vmax=1, cmap=colours)
    for i, line in enumerate(values.tolist()):
        for j, value in enumerate(line):
            if not math.isnan(value):
                ink = "white" if value < 0.55 else "black"
                text = f"{100 * value:.0f}"
                axes.text(j, i, text, ha="center", va="center", color=ink, fontsize=14)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel=across, ylabel=down)
    axes.grid(False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def write_svg(figure: Figure, path: str | Path) -> None:
    """Writes a plot without its date, so that the same plot is the same bytes."""
    text = io.StringIO()
    figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    Path(path).write_text(text.getvalue(), encoding="utf-8", newline="\n")
