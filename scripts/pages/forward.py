"""Figures of the forward process; `python -m scripts.figures --list` names them."""

from __future__ import annotations

import math
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.data import bundled
from ddpm.histories import pick_frames
from ddpm.noise import Noise
from ddpm.recipes import recipe
from ddpm.schedule import NoiseSchedule
from scripts.workshop.formulas import (
    LINEAR,
    first_below,
    log_snr,
    signal,
)
from scripts.workshop.registry import figure

T = 1000
ATTENTION = recipe("attention")
SCHEDULE, SCALING = ATTENTION.make_schedule(), ATTENTION.scaling


def one_of_each() -> Tensor:
    """One held-out digit of each class, in order: (10, 1, 32, 32) in [-1, 1]."""
    digits = bundled()
    first = [int((digits.labels == digit).nonzero()[7, 0]) for digit in range(10)]
    return SCALING.to_network(digits.images[first])


def noised(x0: Tensor, times: list[int], seed: int) -> Tensor:
    """The same digits under the same noise at several times: (len(times), N, 28, 28)."""
    eps = Noise(range(seed, seed + len(x0)), x0.shape[1:])()
    return torch.stack([SCALING.to_images(SCHEDULE.add_noise(x0, t, eps))[:, 0] for t in times])


@figure(
    "a-hundred-digits",
    "forward",
    caption="A hundred of MNIST's digits, ten of each: what all models here learn to draw.",
    made="Of the digits that come with the package, the first ten of each class.",
    alt="A sheet of ten by ten handwritten digits, white on black, a row for each digit from 0 to"
    " 9; within a row they differ in slant, thickness and form.",
)
def a_hundred_digits() -> Image.Image:
    """Ten of each class."""
    digits = bundled()
    first = [(digits.labels == label).nonzero()[:10, 0] for label in range(10)]
    names = [str(label) for label in range(10)]
    return viz.sheet(digits.images[torch.stack(first)] / 255, rows=names, down="label")


# --8<-- [start:figure]
@figure(
    "noise-levels",
    "forward",
    caption="Each row is one digit, with more and more noise from left to right.",
    made="Held-out digits and one noise image per row, mixed by the closed form of the"
    " linear schedule with T = 1000.",
    alt="A sheet of five digits in rows at eleven times. At t = 0 they are clean, at t = 300"
    " grainy but easy to read, at t = 500 barely visible, and from t = 700 on only noise is seen.",
    settings={"seed": 0, "T": T},
)
def noise_levels() -> Image.Image:
    """Five digits at t = 0, 100, ..., 1000."""
    times = list(range(0, T + 1, 100))
    x0 = one_of_each()[[0, 2, 4, 6, 8]]
    images = noised(x0, times, seed=0).transpose(0, 1)
    return viz.sheet(images, columns=[str(t) for t in times], across="time t →", down="digits")
    # --8<-- [end:figure]


@figure(
    "random-t",
    "forward",
    caption="Ten images of one training batch: each comes with a time of its own.",
    made="Held-out digits; the times are drawn evenly from 1..1000, the noise is standard normal.",
    alt="Three rows of ten cells. Above each column stands its random time. The first row shows"
    " clean digits, the second the same digits with as much noise as the time says, the third"
    " the noise itself, which the network has to name.",
    settings={"seed": 5, "T": T},
)
def random_t() -> Image.Image:
    """A batch as the network sees it: clean digits, x_t at random t, and the noise."""
    x0 = one_of_each()
    generator = torch.Generator().manual_seed(5)
    t = torch.randint(1, T + 1, (10,), generator=generator)
    eps = Noise(range(10), x0.shape[1:])()
    rows = [x0, SCHEDULE.add_noise(x0, t, eps), eps]
    return viz.sheet(
        torch.stack([SCALING.to_images(row)[:, 0] for row in rows]),
        rows=["x₀", "xₜ", "ε"],
        columns=[str(int(time)) for time in t],
        across="time t, drawn at random for each image",
    )


@figure(
    "forward-process",
    "forward",
    caption="Ten digits dissolve into noise as t runs from 0 to 1000.",
    made="Held-out digits under fixed noise images, mixed by the closed form at 41 times.",
    alt="Ten digits in two rows slowly drown in noise while a counter runs from t = 0 to"
    " t = 1000; after about t = 600 none can be read.",
    settings={"seed": 0, "T": T},
    milliseconds=110,
    still=12,
)
def forward_process() -> list[Image.Image]:
    """The forward process, frame by frame."""
    times = sorted(pick_frames(range(0, T + 1, 25), 41))
    frames = noised(one_of_each(), times, seed=0)
    return [
        viz.title_bar(viz.sheet(frame.unflatten(0, (2, 5)), scale=4), f"t = {t}")
        for t, frame in zip(times, frames, strict=True)
    ]


@figure(
    "signal-and-noise",
    "forward",
    caption="The amplitude of the digit falls while that of the noise rises;"
    " their squares always add to one.",
    made="Computed from the linear schedule with T = 1000.",
    alt="A plot against t from 0 to 1000. The curve of the signal starts at 1 and falls, slowly"
    " at first, to nearly 0; the curve of the noise rises from 0 to nearly 1. They cross at about"
    " t = 260.",
    settings={"T": T},
)
def signal_and_noise() -> Plot:
    """sqrt(alpha_bar) and sqrt(1 - alpha_bar) against t."""
    plot, (axes,) = viz.plot()
    signal, noise = SCHEDULE.alpha_bar.sqrt(), (1 - SCHEDULE.alpha_bar).sqrt()
    axes.plot(signal, color=viz.BLUE)
    axes.plot(noise, color=viz.VERMILION)
    axes.text(630, 0.24, "signal $\\sqrt{\\bar\\alpha_t}$", color=viz.BLUE)
    axes.text(520, 0.83, "noise $\\sqrt{1-\\bar\\alpha_t}$", color=viz.VERMILION)
    axes.set(xlabel="time t", ylabel="amplitude", xlim=(0, T), ylim=(0, 1.02))
    return plot


def derived() -> dict[str, Any]:
    """The end of the chain, and other betas than the linear ones."""
    end, pixels = float(LINEAR.alpha_bar[-1]), recipe("attention").scaling.size ** 2
    constant = 1 - end ** (1 / 1000)
    even = NoiseSchedule.from_betas(torch.full((1000,), constant, dtype=torch.float64))
    times = {
        name: {"half": first_below(schedule, 0.5), "twentieth": first_below(schedule, 0.05)}
        for name, schedule in {"linear": LINEAR, "constant": even}.items()
    }
    scaled = {
        name: NoiseSchedule.linear(1000, 1e-4 * factor, 0.02 * factor)
        for name, factor in {"hundredth": 0.01, "tenth": 0.1, "tenfold": 10}.items()
    }
    nats = -0.5 * math.log1p(-end)
    return {
        "even": min(range(1, 1001), key=lambda t: abs(log_snr(LINEAR, t))),
        "nats": nats,
        "image_nats": pixels * nats,
        "pixels": pixels,
        "shift": math.sqrt(end * pixels),
        "grey_values": math.sqrt(end) * 255,
        "constant_beta": constant,
        "constant_first": math.sqrt(constant),
        "times": times,
        "too_small": {name: signal(scaled[name], 1000) for name in ("hundredth", "tenth")},
        "tenfold_at_300": signal(scaled["tenfold"], 300),
    }
