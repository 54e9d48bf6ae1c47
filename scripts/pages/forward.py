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
FLAGSHIP = recipe("digits")
SCHEDULE, SCALING = FLAGSHIP.make_schedule(), FLAGSHIP.scaling


def one_of_each() -> Tensor:
    """One held-out digit of each class, in order: (10, 1, 28, 28) in [-1, 1]."""
    digits = bundled()
    first = [int((digits.labels == digit).nonzero()[7, 0]) for digit in range(10)]
    return SCALING.to_network(digits.images[first])


def noised(x0: Tensor, times: list[int], seed: int, schedule: NoiseSchedule = SCHEDULE) -> Tensor:
    """The same digits under the same noise at several times: (len(times), N, 28, 28)."""
    eps = Noise(range(seed, seed + len(x0)), x0.shape[1:])()
    return torch.stack([SCALING.to_images(schedule.add_noise(x0, t, eps))[:, 0] for t in times])


@figure(
    "a-hundred-digits",
    "forward",
    caption="A hundred of MNIST's digits, ten of each: every model here learns to generate such"
    " images.",
    made="The first ten of each class among the digits that come with the package.",
    alt="A sheet of ten by ten handwritten digits, white on black, one row for each digit from 0"
    " to 9. Within a row the digits differ in slant, thickness and shape.",
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
    made="Held-out digits and one noise image per row, mixed by the closed form of the cosine"
    " schedule with T = 1000.",
    alt="A sheet of five digits in rows at eleven times. At t = 0 they are clean. At t = 500 they"
    " are grainy but easy to read, at t = 700 hard to read, and from t = 900 on you see only"
    " noise.",
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
    caption="Ten images of one training batch. The network sees the middle row and the times, and"
    " predicts the bottom row.",
    made="Held-out digits under the cosine schedule; the times are random, uniform over 1..1000,"
    " and the noise is standard normal.",
    alt="Three rows of ten cells, each column with its random time above it. The first row shows"
    " clean digits, the second row the same digits with the amount of noise of that time, and the"
    " third row the noise itself, which the network has to predict.",
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
        across="time t, random for each image",
    )


@figure(
    "forward-process",
    "forward",
    caption="Ten digits turn into noise as t runs from 0 to 1000.",
    made="Held-out digits under fixed noise images, mixed by the closed form of the cosine schedule"
    " at 41 times.",
    alt="Ten digits in two rows slowly disappear in noise while a counter runs from t = 0 to"
    " t = 1000. After about t = 800 none of them can be read.",
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
    caption="The signal's amplitude falls while the noise's amplitude rises, and their squares"
    " always add up to 1. The linear schedule (dotted) loses the image earlier than the cosine"
    " schedule (solid).",
    made="Computed from the two schedules with T = 1000.",
    alt="A plot against t from 0 to 1000. The solid curve of the signal starts at 1 and falls like"
    " a cosine to 0, while the solid curve of the noise rises from 0 to 1. They cross near t = 500."
    " The dotted curves of the linear schedule cross near t = 260.",
    settings={"T": T},
)
def signal_and_noise() -> Plot:
    """sqrt(alpha_bar) and sqrt(1 - alpha_bar) against t."""
    plot, (axes,) = viz.plot()
    for schedule, style in ((SCHEDULE, "-"), (LINEAR, ":")):
        signal, noise = schedule.alpha_bar.sqrt(), (1 - schedule.alpha_bar).sqrt()
        axes.plot(signal, style, color=viz.BLUE)
        axes.plot(noise, style, color=viz.VERMILION)
    axes.text(530, 0.36, "signal $\\sqrt{\\bar\\alpha_t}$", color=viz.BLUE)
    axes.text(720, 0.76, "noise $\\sigma_t$", color=viz.VERMILION)
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
