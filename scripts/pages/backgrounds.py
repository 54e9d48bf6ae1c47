"""Why backgrounds are grey: the mean and the amplitude of the predicted noise at large t."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.data import bundled
from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.noise import Noise
from ddpm.sampling import EpsFn, StepRule, ddim, posterior, sample
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import strided
from scripts.workshop.formulas import LINEAR, ratio
from scripts.workshop.judge import judge, natural_labels, rows
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, digest_of, figure, measurement

TIMES = (1, 20, *range(50, 1001, 50))
MODELS = {"attention-class": ("raw", "averaged"), "digits": ("averaged",)}
COUNT, STEPS = 1000, 50


@torch.no_grad()
def offset(model: Diffusion, t: int, count: int = 500) -> dict[str, float]:
    """The mean error of the noise estimate at time t, and its spread from image to image.

    Returns:
        `mean`: over all pixels of all images; `each`: the standard deviation of an image's own
        mean error, which is almost 0 for a perfect network; `pixel`: the root mean square.
    """
    digits = bundled()
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(SEED))[:count]
    x0 = model.recipe.scaling.to_network(digits.images[order]).to(model.device)
    eps = Noise(range(count), x0.shape[1:], model.device)()
    eps_fn = model.eps_fn(digits.labels[order], guidance=1.0)
    error = eps_fn(model.schedule.add_noise(x0, t, eps), t) - eps
    each = error.mean((1, 2, 3))
    return {
        "mean": float(each.mean()),
        "each": float(each.std()),
        "pixel": float(error.square().mean().sqrt()),
        "x0": float(each.square().mean().sqrt() * _lever(model, t)),
    }


def _lever(model: Diffusion, t: int) -> float:
    """By how much an offset of the predicted noise is multiplied in the predicted image."""
    alpha_bar = float(model.schedule.alpha_bar[t])
    return ((1 - alpha_bar) / alpha_bar) ** 0.5


# --8<-- [start:put_right]
def put_right(
    eps_fn: EpsFn,
    schedule: NoiseSchedule,
    above: int,
    mean: bool = True,
    amplitude: bool = True,
    border: int = 2,
) -> EpsFn:
    """The predicted noise with its mean, its amplitude or both corrected from the border.

    The border is background, which is -1 in every digit, so the true noise can be computed there.
    The line a * eps + b that fits it best on the border is applied to all pixels. Without
    `amplitude` a stays 1, and without `mean` b stays 0. Times before `above` are left alone.
    """

    def corrected(x: Tensor, t: int) -> Tensor:
        eps = eps_fn(x, t)
        if t < above:
            return eps
        true = schedule.eps_from_x0(x, t, -torch.ones_like(x))
        mask = torch.ones_like(x[:1, :1])
        mask[..., border:-border, border:-border] = 0

        def on_border(values: Tensor) -> Tensor:
            return (values * mask).sum((1, 2, 3), keepdim=True) / mask.sum()

        there, wanted = (on_border(eps), on_border(true)) if mean else (0.0, 0.0)
        eps, true = eps - there, true - wanted
        if amplitude:
            eps = eps * on_border(eps * true) / on_border(eps * eps)
        return eps + wanted

    return corrected
    # --8<-- [end:put_right]


WAYS = {"": {}, "mean": {"amplitude": False}, "amplitude": {"mean": False}, "both": {"mean": True}}
"""What is corrected, as arguments of `put_right`; the first corrects nothing."""

CLAMP = "clamp"
"""Another way: nothing is corrected, but each predicted image is clamped to its range."""


def states(model: Diffusion, labels: Tensor, rule: StepRule, steps: int, way: str) -> Any:
    """States of course A's network with its prediction corrected in one of the ways, or clamped."""
    noise = Noise(range(len(labels)), model.recipe.scaling.shape, model.device)
    eps_fn: EpsFn = model.eps_fn(labels)
    if how := WAYS.get(way):
        eps_fn = put_right(eps_fn, model.schedule, above=200, **how)
    clean = model.recipe.scaling.clip if way == CLAMP else lambda x0: x0
    return sample(eps_fn, noise(), model.path(steps), model.schedule, rule, clean, noise=noise)


def drawn(weights: str, rule: StepRule, steps: int, way: str) -> dict[str, float]:
    """The accuracy and the share of grey pictures, with the prediction corrected."""
    model, asked = load("attention-class", weights=weights), natural_labels(COUNT)
    images = model.last_images(states(model, asked, rule, steps, way))
    return {
        "accuracy": float((judge().read(images) == asked).float().mean()),
        "grey": float((images.flatten(1).median(1).values > 0.1).float().mean()),
    }


@measurement
def grounds(quick: bool) -> dict[str, Any]:
    """The mean error of the noise estimate against t, and samples with it corrected."""
    curves = {
        f"{name}-{weights}": {
            str(t): offset(load(name, weights=weights), t, 20 if quick else 500) for t in TIMES
        }
        for name, sets in MODELS.items()
        for weights in sets
    }
    jobs: dict[str, Callable[[], dict[str, Any]]] = {}
    for weights in ("raw", "averaged"):
        for name, rule in (("ddim", ddim), ("ancestral", posterior)):
            for way in WAYS:
                key = f"{weights}-{name}{way and '-' + way}"
                jobs[key] = partial(drawn, weights, rule, 3 if quick else STEPS, way)
    settings = {"weights": digest_of("weights/attention-class.safetensors"), "count": COUNT}
    table = rows("grounds-quick" if quick else "grounds", settings, jobs)
    return {"offsets": curves, "rows": table, "steps": STEPS, **settings}


