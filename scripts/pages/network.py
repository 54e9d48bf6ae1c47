"""A figure of the page on the network."""

from __future__ import annotations

import math
from typing import Any

import torch
from matplotlib.figure import Figure as Plot

from ddpm import viz
from ddpm.networks.attention_unet import time_encoding
from ddpm.recipes import recipe
from scripts.workshop.formulas import weights_of
from scripts.workshop.registry import figure


@figure(
    "time-encoding",
    "network",
    caption="Each column is the code of one time. Fast channels tell neighbouring times apart, and"
    " slow channels say roughly how late it is.",
    made="Computed by `time_encoding`, for 64 channels and t from 0 to 999.",
    alt="A heat map with time from 0 to 999 across and 64 channels down. The first rows of each"
    " half change so fast that they look like fine stripes; the stripes become wider from row to"
    " row, and the last rows of each half hardly change at all.",
    settings={"channels": 64},
)
def time_encoding_map() -> Plot:
    """The time encoding of all times."""
    plot, (axes,) = viz.plot(height=4.2)
    codes = time_encoding(torch.arange(1000), 64).T
    image = axes.imshow(codes, aspect="auto", cmap="PuOr", vmin=-1, vmax=1, interpolation="nearest")
    axes.grid(False)
    axes.axhline(31.5, color=viz.INK, linewidth=1)
    axes.set(xlabel="the network's time", ylabel="channel: sines, then cosines")
    plot.colorbar(image, label="value", ticks=[-1, 0, 1])
    return plot


def derived() -> dict[str, Any]:
    """Course A's network: pairs of positions, the slowest sinusoid, one stage's weights."""
    side = recipe("attention").scaling.size
    slowest = float(time_encoding(torch.ones(1), 64)[0, 31])  # its sine at t = 1
    return {
        "thrice_halved": 28 / 8,
        "positions": side**2,
        "pairs": (side // 4) ** 4,
        "pairs_ratio": (side**2) ** 2 // (side // 4) ** 4,
        "slowest": round(2 * math.pi / math.asin(slowest), -3),
        "up1": 2 * weights_of(recipe("attention"), "up1.convs.0"),
    }
