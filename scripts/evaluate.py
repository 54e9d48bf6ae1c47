"""Measures what the pages claim: `python -m scripts.evaluate [NAME ...]`.

Each measurement is a function that returns a dictionary; it is written, with a record of how it
was obtained, to `site_assets/results/NAME.json`, from where the pages read it.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable
from typing import Annotated, Any

import torch
import tyro
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from ddpm.data import Digits, bundled, mnist
from ddpm.diffusion import Diffusion, bundled_models, default_device, load
from ddpm.metrics import (
    Classifier,
    as_images,
    fid,
    load_classifier,
    psnr,
    train_classifier,
)
from ddpm.recipes import DENOISER, RECIPES
from ddpm.schedule import NoiseSchedule
from ddpm.training import Run, fast_arithmetic, loss
from scripts.common import (
    RESULTS,
    how,
    read_json,
    results_file,
    run,
    write_json,
    write_pictures,
)
from scripts.denoiser import add_noise, denoise
from scripts.registry import digest_of
from scripts.sample import draw

SEED = 0

MEASUREMENTS: dict[str, Callable[[bool], dict[str, Any]]] = {}


def measurement(
    function: Callable[[bool], dict[str, Any]],
) -> Callable[[bool], dict[str, Any]]:
    """Registers a measurement under its name; it is told whether to be quick."""
    MEASUREMENTS[function.__name__] = function
    return function


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
                images, _ = draw(model, list(range(10)), each, steps, sampler, SEED)
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


@measurement
def denoising(quick: bool) -> dict[str, Any]:
    """What the denoiser does at each level of noise, and one trained on pure noise."""
    model, classifier = load("denoiser"), load_classifier()
    digits = bundled()[:: 50 if quick else 5]
    clean, rows = as_images(digits), []
    for sigma in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        noisy = add_noise(clean, sigma)
        for name, images in (("noisy", noisy.clamp(0, 1)), ("denoised", denoise(model, noisy))):
            right = float((classifier.read(images) == digits.labels).float().mean())
            decibels = float(psnr(images, clean).mean())
            rows.append((sigma, name, decibels if math.isfinite(decibels) else None, right))
    training = mnist("train")
    average = training.images.float().mean(0)[None, None] / 255
    answers = trained_on_noise(training, steps=20 if quick else 400)
    if not quick:
        write_pictures(results_file("denoising.npz"), {"average": average, "pure": answers})
    return {
        "sigmas": sorted({sigma for sigma, *_ in rows}),
        **{name: [value for _, kind, value, _ in rows if kind == name] for name in KINDS},
        **{f"{name}_read": [right for _, kind, _, right in rows if kind == name] for name in KINDS},
        "count": len(digits),
        "pure_to_average": float((answers - average).abs().mean()),
        "digit_to_average": float((clean - average).abs().mean()),
        "weights": digest_of("weights/denoiser.safetensors"),
    }


KINDS = ("noisy", "denoised")


@measurement
def quality(quick: bool) -> dict[str, Any]:
    """How well every model draws what it is asked for, at its default setting.

    A second classifier, trained here, was not there when anything was chosen.
    """
    test, training = as_images(mnist("test")), mnist("train")
    judges = {"": load_classifier(), "second_": second_classifier(1 if quick else 6)}
    order = torch.randperm(len(training), generator=torch.Generator().manual_seed(SEED))
    real = as_images(training[order[:COUNT]])
    floors = {judge: fid(real, test, judges[judge]) for judge in judges}
    asked = torch.arange(10).repeat_interleave(COUNT // 10)
    device, models = default_device(), {}
    for name in ["digits"] if quick else bundled_models():
        model = load(name)
        if not model.recipe.classes:
            continue
        started = time.perf_counter()
        with fast_arithmetic(device):
            images = model.sample(labels=asked, seed=SEED).float()
        recipe = model.recipe
        models[name] = {
            "sampler": recipe.sampler,
            "steps": recipe.steps,
            "guidance": recipe.guidance,
            "seconds": time.perf_counter() - started,
            "weights": digest_of(f"weights/{name}.safetensors"),
        }
        for judge, classifier in judges.items():
            distance = fid(images, test, classifier)
            models[name] |= {
                f"{judge}accuracy": float((classifier.read(images) == asked).float().mean()),
                f"{judge}fid": distance,
                f"{judge}fid_over_floor": distance / floors[judge],
            }
        print(name, models[name])
    read = judges["second_"].read(test)
    return {
        "models": models,
        "floor": floors[""],
        "second_floor": floors["second_"],
        "second_test_accuracy": float((read == mnist("test").labels).float().mean()),
        "count": COUNT,
    }


COUNT = 1000


def second_classifier(epochs: int) -> Classifier:
    """A narrower classifier from another seed, for numbers that nothing was chosen by."""
    torch.manual_seed(SEED + 1)
    classifier = Classifier(width=24)
    for _ in tqdm(train_classifier(classifier, mnist("train"), epochs, seed=SEED + 1)):
        pass
    return classifier


@measurement
def networks(quick: bool) -> dict[str, Any]:
    """Size, cost and speed of every recipe's network."""
    speeds, rows, device = read_json("bench")["training"], {}, default_device()
    for name, recipe in RECIPES.items():
        model = Diffusion(recipe, device=device)
        size, n = recipe.scaling.size, 1 if quick else 64
        x = torch.randn(n, 1, size, size, device=device)
        t = torch.ones(n, dtype=torch.int64, device=device)
        labels = torch.zeros(n, dtype=torch.int64, device=device)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            recipe.ask(model.network, x, t, labels)
        calls = []
        for _ in range(3):
            started = time.perf_counter()
            with torch.no_grad():
                recipe.ask(model.network, x, t, labels)
            if device.type == "cuda":
                torch.cuda.synchronize()
            calls.append(n / (time.perf_counter() - started))
        rows[name] = {
            "parameters": sum(p.numel() for p in model.network.parameters()),
            "macs": counter.get_total_flops() // 2 // n,
            "training": speeds[name]["ours"],
            "calls": max(calls),
        }
        if (log := results_file(f"training/{name}")).is_file():
            rows[name]["loss"] = json.loads(log.read_text())["epochs"][-1]["validation_averaged"]
    return {"networks": rows, "batch": n}


