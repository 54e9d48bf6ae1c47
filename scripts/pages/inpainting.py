"""The figures and the measurement of the page on inpainting."""

from __future__ import annotations

from functools import partial
from statistics import fmean
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.data import as_images, bundled, held_out
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.masks import MASKS, hidden
from ddpm.sampling import posterior, sample
from ddpm.schedule import NoiseSchedule
from ddpm.techniques.inpainting import as_mask, inpaint, keep_known
from ddpm.techniques.shared import in_range
from ddpm.timesteps import resampled, strided
from scripts.workshop.judge import judge, rows
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, digest_of, figure, measurement


def seam_error(images: Tensor, mask: Tensor) -> Tensor:
    """How much two neighbours differ across the mask's border, on average: (N,).

    Args:
        images: (N, 1, 28, 28) in [0, 1].
        mask: (28, 28) of zeros and ones.
    """
    error, count = torch.zeros(len(images)), 0.0
    for dim in (2, 3):
        steps = images.diff(dim=dim).abs()[:, 0]
        seam = mask.diff(dim=dim - 2).abs()
        error, count = error + (steps * seam).sum((1, 2)), count + float(seam.sum())
    return error / max(count, 1)


COUNT, REPEATS = 100, (1, 3, 5)
"""Held-out digits a setting, and how often each five steps are taken."""


