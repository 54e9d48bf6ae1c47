"""Draws digits: `python -m scripts.sample --labels 0123456789 --each 10 --out digits.png`.

The ending of `--out` decides: `.png` is a sheet, `.gif` the way from noise to digits, `.npz` the
arrays `images` (N, 28, 28) in [0, 1] and `labels` (N,).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from ddpm import viz
from ddpm.classifiers import load_classifier
from ddpm.commands.shared import check_out, parse_labels, run, write_frames, write_images
from ddpm.histories import pick_frames, sample_history
from ddpm.loading import load
from ddpm.noise import Noise
from ddpm.sampling import SAMPLERS
from ddpm.timesteps import every
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, digest_of, figure, measurement


def sample(
    model: str = "digits",
    labels: str | None = None,
    each: int = 1,
    steps: int | None = None,
    sampler: str | None = None,
    spacing: str = "trailing",
    guidance: float | None = None,
    weights: Literal["raw", "averaged"] | None = None,
    seed: int = 0,
    device: str | None = None,
    out: Path = Path("digits.png"),
) -> None:
    """Draws digits with a trained model.

    Args:
        model: the name of a bundled model, or the path of a weights file.
        labels: the digits to draw, such as 0123456789, or the names of the model's own classes
            with commas between them; all by default.
        each: how many of each (of all, for a model without labels).
        steps: from noise to image, at most the T that the model was trained with; each costs a
            network call, with heun two; the model's own number by default.
        sampler: ancestral, beta-noise, no-noise, ddim, heun, heun-eps or dpm-solver; the model's
            own by default.
        spacing: how the steps are spread over the times: trailing (evenly, from T), uniform
            (evenly, ending with 1) or quadratic (denser towards the image).
        guidance: how strongly to insist on the label, 1 being not at all; the model's own by
            default. Only for models that were also trained without labels.
        weights: the last step's weights or their running average; the better set by default.
        seed: of the noise; the same seed draws the same images.
        device: cpu or cuda; a GPU by default if there is one.
        out: .png for a sheet, .gif for the way from noise to digits, .npz for the arrays.
    """
    check_out(out)
    if each < 1:
        raise ValueError(f"--each must be at least 1, not {each}")
    if sampler is not None and sampler not in SAMPLERS:
        raise ValueError(f"unknown sampler '{sampler}'; there are {', '.join(SAMPLERS)}")
    diffusion = load(model, device, weights)
    chosen = parse_labels(labels, diffusion)
    steps = diffusion.recipe.steps if steps is None else steps
    path = diffusion.path(steps, spacing)

    gif = out.suffix.lower() == ".gif"
    times = pick_frames(path) if gif else set()
    images, history = sample_history(
        diffusion,
        chosen,
        each,
        steps,
        sampler,
        seed,
        guidance,
        keep=times,
        progress=True,
        spacing=spacing,
    )

    across = each if chosen and each <= 20 else None
    called = diffusion.recipe.names
    names = [called[label] if called else str(label) for label in chosen or () if across]

    def as_sheet(x: Tensor) -> Image.Image:
        return viz.sheet(viz.as_grid(x, across), rows=names, down="label" if names else "")

    if gif:
        frames = [viz.title_bar(as_sheet(history[t]), f"t = {t}") for t in path if t in times]
        write_frames(out, frames)
    else:
        all_labels = [label for label in chosen or [-1] for _ in range(each)]
        write_images(out, images, torch.tensor(all_labels), as_sheet(images))
    print(f"{out}: {len(images)} images, {steps} steps each")


@measurement
def reading(quick: bool) -> dict[str, Any]:
    """The share of conditional samples that are read as the digit asked for."""
    each = 2 if quick else 10
    classifier = load_classifier()
    asked = torch.arange(10).repeat_interleave(each)
    shares: dict[str, dict[str, float]] = {}
    settings = [("ancestral", 1000), ("ddim", 50)]
    with tqdm(total=2 * len(settings), unit="setting") as bar:
        for sampler, steps in settings:
            row = shares.setdefault(f"{sampler}-{steps}", {})
            for weights in ("raw", "averaged"):
                bar.set_description(f"{sampler}, {steps} steps, {weights}")
                model = load("attention-class", weights=weights)
                images, _ = sample_history(model, list(range(10)), each, steps, sampler, SEED)
                row[weights] = float((classifier.read(images) == asked).float().mean())
                # Most pixels of a digit are background: a grey ground shows in the median pixel.
                row[f"{weights}_grey"] = float(
                    (images.flatten(1).median(1).values > 0.1).float().mean()
                )
                bar.update()
    return {
        "attention-class": shares,
        "count": len(asked),
        "classifier_test_accuracy": read_json("classifier")["accuracy"]["test"],
        "weights": digest_of("weights/attention-class.safetensors"),
    }


TIMES = list(range(1000, -1, -100))
"""Where the histories are shown."""

GIF_TIMES = pick_frames(every(1000))

STEPS = {"sampler": "beta-noise", "steps": 1000, "seed": 0}
"""The source course's own sampling, for the figures that repeat its experiments."""


