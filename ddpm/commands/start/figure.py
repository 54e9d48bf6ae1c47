"""Draws the figure of the write-up: ten digits, each sampled at three scales of guidance."""

from pathlib import Path

import torch

import ddpm
from ddpm import viz
from ddpm.files import atomic

OUT = Path(__file__).parent / "docs" / "guidance.png"


# --8<-- [start:draw]
def draw() -> None:
    """Draws and writes it; the same seed gives the same figure."""
    model = ddpm.load("digits")  # or the path of weights that you trained
    scales, labels = (1, 3, 8), range(10)
    images = [model.sample(labels=labels, guidance=scale, seed=0) for scale in scales]
    card = viz.sheet(
        torch.cat([viz.as_grid(line, len(labels)) for line in images]),
        rows=[str(scale) for scale in scales],
        columns=[str(label) for label in labels],
        down="scale",
        across="label",
    )
    with atomic(OUT) as file:
        viz.write_png(card, file)
    # --8<-- [end:draw]


if __name__ == "__main__":
    draw()
