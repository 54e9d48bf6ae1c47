"""Plots in one style, to be read on a light page and on a dark one."""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from torch import Tensor

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


STYLE: dict[str, Any] = {
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
"""Matplotlib's settings for the site's plots; they never become those of your program."""


@contextmanager
def style() -> Iterator[None]:
    """Within it, everything that matplotlib makes has the site's style; then all is as before."""
    with matplotlib.rc_context(STYLE):  # type: ignore[arg-type]
        yield


def _in_style(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **options: Any) -> Any:
        with style():
            return method(*args, **options)

    return call


ADDING = (
    *("plot", "step", "scatter", "errorbar", "bar", "barh", "hist", "fill_between", "imshow"),
    *("axhline", "axvline", "axline", "text", "annotate", "legend", "set_title"),
    *("set_xticks", "set_yticks", "tick_params", "grid"),
)
"""Methods of axes that make lines, texts or ticks."""


def _styled(axes: type[Axes]) -> type[Axes]:
    for name in ADDING:
        setattr(axes, name, _in_style(getattr(axes, name)))
    return axes


@_styled
class _Axes(Axes):
    """Axes whose lines and texts have the site's style, also those that you add later."""


class _Figure(Figure):
    """A figure that is drawn in the site's style: matplotlib makes its ticks only then."""

    draw = _in_style(Figure.draw)
    draw_without_rendering = _in_style(Figure.draw_without_rendering)
    savefig = _in_style(Figure.savefig)


@_in_style
def plot(width: float = 6.4, height: float = 4.0, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty plot in the site's style: a figure, and its axes one below the other.

    Neither matplotlib's settings nor its backend change, and `pyplot` does not know the figure.

    Args:
        width, height: in inches; 100 pixels each on the page, where 6.4 fill the column.
        panels: how many axes.
    """
    figure = _Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(panels, 1, squeeze=False, subplot_kw={"axes_class": _Axes})[:, 0]
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