@cache
def history(name: str, label: int | None) -> dict[int, Tensor]:
    """What ten images look like at the times of `TIMES` and of a GIF: each (N, 28, 28)."""
    model = load(name)
    times = {*TIMES, *GIF_TIMES}
    images, kept = sample_history(
        model, None if label is None else [label], 10, 1000, "beta-noise", seed=0, keep=times
    )
    return {t: x[:, 0] for t, x in kept.items()} | {0: images[:, 0]}


def history_sheet(name: str, label: int | None = None) -> Image.Image:
    """Ten images in rows, their past from left to right."""
    kept = history(name, label)
    images = torch.stack([kept[t] for t in TIMES], dim=1)
    columns = [str(t) for t in TIMES]
    return viz.sheet(images, columns=columns, across="time t →", down="samples")


@figure(
    "history",
    "sampling",
    caption="Ten digits come out of noise: each row is one sample, time runs from left to right.",
    made="Ancestral sampling in 1000 steps with the variance β, as in the source course.",
    alt="A sheet of ten samples in rows at eleven times from t = 1000 to t = 0. Down to t = 400"
    " only noise is seen; at t = 300 shapes show through, at t = 100 digits can be read, and"
    " at t = 0 the noise is gone.",
    models=("attention",),
    settings=STEPS,
)
def unconditional_history() -> Image.Image:
    """Ten samples at t = 1000, 900, ..., 0."""
    return history_sheet("attention")


@figure(
    "denoising",
    "sampling",
    caption="Ten samples on their way from t = 1000 to t = 0.",
    made="The states that the sampling loop yields, 40 of 1001, in eight grey levels.",
    alt="Ten cells of noise in two rows; while a counter runs from t = 1000 down to t = 0, grey"
    " digits appear in them, and then become sharp.",
    models=("attention",),
    settings=STEPS,
    levels=8,
)
def denoising() -> list[Image.Image]:
    """The ten samples of the history as a GIF."""
    kept = history("attention", None)
    return [
        viz.title_bar(viz.sheet(kept[t].unflatten(0, (2, 5)), scale=4), f"t = {t}")
        for t in sorted(GIF_TIMES, reverse=True)
    ]