@measurement
def grounds_clamped(quick: bool) -> dict[str, Any]:
    """As `grounds`, by the last weights: nothing is corrected, each prediction is clamped."""
    jobs = {
        f"raw-{name}": partial(drawn, "raw", rule, 3 if quick else STEPS, CLAMP)
        for name, rule in (("ddim", ddim), ("ancestral", posterior))
    }
    settings = {"weights": digest_of("weights/attention-class.safetensors"), "count": COUNT}
    table = rows("grounds_clamped-quick" if quick else "grounds_clamped", settings, jobs)
    return {"rows": table, "steps": STEPS, **settings}


@figure(
    "put-right",
    "backgrounds",
    caption="The same noise, network and 50 steps of DDIM: uncorrected, with the mean of the"
    " predicted noise corrected, with its amplitude corrected, with both, and without correction"
    " but with the predicted image clamped at every step.",
    made="The model `attention-class` with its last weights, nothing picked; the border of the"
    " picture shows the error of the prediction.",
    alt="Five rows of the digits 0 to 9. In the first, four cells are full of noise, four are an"
    " even grey with a faint digit, and two show a digit. In the second, the noise is the same, and"
    " the four grey cells are nearly black and empty. The third has digits on black or dark grey,"
    " the fourth on black; in both the 4 is in pieces. The last has two in noise, three on grey.",
    models=("attention-class",),
    settings={"seed": 0, "steps": 50},
)
def put_right_sheet() -> Image.Image:
    """Every digit with each correction."""
    model, labels = load("attention-class", weights="raw"), torch.arange(10)
    lines = [
        model.last_images(states(model, labels, ddim, STEPS, way))[:, 0] for way in (*WAYS, CLAMP)
    ]
    columns = [str(digit) for digit in range(10)]
    names = ["as it is", *[*WAYS][1:], CLAMP]
    return viz.sheet(torch.stack(lines), rows=names, columns=columns)


@figure(
    "offset",
    "backgrounds",
    caption="The shift of the predicted clean image that follows from the offset of the predicted"
    " noise. Black is −1 and white is 1.",
    made="Root mean square over 500 held-out digits, from the measurement `grounds`.",
    alt="A plot on a logarithmic axis of the shift of the predicted image against t, with a line"
    " for each set of weights of the attention network and one for the flagship.",
    results=("grounds",),
)
def offset_curve() -> Plot:
    """The shift of the predicted x_0 against t."""
    plot, (axes,) = viz.plot()
    colours = iter((viz.VERMILION, viz.ORANGE, viz.BLUE))
    for name, curve in read_json("grounds")["offsets"].items():
        times = [int(t) for t in curve]
        axes.plot(times, [curve[str(t)]["x0"] for t in times], color=next(colours), label=name)
    axes.set(xlabel="time t", ylabel="shift of the predicted image")
    viz.log_scale(axes)
    axes.legend(frameon=False)
    return plot


def derived() -> dict[str, Any]:
    """The factor of an offset, and what two samplers make of it."""
    lever, pixels = {t: ratio(LINEAR, t) for t in range(1, 1001)}, 32**2
    lever[0] = 0.0

    def collected(steps: int, power: int) -> float:
        path = strided(1000, steps)
        return sum((1 - (lever[s] / lever[t]) ** power) * lever[t] for t, s in pairwise(path))

    amplitude = 1 / math.sqrt(2 * pixels)
    # The amplitude of ancestral noise: each step adds a part in the direction of the noise in x.
    added = sum(
        float(LINEAR.beta[t] / (1 - LINEAR.alpha_bar[t])) / pixels for t in range(501, 1001)
    )
    return {
        "enough": 0.2 / lever[1000],
        "enough_squared": (0.2 / lever[1000]) ** 2,
        "mean_of_noise": 1 / math.sqrt(pixels),
        "within_a_tenth": 0.1 / lever[1000],
        "of_the_noise": 0.1 / lever[1000] * math.sqrt(pixels),
        "added": {
            f"{name}{steps}": collected(steps, power)
            for name, power in {"ddim": 1, "ancestral": 2}.items()
            for steps in (50, 1000)
        },
        "forgotten": {
            "ddim": lever[300] / lever[700],
            "ancestral": (lever[300] / lever[700]) ** 2,
            "border": lever[180] / lever[1000],
        },
        "stands_out": max(t for t in lever if lever[t] / math.sqrt(pixels) < 0.2),
        "collected": 1 - lever[600] / lever[1000],
        "amplitude": {
            "start": amplitude,
            "700": amplitude * lever[1000] / lever[700],
            "500": amplitude * lever[1000] / lever[500],
            "ancestral500": math.sqrt(amplitude**2 + added),
            "guess": amplitude * lever[1000],
        },
        "weight": 1 / lever[1000] ** 2,
        "below_200": 0.2 / lever[200],
    }
