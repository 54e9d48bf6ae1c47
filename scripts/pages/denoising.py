"""The figures and the measurement of the page on denoising."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from ddpm import viz
from ddpm.baselines import best_blur, blurred, ways
from ddpm.data import as_images, bundled, held_out
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.metrics import psnr
from ddpm.techniques.denoising import add_noise, denoise
from ddpm.timesteps import from_time
from scripts.workshop.judge import judge
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, digest_of, figure, measurement

TIMES = (50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 850, 900)


@measurement
def ladder(quick: bool) -> dict[str, Any]:
    """Blur, one step and many steps over the noise: PSNR, and what is still recognised."""
    digits = bundled()[:: 100 if quick else 10]
    images, model = as_images(digits), load("digits")
    table: dict[str, Any] = {}
    for t in tqdm((250, 750) if quick else TIMES):
        noisy = add_noise(model, images, t, SEED)
        with fast_arithmetic(default_device()):
            results = ways(model, noisy, t)
        row: dict[str, Any] = {
            name: {
                "psnr": float(psnr(result, images).mean()),
                "mse": float((result - images).square().mean()),
                "read": float((judge().read(result) == digits.labels).float().mean()),
            }
            for name, result in results.items()
        }
        row["ratio"] = row["iterative"]["mse"] / row["one step"]["mse"]
        row["sigma"] = best_blur(model, t)
        row["signal"] = float(model.schedule.alpha_bar[t].sqrt())
        table[str(t)] = row
    return {
        "rows": table,
        "count": len(digits),
        "weights": digest_of("weights/digits.safetensors"),
    }


@measurement
def longer_ladder(quick: bool) -> dict[str, Any]:
    """The error of many steps over that of one, with 25 and with 100 steps from T to 0."""
    digits = bundled()[:: 500 if quick else 50]
    images, model, table = as_images(digits), load("digits"), {}
    for t in (500, 750):
        noisy = add_noise(model, images, t, SEED)
        with fast_arithmetic(default_device()):
            one = (denoise(model, noisy, t, once=True) - images).square().mean()
            for steps in (25, 100):
                many = denoise(model, noisy, t, sampler="ancestral", steps=steps, seed=SEED)
                table[f"{t}-{steps}"] = {"ratio": float((many - images).square().mean() / one)}
    weights = digest_of("weights/digits.safetensors")
    return {"rows": table, "count": len(digits), "weights": weights}


SHOWN = (250, 500, 750)
COLUMNS = ("noisy", "blur", "one step", "iterative")


@cache
def shown() -> dict[int, dict[str, Tensor]]:
    """Three held-out digits denoised from three times: by time, then by way."""
    model, images = load("digits"), torch.stack([held_out(k) for k in (3, 5, 8)])[:, None]
    return {t: ways(model, add_noise(model, images, t), t) for t in SHOWN}


@figure(
    "ladder",
    "denoising",
    caption="Three digits under three amounts of noise, and what a blur, one step and many steps"
    " give: one step gives the mean of all possible digits, many steps give one of them.",
    made="Held-out digits; the blur with the best width for each amount of noise, the model"
    " `digits` without a label.",
    alt="Nine rows of five cells: the clean digit, the noisy one, blurred, denoised in one step and"
    " in many. At t = 250 one step and many bring the digit back and the blur is soft; at"
    " 500 the blur is a smear and one step is soft;"
    " at 750 one step is a grey shadow and many steps give a sharp digit, not always the same one.",
    models=("digits",),
    settings={"seed": 0, "t": list(SHOWN)},
)
def ladder_sheet() -> Image.Image:
    """The ladder at three times."""
    images = torch.stack([held_out(k) for k in (3, 5, 8)])
    lines = [
        torch.stack([images, *(results[name][:, 0] for name in COLUMNS)], dim=1)
        for results in shown().values()
    ]
    names = [f"t = {t}" if k == 1 else "" for t in SHOWN for k in range(3)]
    return viz.sheet(
        torch.cat(lines), rows=names, columns=["clean", "noisy", "blur", "one", "many"]
    )


@figure(
    "ladder-steps",
    "denoising",
    caption="From t = 750 in many steps: above the image, below the predicted clean image, which"
    " starts as a grey shadow and becomes a definite digit.",
    made="The states of the sampling loop, the model `digits` without a label.",
    alt="Six cells, three above and three below. While the time falls, noise leaves the upper ones;"
    " in the lower ones a grey shadow sharpens into a digit.",
    models=("digits",),
    settings={"seed": 0, "t": 750},
    milliseconds=160,
    levels=8,
)
def ladder_steps() -> list[Image.Image]:
    """Denoising in many steps as a GIF."""
    model, images = load("digits"), torch.stack([held_out(k) for k in (3, 5, 8)])[:, None]
    noisy = add_noise(model, images, 750)
    path = from_time(model.path(50), 750)
    states = model.states(x=noisy, path=path, sampler="ancestral", eps_fn=model.unlabelled(3))
    return [
        viz.title_bar(
            viz.sheet(
                torch.stack([model.to_images(state.x)[:, 0], model.to_images(state.x0)[:, 0]]),
                rows=["image", "guess"],
                scale=4,
            ),
            f"t = {state.t}",
        )
        for state in states
    ]


START, STRIDE, EVERY = 691, 30, 5
"""Where the source's iterative denoising begins (its index 690), its stride, and which of its
states it shows."""


@figure(
    "ladder-strided",
    "denoising",
    caption="Every fifth state from t = 691 in strides of 30: the image, the predicted clean image"
    " at that time, and the best blur of the image. The first prediction is the result of a single"
    " step.",
    made="A held-out 3, the model `digits` without a label, 24 ancestral steps; the last column"
    " shows the clean digit beside each row.",
    alt="Three rows of seven cells. In the first, noise thins out from left to right until a digit"
    " is left. In the second, a soft grey digit sharpens. In the third, a smear becomes a grainy"
    " digit, which is clean only at the end. The last cell of each row is the clean digit.",
    models=("digits",),
    settings={"seed": 0, "t": START, "stride": STRIDE},
)
def ladder_strided() -> Image.Image:
    """The states of many steps from t = 691, their predictions and their blurs."""
    model, image = load("digits"), held_out(3)[None, None]
    noisy = add_noise(model, image, START)
    path = (*range(START, 0, -STRIDE), 0)
    states = model.states(x=noisy, path=path, sampler="ancestral", eps_fn=model.unlabelled(1))
    chosen = [s for s in states if (START - s.t) % (EVERY * STRIDE) == 0 or s.t == 0]
    rows = {
        "image": [model.to_images(s.x) for s in chosen],
        "predicted": [model.to_images(s.x0) for s in chosen],
        "best blur": [
            blurred(model, s.x, s.t, best_blur(model, s.t) if s.t else 0.0) for s in chosen
        ],
    }
    return viz.sheet(
        torch.stack([torch.cat([*cells, image])[:, 0] for cells in rows.values()]),
        rows=list(rows),
        columns=[*(str(s.t) for s in chosen), "clean"],
        across="t",
    )


@figure(
    "ladder-curves",
    "denoising",
    caption="PSNR (above) and the share in which the true digit is recognised (below), against t.",
    made="Held-out digits at each time, from the measurement `ladder`.",
    alt="Two plots against t with a line for each of the noisy image, the blur, one step and many"
    " steps. Above the peak signal-to-noise ratio, below the share in which the true digit"
    " is recognised.",
    results=("ladder",),
)
def ladder_curves() -> Plot:
    """PSNR and accuracy against t."""
    table = read_json("ladder")["rows"]
    times = [int(t) for t in table]
    plot, (above, below) = viz.plot(height=7.0, panels=2)
    colours = dict(zip(COLUMNS, (viz.INK, viz.ORANGE, viz.BLUE, viz.GREEN), strict=True))
    for name, colour in colours.items():
        for axes, key in ((above, "psnr"), (below, "read")):
            values = [row[name][key] for row in table.values()]
            axes.plot(times, values, color=colour, label=name)
    above.set(ylabel="PSNR (dB)")
    below.set(ylabel="recognised", xlabel="t")
    above.legend(frameon=False)
    return plot
