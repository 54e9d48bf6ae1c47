"""Figures of the lesson on sampling, by the flagship and by the source course's network."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.devices import fast_arithmetic
from ddpm.histories import pick_frames, sample_history
from ddpm.loading import load
from ddpm.noise import Noise
from ddpm.timesteps import every
from scripts.pages import forward
from scripts.workshop.formulas import LINEAR
from scripts.workshop.registry import figure

TIMES = list(range(1000, -1, -100))
"""Where the histories are shown."""


GIF_TIMES = pick_frames(every(1000))


STEPS = {
    "sampler": "beta-noise",
    "steps": 1000,
    "seed": 0,
    "arithmetic": "bfloat16 where the processor has it",
}
"""The source course's own sampling, for the figures that repeat its experiments.

In bfloat16 a thousand steps take half the time, and their samples are as good.
"""


@cache
def history(name: str, labels: tuple[int, ...] | None, each: int) -> dict[int, Tensor]:
    """Samples with their history: `each` images of each label (of all, without labels).

    Returns:
        By the times of `TIMES` and of a GIF: each (N, H, W), label by label.
    """
    model = load(name)
    times = {*TIMES, *GIF_TIMES}
    with fast_arithmetic(model.device):
        images, kept = sample_history(
            model, [*labels] if labels else None, each, 1000, "beta-noise", seed=0, keep=times
        )
    return {t: x[:, 0] for t, x in kept.items()} | {0: images[:, 0]}


def unlabelled() -> dict[int, Tensor]:
    """Twenty samples of the model without labels, of which most figures show ten."""
    return history("attention", None, 20)


@cache
def of_the_flagship(kind: str) -> dict[int, Tensor]:
    """Ten samples of `digits` without a label, in 1000 ancestral steps, and their history.

    Args:
        kind: "usual"; "one start", all from the first noise of the usual ones; or "no noise",
            from the usual ones' starts and without the noise term.

    Returns:
        By the times of `TIMES` and of a GIF: each (10, H, W).
    """
    model = load("digits")
    side = model.recipe.scaling.size
    start = Noise([0], (1, side, side))().expand(10, -1, -1, -1) if kind == "one start" else None
    sampler = "no-noise" if kind == "no noise" else "ancestral"
    estimate = model.unlabelled(10)
    with fast_arithmetic(model.device):
        states = model.states(10, x=start, steps=1000, sampler=sampler, eps_fn=estimate)
        return {s.t: model.to_images(s.x)[:, 0] for s in states if s.t in {*TIMES, *GIF_TIMES}}


OF_THE_FLAGSHIP = {"steps": 1000, "seed": 0, "arithmetic": STEPS["arithmetic"]}


@figure(
    "digits-history",
    "sampling",
    shares="flagship",
    caption="Ten samples of the flagship: each row is one sample, and time runs from left to"
    " right.",
    made="Ancestral sampling without a label in 1000 steps; every hundredth state is shown.",
    alt="A sheet of ten samples in rows at eleven times from t = 1000 to t = 0. Noise on the left"
    " becomes ten digits on the right.",
    models=("digits",),
    settings={**OF_THE_FLAGSHIP, "sampler": "ancestral"},
)
def digits_history() -> Image.Image:
    """Ten samples at t = 1000, 900, ..., 0."""
    return history_sheet(of_the_flagship("usual"))


@figure(
    "digits-one-start",
    "sampling",
    shares="flagship",
    caption="Ten runs from the same starting noise: the rows are equal on the left and become"
    " different digits, because each row adds different noise in its steps.",
    made="The starting noise of the first sample above, in all rows; the steps' noise of each row"
    " is that of the same row above.",
    alt="A sheet of ten rows at eleven times. The first column shows the same noise ten times, the"
    " last column ten different digits.",
    models=("digits",),
    settings={**OF_THE_FLAGSHIP, "sampler": "ancestral"},
)
def digits_one_start() -> Image.Image:
    """Ten runs from one start, with their history."""
    return history_sheet(of_the_flagship("one start"))


@figure(
    "digits-no-noise",
    "sampling",
    shares="flagship",
    caption="The same ten starts as in the first history, without the noise term: the rows become"
    " alike.",
    made="Ancestral sampling with z = 0 in each of the 1000 steps.",
    alt="A sheet of ten rows at eleven times. On the left ten different noise images, on the right"
    " ten images that hardly differ.",
    models=("digits",),
    settings={**OF_THE_FLAGSHIP, "sampler": "no-noise"},
)
def digits_no_noise() -> Image.Image:
    """Ten samples without the noise term, with their history."""
    return history_sheet(of_the_flagship("no noise"))


def history_sheet(kept: dict[int, Tensor]) -> Image.Image:
    """Images in rows, their history from left to right."""
    images = torch.stack([kept[t] for t in TIMES], dim=1)
    columns = [str(t) for t in TIMES]
    return viz.sheet(images, columns=columns, across="time t →", down="samples")


@figure(
    "history",
    "sampling",
    shares="unlabelled",
    caption="Ten samples of the network `attention`: each row is one sample, and time runs from"
    " left to right.",
    made="Ancestral sampling in 1000 steps with the variance β, as in the source course.",
    alt="A sheet of ten samples in rows at eleven times from t = 1000 to t = 0. Down to t = 400"
    " only noise is seen; at t = 300 shapes show through, at t = 100 digits can be read, and"
    " at t = 0 the noise is gone.",
    models=("attention",),
    settings=STEPS,
)
def unconditional_history() -> Image.Image:
    """Ten samples at t = 1000, 900, ..., 0."""
    return history_sheet({t: images[:10] for t, images in unlabelled().items()})


@figure(
    "denoising",
    "sampling",
    shares="flagship",
    caption="Ten samples of the flagship, from noise at t = 1000 to digits at t = 0.",
    made="Ancestral sampling without a label; 40 of the 1001 states, in eight grey levels.",
    alt="Ten cells of noise in two rows; while a counter runs from t = 1000 down to t = 0, grey"
    " digits appear in them, and then become sharp.",
    models=("digits",),
    settings={**OF_THE_FLAGSHIP, "sampler": "ancestral"},
    levels=8,
)
def denoising() -> list[Image.Image]:
    """The ten samples of the flagship's history as a GIF."""
    kept = of_the_flagship("usual")
    return [
        viz.title_bar(viz.sheet(kept[t][:10].unflatten(0, (2, 5)), scale=4), f"t = {t}")
        for t in sorted(GIF_TIMES, reverse=True)
    ]


