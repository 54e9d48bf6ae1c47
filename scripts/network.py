"""Figures about the networks."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure as Plot

from ddpm import viz
from ddpm.networks.attention_unet import time_encoding
from scripts.registry import figure


@figure(
    "time-encoding",
    "network",
    caption="Each column is the code of one time: fast channels tell neighbouring times apart,"
    " slow ones say roughly where on the way we are.",
    made="Computed by the function above, for 64 channels and t from 0 to 999.",
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
