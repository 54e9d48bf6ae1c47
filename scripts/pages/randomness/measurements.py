"""What chance decides: the first noise against the noise of the steps."""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from functools import partial
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm import viz
from ddpm.checkpoints import Run
from ddpm.data import bundled
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.noise import PER_SEED, Noise
from ddpm.recipes import DIGITS
from ddpm.sampling import StepRule, ddim, posterior, sample
from ddpm.training import train
from scripts.workshop.judge import COUNT, judge, natural_labels, rows
from scripts.workshop.quality import weights_of
from scripts.workshop.registry import SEED, digest_of, figure, measurement
from scripts.workshop.samples import Setting, drawn, judged

STARTS, RUNS, STEPS = 20, 100, 50
"""How many first noises, how many runs from each, and the steps of a run."""

TRAINING, HELD_OUT = 4000, 1000
"""On how many starts the outcome is learned from the first noise, and on how many it is tested."""


def unlabelled(model: Diffusion, count: int, x: Tensor, rule: StepRule, steps: int) -> Tensor:
    """What `digits` generates without a label, from starts x: (count, 1, 28, 28)."""
    eps_fn = model.unlabelled(count)
    noise = Noise(range(PER_SEED, PER_SEED + count), (1, 28, 28), model.device)
    with fast_arithmetic(default_device()):
        states = sample(
            eps_fn, x.to(model.device), model.path(steps), model.schedule, rule, noise=noise
        )
        return model.last_images(states)


def entropy(classes: Tensor) -> float:
    """Of integer classes 0..9, in bits: 0 if all are the same, log2(10) = 3.32 at most."""
    shares = classes.bincount(minlength=10).double() / len(classes)
    return float(-(shares * shares.clamp(min=1e-300).log2()).sum())


def starts(count: int, first: int = 0) -> Tensor:
    """The first noises of images number first, first + 1, ..., (count, 1, 28, 28)."""
    return Noise(range(first, first + count), (1, 28, 28))()


def given_start(rule: StepRule, steps: int, runs: int, count: int) -> dict[str, float]:
    """How undecided the digit is, as entropies in bits.

    Returns:
        `given_start`: of the runs from one first noise, the mean over the starts; `overall`: of
        all runs from all starts.
    """
    model, read = load("digits"), []
    for start in starts(count):
        images = unlabelled(model, runs, start[None].expand(runs, -1, -1, -1), rule, steps)
        read.append(judge().read(images))
    given = sum(entropy(classes) for classes in read) / count
    return {"given_start": given, "overall": entropy(torch.cat(read)), "steps": steps}


def predict(rule: StepRule, steps: int, training: int, held_out: int) -> dict[str, float]:
    """How well a network learns to predict from x_T which digit the sample will show.

    Returns:
        `accuracy` on starts not learned from; `commonest`, that of always
        answering with the most common digit.
    """
    model, x = load("digits"), starts(training + held_out, first=500_000)
    read = [judge().read(unlabelled(model, len(p), p, rule, steps)) for p in x.split(500)]
    labels = torch.cat(read)
    torch.manual_seed(SEED)
    network = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10)
    )
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=0.5)
    generator = torch.Generator().manual_seed(SEED)
    for _ in range(20):
        for chosen in torch.randperm(training, generator=generator).split(100):
            error = F.cross_entropy(network(x[chosen]), labels[chosen])
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
    network.eval()
    with torch.no_grad():
        guess = network(x[training:]).argmax(1)
    true = labels[training:]
    return {
        "accuracy": float((guess == true).float().mean()),
        "commonest": float((true == labels[:training].mode().values).float().mean()),
    }


def without_noise(name: str, sampler: str, count: int, steps: int) -> dict[str, Any]:
    """A sampler's results for each digit: how many are recognised, and how much they vary.

    Returns:
        The row of `judged`, with `spread`: the standard deviation of a pixel over the images of
        one digit, the mean over pixels and digits.
    """
    setting = Setting(name, sampler, steps).whole()
    images, labels = drawn(setting, count), natural_labels(count)
    spreads = [images[labels == label].std(0).mean() for label in range(10)]
    return {**judged(setting, count), "spread": float(torch.stack(spreads).mean())}