def one_setting(name: str, told: bool, repeats: int, count: int) -> dict[str, Any]:
    """What becomes of held-out digits under one mask: is the class read right, does it fit?"""
    digits = bundled()[:: 5000 // count]
    clean, new, model = as_images(digits), MASKS[name], load("digits")
    with fast_arithmetic(default_device()):
        labels = digits.labels.tolist() if told else None
        images = inpaint(model, clean, new, labels, repeats=repeats, seed=SEED)
    read = judge().read(images)
    return {
        "mask": name,
        "told": told,
        "repeats": repeats,
        "right": float((read == digits.labels).float().mean()),
        "seam": float(seam_error(images, new).mean()),
        "known": float(((images - clean) * (1 - new)).abs().max()),
    }


# --8<-- [start:bias]
def replacement_mean(repeats: int, correlation: float = 0.9, count: int = 20_000) -> float:
    """What inpainting makes of one of two pixels when the other is known to be 1, on average.

    Both are standard normal with a known correlation, so the best noise estimate is a matrix and
    the right answer is the correlation.
    """
    schedule = NoiseSchedule.cosine(1000)
    covariance = torch.tensor([[1.0, correlation], [correlation, 1.0]], dtype=torch.float64)

    def ideal(x: Tensor, t: int) -> Tensor:
        alpha_bar = schedule.alpha_bar[t]
        mixed = alpha_bar * covariance + (1 - alpha_bar) * torch.eye(2)
        return (1 - alpha_bar).sqrt() * x @ torch.linalg.inv(mixed)

    generator = torch.Generator().manual_seed(SEED)

    def noise() -> Tensor:
        return torch.randn(count, 1, 1, 2, generator=generator, dtype=torch.float64)

    image, mask = torch.ones(count, 1, 1, 2, dtype=torch.float64), torch.tensor([0.0, 1.0])
    project = keep_known(image, mask, schedule, noise)
    path = resampled(strided(1000, 25), 5, repeats)
    *_, last = sample(ideal, noise(), path, schedule, posterior, project=project, noise=noise)
    return float(last.x[..., 1].mean())
    # --8<-- [end:bias]


def over_masks(settings: list[dict[str, Any]], real: dict[str, float]) -> dict[str, float]:
    """The mean over masks of what is read right, and of the seam beyond that of real digits."""
    return {
        "right": fmean(row["right"] for row in settings),
        "excess": fmean(row["seam"] - real[row["mask"]] for row in settings),
    }


@measurement
def inpainting(quick: bool) -> dict[str, Any]:
    """Inpainting under every mask: class read right and seam error, with and without resampling."""
    count = 20 if quick else COUNT
    settings = {"weights": digest_of("weights/digits.safetensors"), "count": count}
    jobs = {
        f"{name}-{'label' if told else 'none'}-{repeats}": partial(
            one_setting, name, told, repeats, count
        )
        for name in (["bottom"] if quick else MASKS)
        for told in (True, False)
        for repeats in (REPEATS[:1] if quick else REPEATS)
    }
    clean = as_images(bundled()[:: 5000 // count])
    table = rows("inpainting-quick" if quick else "inpainting", settings, jobs)
    real = {name: float(seam_error(clean, mask).mean()) for name, mask in MASKS.items()}
    return {
        "rows": table,
        "all": {
            f"{'label' if told else 'none'}-{repeats}": over_masks(
                [r for r in table.values() if (r["told"], r["repeats"]) == (told, repeats)], real
            )
            for told in (True, False)
            for repeats in (REPEATS[:1] if quick else REPEATS)
        },
        "real": real,
        "bias": {
            "exact": 0.9,
            **{str(r): replacement_mean(r) for r in ((1,) if quick else (1, 2, 3, 5, 10, 20))},
        },
        **settings,
    }


SHOWN = {"top": 3, "bottom": 7, "left": 8, "stripe": 0, "hole": 2, "freehand": 5}
"""The digit that each mask of the figure lies on."""


@figure(
    "inpaint-masks",
    "inpainting",
    caption="Six digits with a part hidden, and six ways each in which the model fills it: the"
    " known pixels, left, are kept.",
    made="Held-out digits; the model `digits` told the right label, at its default setting; nothing"
    " picked.",
    alt="Six rows. In each, a digit, the same with the hidden part in grey, and six completions,"
    " which agree with the known part and differ in the hidden one.",
    models=("digits",),
    settings={"seed": 0, "masks": list(SHOWN)},
)
def all_masks() -> Image.Image:
    """Every mask on one digit."""
    model, lines = load("digits"), []
    for name, label in SHOWN.items():
        picture, new = held_out(label), MASKS[name]
        drawn = inpaint(model, picture, new, label, n=6, seed=0)[:, 0]
        lines.append(torch.cat([torch.stack([picture, hidden(picture, new)]), drawn]))
    columns = ["true", "kept", *map(str, range(1, 7))]
    return viz.sheet(torch.stack(lines), rows=[*SHOWN], columns=columns)


@figure(
    "inpaint-labels",
    "inpainting",
    caption="The upper half of one digit, and what the model makes of it when told each of the ten"
    " labels: where the half does not fit the label, one of the two gives way.",
    made="Rows: three held-out digits, lower half hidden. The first completion is told nothing.",
    alt="Three rows. Each begins with the upper half of a digit, followed by completions told"
    " nothing and told 0 to 9. Some are good digits; where the upper half contradicts the label,"
    " strokes break at the seam or another digit comes out.",
    models=("digits",),
    settings={"seed": 0, "mask": "bottom"},
)
def every_label() -> Image.Image:
    """Upper halves told every label."""
    model, lines = load("digits"), []
    for label in (7, 3, 0):
        picture, new = held_out(label), MASKS["bottom"]
        untold = inpaint(model, picture, new, None, seed=0)
        told = inpaint(model, picture, new, list(range(10)), n=10, seed=0)
        lines.append(torch.cat([hidden(picture, new)[None], untold[:, 0], told[:, 0]]))
    columns = ["kept", "none", *map(str, range(10))]
    return viz.sheet(torch.stack(lines), columns=columns, across="label told")


@figure(
    "inpaint-filling",
    "inpainting",
    caption="The known half is noised to each time and put in place after every step; the other"
    " half follows.",
    made="The states of the sampling loop, 25 steps, the upper half known.",
    alt="Ten cells. Their upper halves go from noise to the halves of given digits, and below them"
    " matching lower halves appear.",
    models=("digits",),
    settings={"seed": 0, "mask": "bottom"},
    milliseconds=110,
    levels=8,
)
def filling() -> list[Image.Image]:
    """Ten digits' lower halves being drawn."""
    model, labels = load("digits"), list(range(10))
    x0 = in_range(model, torch.stack([held_out(label) for label in labels])[:, None])
    mask = as_mask(model, MASKS["bottom"])
    project = keep_known(x0, mask, model.schedule, model.noise(10, stream=1))
    states = [*model.states(labels=labels, sampler="ancestral", project=project)]
    return [
        viz.title_bar(
            viz.sheet(model.to_images(state.x)[:, 0].unflatten(0, (2, 5)), scale=4),
            f"t = {state.t}",
        )
        for state in states
    ]


@figure(
    "inpaint-bias",
    "inpainting",
    caption="Two pixels with a correlation of 0.9, one known to be 1: the other should come out as"
    " 0.9 on average, and without resampling does not.",
    made="A point is the mean of 20,000 runs of 25 ancestral steps with the exact noise estimate.",
    alt="A curve of the mean against the number of times each part of the path is walked, on a"
    " logarithmic axis. It rises, levels off near 0.74, and stays below a dotted line at 0.9.",
    results=("inpainting",),
)
def bias() -> Plot:
    """The mean of the unknown pixel against the repeats."""
    means = dict(read_json("inpainting")["bias"])
    exact = means.pop("exact")
    plot, (axes,) = viz.plot(height=3.4)
    axes.plot([int(r) for r in means], list(means.values()), color=viz.BLUE, marker="o")
    axes.axhline(exact, color=viz.INK, linestyle=":")
    axes.text(1, exact, "exact", va="bottom")
    axes.set(xscale="log", xlabel="times each five steps are walked", ylabel="mean")
    axes.set_xticks([1, 2, 3, 5, 10, 20], ["1", "2", "3", "5", "10", "20"])
    axes.minorticks_off()
    return plot
