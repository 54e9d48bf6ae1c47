"""A figure of the page "Schedules" that repeats lesson 2's with the linear schedule."""

from __future__ import annotations

from PIL import Image

from ddpm import viz
from scripts.pages.forward import T, noised, one_of_each
from scripts.workshop.formulas import LINEAR
from scripts.workshop.registry import figure


@figure(
    "noise-levels-linear",
    "schedules",
    caption="Each row is one digit under the linear schedule. The digits disappear much earlier"
    " than under the cosine schedule.",
    made="Held-out digits and one noise image per row, mixed by the closed form of the linear"
    " schedule with T = 1000.",
    alt="A sheet of five digits in rows at eleven times. At t = 0 they are clean, at t = 300"
    " grainy but easy to read, at t = 500 barely visible, and from t = 700 on you see only noise.",
    settings={"seed": 0, "T": T},
)
def noise_levels_linear() -> Image.Image:
    """Five digits at t = 0, 100, ..., 1000 of the linear schedule."""
    times = list(range(0, T + 1, 100))
    x0 = one_of_each()[[0, 2, 4, 6, 8]]
    images = noised(x0, times, seed=0, schedule=LINEAR).transpose(0, 1)
    return viz.sheet(images, columns=[str(t) for t in times], across="time t →", down="digits")