@figure(
    "fixed-start",
    "sampling",
    caption="In each row, ten runs from one and the same noise image, on the left: they end in"
    " different digits.",
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
    results = model.sample(x=x, steps=1000, sampler="beta-noise", seed=0)[:, 0]
    rows = torch.cat([model.to_images(starts), results.unflatten(0, (3, 10))], dim=1)
    columns = ["x₁₀₀₀", *(str(i) for i in range(1, 11))]
    return viz.sheet(rows, columns=columns, across="runs with different noise", down="starts")


@figure(
    "no-noise",
    "sampling",
    caption="The same starts, with the noise term and without it: without, all end in one flat"
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
    with_noise = history("attention", None)[0]
    without = load("attention").sample(10, steps=1000, sampler="no-noise", seed=0)[:, 0]
    images = torch.stack([with_noise, without])
    return viz.sheet(images, rows=["with noise", "without"], across="the same ten starts")


@figure(
    "label-3-history",
    "conditional",
    caption="Ten samples told to be a 3, and their past: each row is one sample.",
    made="Ancestral sampling in 1000 steps with the variance β; the label goes into every call.",
    alt="A sheet of ten samples in rows at eleven times from t = 1000 to t = 0. Threes appear out"
    " of noise from t = 400 on; those on the right are threes of different slant and width.",
    models=("attention-class",),
    settings={**STEPS, "label": 3},
)
def label_3_history() -> Image.Image:
    """Ten samples of the label 3 at t = 1000, 900, ..., 0."""
    return history_sheet("attention-class", 3)


@figure(
    "each-digit",
    "conditional",
    caption="Ten samples of each digit asked for; nothing was picked.",
    made="Ancestral sampling in 1000 steps with the variance β.",
    alt="A sheet of ten rows, one for each digit from 0 to 9, with ten samples in each. Most can"
    " be read as the digit of their row; a few are malformed, and a few have specks around them.",
    models=("attention-class",),
    settings=STEPS,
)
def each_digit() -> Image.Image:
    """Ten samples of each digit."""
    rows = [str(digit) for digit in range(10)]
    images, _ = sample_history(
        load("attention-class"), list(range(10)), 10, 1000, "beta-noise", seed=0
    )
    return viz.sheet(images[:, 0].unflatten(0, (10, 10)), rows=rows, across="samples", down="label")


@figure(
    "samplers-and-weights",
    "conditional",
    caption="The same labels and the same noise, through either set of weights: a thousand small"
    " steps hide what fifty large ones show, grey grounds and shapes that are no digits.",
    made="Ancestral sampling in 1000 steps and DDIM in 50, with the weights of the last training"
    " step and with their running average, nothing picked.",
    alt="Four rows of ten samples with the labels 0 to 9. The two upper rows, by ancestral"
    " sampling, show white digits on black. The two lower ones, by DDIM, show few readable"
    " digits; many of their cells are grey all over, more so with the averaged weights.",
    models=("attention-class",),
    settings={"samplers": ["ancestral, 1000 steps", "ddim, 50 steps"], "seed": 0},
)
def samplers_and_weights() -> Image.Image:
    """Labels 0 to 9 by two samplers and two sets of weights."""
    rows, images = [], []
    for sampler, steps in (("ancestral", 1000), ("ddim", 50)):
        for weights, name in (("raw", "last"), ("averaged", "averaged")):
            model = load("attention-class", weights=weights)
            images.append(model.sample(labels=range(10), sampler=sampler, steps=steps)[:, 0])
            rows.append(f"{sampler}, {name}")
    columns = [str(digit) for digit in range(10)]
    return viz.sheet(torch.stack(images), rows=rows, columns=columns, across="label")


@figure(
    "conditional-vs-unconditional",
    "conditional",
    caption="Above, digits drawn without a label; below, with the labels 0 to 9, twice."
    " Both start from the same noise.",
    made="Ancestral sampling in 1000 steps with the variance β, nothing picked.",
    alt="Four rows of ten samples. In the two upper rows, without labels, some shapes are no digit"
    " at all; in the two lower ones the digits 0 to 9 can mostly be read in order.",
    models=("attention", "attention-class"),
    settings={**STEPS, "labels": "0123456789 twice"},
)
def conditional_against_unconditional() -> Image.Image:
    """Twenty samples of either model from the same noise."""
    options: dict[str, Any] = {"steps": 1000, "sampler": "beta-noise", "seed": 0}
    without = load("attention").sample(20, **options)
    labels = [*range(10), *range(10)]
    with_labels = load("attention-class").sample(labels=labels, **options)
    images = torch.cat([without, with_labels])[:, 0].unflatten(0, (4, 10))
    rows = ["none", "none", "0 to 9", "0 to 9"]
    return viz.sheet(images, rows=rows, down="labels")


if __name__ == "__main__":
    run(sample)
