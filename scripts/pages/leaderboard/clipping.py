"""The effect of clamping the predicted clean image to the range of images at every step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from PIL import Image

from ddpm import viz
from ddpm.loading import load
from scripts.pages.guidance import one_scale
from scripts.pages.leaderboard.measurements import one_setting
from scripts.workshop.costs import steps_for
from scripts.workshop.judge import COUNT, rows
from scripts.workshop.records import read_json
from scripts.workshop.registry import digest_of, figure, measurement

FEW_CALLS = (("beta-noise", 5), ("heun-eps", 10))
"""Rows of the leaderboard that go wrong; the first of its seeds is clamped."""

SCALES = (10.0, 7.0)
"""A scale of guidance at which strokes saturate."""


def change(free: dict[str, Any], clamped: dict[str, Any]) -> str:
    """What the clamp does to the distance from real digits, by limits set before measuring.

    "cured": at most twice the floor where it was more; "smaller" or "larger": by more than a
    tenth, which is more than two sets of samples differ by; otherwise "no difference".
    """
    before, after = free["fid_over_floor"], clamped["fid_over_floor"]
    if after <= 2 < before:
        return "cured"
    return "smaller" if after < 0.9 * before else "larger" if after > 1.1 * before else NO_CHANGE


NO_CHANGE = "no difference"


@measurement
def clipping(quick: bool) -> dict[str, Any]:
    """Samplers with few calls and strong guidance, with the predicted image clamped."""
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": COUNT}
    jobs: dict[str, Callable[[], dict[str, Any]]] = {
        **{
            f"{sampler}-{calls}": partial(one_setting, sampler, calls, COUNT, 1, clip=True)
            for sampler, calls in (FEW_CALLS[:1] if quick else FEW_CALLS)
        },
        **{
            f"{scale:g}": partial(one_scale, scale, COUNT, clip=True)
            for scale in (() if quick else SCALES)
        },
    }
    table = rows("clipping-quick" if quick else "clipping", settings, jobs)
    free = {**read_json("leaderboard")["rows"], **read_json("guidance")["rows"]}
    compared = {
        key: {"free": free[key], "clamped": row, "change": change(free[key], row)}
        for key, row in table.items()
    }
    return {"rows": compared, **settings}


SHOWN = (
    ("beta-noise, 5", {"sampler": "beta-noise", "steps": 5}),
    ("heun-eps, 10", {"sampler": "heun-eps", "steps": steps_for("heun-eps", 10)}),
    ("scale 10", {"guidance": 10.0}),
)
"""Settings of the figure, which is a pair of rows for each."""


@figure(
    "clipping",
    "leaderboard",
    caption="Three settings that go wrong, each without the clamp and below it with the predicted"
    " image clamped at every step.",
    made="The model `digits`, one sample of each label from the same noise in all rows: 5 steps of"
    " `beta-noise`, 9 calls of `heun-eps`, and DDIM in 25 steps at a guidance scale of 10.",
    alt="Three pairs of rows of the digits 0 to 9, without the clamp above and with it below.",
    models=("digits",),
    settings={"seed": 4, "shown": [name for name, _ in SHOWN]},
)
def clipping_sheet() -> Image.Image:
    """Every digit with and without the clamp."""
    model, images, names = load("digits"), [], []
    for name, options in SHOWN:
        for clip in (False, True):
            images.append(model.sample(labels=range(10), seed=4, clip=clip, **options)[:, 0])
            names.append(f"{name}, clamped" if clip else name)
    columns = [str(digit) for digit in range(10)]
    return viz.sheet(torch.stack(images), rows=names, columns=columns, across="label")