def trained_on_noise(digits: Digits, steps: int) -> Tensor:
    """What a small denoiser answers to noise after it was trained on nothing but noise.

    Returns:
        Its answers to eight images of noise, (8, 1, 28, 28) in [0, 1].
    """
    recipe = dataclasses.replace(DENOISER, options={"width": 16, "time": False}, input_scale=1.0)
    nothing_left = NoiseSchedule.from_betas(torch.tensor([1 - 1e-9]))
    state = Run.start(recipe)
    generator = torch.Generator().manual_seed(SEED)
    for group in state.optimizer.param_groups:
        group["lr"] = 1e-3
    state.network.train()
    t, batch = torch.ones(recipe.training.batch, dtype=torch.int64), recipe.training.batch
    for _ in range(steps):
        chosen = torch.randint(len(digits), (batch,), generator=generator)
        x0 = recipe.scaling.to_network(digits.images[chosen])
        eps = torch.randn(x0.shape, generator=generator)
        error = loss(state.network, recipe, nothing_left, x0, digits.labels[chosen], t, eps)
        state.optimizer.zero_grad()
        error.backward()
        state.optimizer.step()
    model = Diffusion(recipe, state.network)
    return denoise(model, add_noise(torch.zeros(8, 1, 28, 28), 1.0))


def evaluate(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    list_: Annotated[bool, tyro.conf.arg(name="list")] = False,
    quick: bool = False,
) -> None:
    """Measures, and writes the results that the pages read.

    Args:
        names: which; all by default.
        list_: only list their names.
        quick: fewer samples, to see that all works; nothing is written.
    """
    if list_:
        for name, function in MEASUREMENTS.items():
            print(f"{name:12} {(function.__doc__ or '').splitlines()[0]}")
        return
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        raise ValueError(f"unknown measurement '{unknown[0]}'; --list shows all")
    for name in names or MEASUREMENTS:
        started = time.perf_counter()
        values = MEASUREMENTS[name](quick)
        values["how"] = how(default_device(), SEED, time.perf_counter() - started)
        if not quick:
            write_json(RESULTS / f"{name}.json", values)
        print(f"{name}: {values}")


if __name__ == "__main__":
    run(evaluate)