@measurement
def randomness(quick: bool) -> dict[str, Any]:
    """What one first noise becomes, and whether it can be predicted."""
    count, runs, steps = (2, 10, 10) if quick else (STARTS, RUNS, STEPS)
    training, held_out = (200, 100) if quick else (TRAINING, HELD_OUT)
    return {
        "ancestral": predict(posterior, steps, training, held_out)
        | given_start(posterior, steps, runs, count),
        "ddim": predict(ddim, 25, training, held_out) | given_start(ddim, 25, 2, count),
        "no_noise": rows(
            "randomness-quick" if quick else "randomness",
            weights_of(["attention-class", "digits"]),
            {
                f"{name}, {sampler}": partial(without_noise, name, sampler, COUNT, 2 * steps)
                for name in (["digits"] if quick else ["attention-class", "digits"])
                for sampler in ("ancestral", "ddim", "no-noise")
            },
        ),
        "largest": math.log2(10),
        "starts": count,
        "runs": runs,
        "training": training,
        "held_out": held_out,
        "weights": digest_of("weights/digits.safetensors"),
    }


@measurement
def times(quick: bool) -> dict[str, Any]:
    """Seconds of training and of sampling against T, the best of rounds in which all take turns."""
    digits, nothing, device, count = bundled()[:2560], bundled()[:1], default_device(), 8
    recipes = [
        dataclasses.replace(DIGITS, T=T, steps=T)
        for T in ((100, 300) if quick else (100, 300, 1000, 4000))
    ]
    states = [Run.start(recipe, device) for recipe in recipes]
    table = {str(recipe.T): {"training": 0.0, "sampling": math.inf} for recipe in recipes}
    for turn in range(1, 3 if quick else 5):  # the first one warms up
        for recipe, state in zip(recipes, states, strict=True):
            state.plan = None  # the rate has no effect on the speed
            *_, last = train(state, digits, nothing, epochs=turn)
            model = Diffusion(recipe, copy.deepcopy(state.averaged), device)
            with fast_arithmetic(device):
                model.sample(labels=[0] * count, guidance=1.0, steps=5)  # prepares the kernels
                started = time.perf_counter()
                model.sample(labels=[0] * count, guidance=1.0, seed=SEED)
            seconds = (time.perf_counter() - started) / count
            if turn > 1:
                row = table[str(recipe.T)]
                row["training"] = max(row["training"], last.images_per_second)
                row["sampling"] = min(row["sampling"], seconds)
    steps = [1000 * row["sampling"] / int(T) for T, row in table.items()]
    speeds = [row["training"] for row in table.values()]
    return {
        "rows": table,
        "per_step": {"least": min(steps), "most": max(steps)},
        "training_range": max(speeds) / min(speeds) - 1,
    }


@figure(
    "one-start",
    "randomness",
    caption="One first noise, nine runs. With fresh noise in every step it becomes various digits,"
    " and another first noise becomes the same ones. With DDIM it becomes one image.",
    made=f"The model `digits` without a label: {STEPS} ancestral steps, and DDIM in 25.",
    alt="Four rows, each a cell of noise and nine results. In the first and third, by ancestral"
    " sampling, the results are various digits, the same nine in both rows; in the second and"
    " fourth, by DDIM, all nine are the same.",
    models=("digits",),
    settings={"seed": 0, "starts": 2, "runs": 9},
)
def one_start() -> Image.Image:
    """Two starts, each continued nine times by two samplers."""
    model, lines, names = load("digits"), [], []
    for start in starts(2):
        shown = model.to_images(start[None])[:, 0]
        for name, rule, steps in (("ancestral", posterior, STEPS), ("ddim", ddim, 25)):
            nine = start[None].expand(9, -1, -1, -1)
            lines.append(torch.cat([shown, unlabelled(model, 9, nine, rule, steps)[:, 0]]))
            names.append(name)
    columns = ["x_T", *map(str, range(1, 10))]
    return viz.sheet(torch.stack(lines), rows=names, columns=columns, across="runs")