@figure(
    "fixed-start",
    "sampling",
    caption="In each row, ten runs from the same noise image, on the left, end in different"
    " digits.",
    made="Three starts x₁₀₀₀, each continued ten times with fresh noise in every step.",
    alt="Three rows. On the left of each a cell of noise, then ten results of sampling from it,"
    " which differ from one another in digit and in style.",
    models=("attention",),
    settings=STEPS,
)
def fixed_start() -> Image.Image:
    """Ten runs from each of three starts."""
    model = load("attention")
    size = model.recipe.scaling.size
    starts = Noise(range(3), (1, size, size))()
    x = starts.repeat_interleave(10, 0)
    with fast_arithmetic(model.device):
        results = model.sample(x=x, steps=1000, sampler="beta-noise", seed=0)[:, 0]
    rows = torch.cat([model.to_images(starts), results.unflatten(0, (3, 10))], dim=1)
    columns = ["x₁₀₀₀", *(str(i) for i in range(1, 11))]
    return viz.sheet(rows, columns=columns, across="runs with different noise", down="starts")


@figure(
    "no-noise",
    "sampling",
    shares="unlabelled",
    caption="The same starts with and without the noise term. Without it all end in the same flat"
    " grey.",
    made="Above, ancestral sampling with the variance β; below, only its mean in each of the"
    " 1000 steps.",
    alt="Two rows of ten results from the same ten starts. With noise, above, they are digits;"
    " without, below, all ten cells are the same even grey.",
    models=("attention",),
    settings={**STEPS, "samplers": ["beta-noise", "no-noise"]},
)
def no_noise() -> Image.Image:
    """Sampling with and without the noise term."""
    model = load("attention")
    with fast_arithmetic(model.device):
        without = model.sample(10, steps=1000, sampler="no-noise", seed=0)[:, 0]
    with_noise = unlabelled()[0][:10]
    images = torch.stack([with_noise, without])
    return viz.sheet(images, rows=["with noise", "without"], across="the same ten starts")


def derived() -> dict[str, Any]:
    """The posterior's weights and noise, and what x_T can tell."""

    def weight(t: int) -> float:
        before = float(LINEAR.alpha_bar[t - 1])
        return math.sqrt(before) * float(LINEAR.beta[t]) / (1 - float(LINEAR.alpha_bar[t]))

    def noise(t: int) -> float:
        return math.sqrt(float((1 - LINEAR.alpha_bar[t - 1]) / (1 - LINEAR.alpha_bar[t])))

    nats = forward.derived()["image_nats"]
    return {
        "weight_of_x0": {str(t): weight(t) for t in (1, 2, 1000)},
        "noise": {str(t): noise(t) for t in (2, 100)},
        "nats": nats,
        "bits": nats / math.log(2),
        "digit_bits": math.log2(10),
        "total_variation": math.sqrt(nats / 2),
    }
