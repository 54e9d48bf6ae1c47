"""Figures and a measurement of the page on a denoiser for one level of noise."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.checkpoints import Run
from ddpm.classifiers import load_classifier
from ddpm.data import Digits, as_images, bundled, mnist
from ddpm.denoiser import add_noise, denoise, held_out
from ddpm.images import read_pictures, write_pictures
from ddpm.loading import load
from ddpm.metrics import psnr
from ddpm.model import Diffusion
from ddpm.recipes import DENOISER, recipe
from ddpm.schedule import NoiseSchedule
from ddpm.training import loss
from scripts.workshop.formulas import TRAIN, ratio, weights_of
from scripts.workshop.records import read_json, results_file
from scripts.workshop.registry import SEED, digest_of, figure, measurement

KINDS = ("noisy", "denoised")


SIGMAS = (0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0)
"""The levels of noise that the source course shows; 0.5 is the one trained for."""


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


def trained_on_noise(digits: Digits, steps: int) -> Tensor:
    """What a small denoiser answers to noise after it was trained on nothing but noise.

    Returns:
        Its answers to eight images of noise, (8, 1, 28, 28) in [0, 1].
    """
    recipe = dataclasses.replace(DENOISER, options={"width": 16, "time": False}, input_scale=1.0)
    nothing_left = NoiseSchedule.from_betas(torch.tensor([1 - 1e-9], dtype=torch.float64))
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


def _names(sigmas: tuple[float, ...]) -> list[str]:
    return [f"{sigma:g}" for sigma in sigmas]


@figure(
    "denoiser-noise-levels",
    "denoiser",
    caption="The same digits under more and more noise. The denoiser is trained for σ = 0.5 only.",
    made="Held-out digits x with one noise image ε per row, shown as x + σε and clipped at black"
    " and white.",
    alt="Five digits in rows at seven levels of noise. At 0 they are clean. At 0.5 they are grainy"
    " but easy to read. At 1 you can hardly recognise some of them.",
    settings={"seed": 0},
)
def noise_levels() -> Image.Image:
    """Five digits at the source's seven levels of noise."""
    images = held_out()[[0, 2, 4, 6, 8]]
    columns = [add_noise(images, sigma)[:, 0].clamp(0, 1) for sigma in SIGMAS]
    return viz.sheet(
        torch.stack(columns, dim=1), columns=_names(SIGMAS), across="noise σ →", down="digits"
    )


@figure(
    "denoiser-epochs",
    "denoiser",
    caption="After one epoch the denoiser removes the noise. After five its strokes are cleaner.",
    made="Saved during the training of the bundled model: the same held-out digits under the same"
    " noise of σ = 0.5, denoised in one step.",
    alt="Four rows of the digits 0 to 9: clean, noisy, denoised after epoch 1 and after epoch 5."
    " Both denoised rows are easy to read. The later one has sharper strokes on a cleaner"
    " background.",
    results=("training/denoiser.npz",),
    settings={"seed": 0},
)
def after_epochs() -> Image.Image:
    """Clean, noisy and denoised digits after epochs 1 and 5."""
    clean, kept = held_out(), read_pictures(results_file("training/denoiser.npz"))
    rows = [clean, add_noise(clean, 0.5).clamp(0, 1), *kept.values()]
    names = ["clean", "noisy", *(f"epoch {name}" for name in kept)]
    return viz.sheet(torch.stack(rows)[:, :, 0], rows=names)


@figure(
    "denoiser-sweep",
    "denoiser",
    caption="The denoiser handles less noise than it was trained for. Above σ = 0.6 it takes specks"
    " of noise for strokes.",
    made="Held-out digits under the same noise image at every level, each denoised in one step by"
    " the bundled model.",
    alt="Two digits at seven levels of noise, each with its denoised version below. The denoised"
    " digits are clean up to 0.6. At 0.8 strokes break and spots appear, and at 1 there are more of"
    " both.",
    models=("denoiser",),
    settings={"seed": 0},
)
def sweep() -> Image.Image:
    """Two digits denoised at levels of noise that were not trained for."""
    images, model = held_out()[[3, 8]], load("denoiser")
    noisy = [add_noise(images, sigma) for sigma in SIGMAS]
    columns = [torch.stack([z.clamp(0, 1), denoise(model, z)], dim=1).flatten(0, 1) for z in noisy]
    return viz.sheet(
        torch.stack(columns, dim=1)[:, :, 0],
        rows=["noisy", "denoised"] * len(images),
        columns=_names(SIGMAS),
        across="noise σ →",
    )


@figure(
    "denoiser-psnr",
    "denoiser",
    caption="The denoiser improves noisy digits at every level, and most near the level that it was"
    " trained for.",
    made="Mean over held-out digits, from the measurement `denoising`.",
    alt="A plot of the peak signal-to-noise ratio against sigma. The curve of the noisy digits"
    " starts at 0.1 and falls steeply. The curve of the denoised digits starts at 0 near 25 dB, is"
    " higher everywhere, and falls faster after 0.5.",
    results=("denoising",),
)
def psnr_curve() -> Plot:
    """PSNR of noisy and denoised digits against sigma."""
    measured = read_json("denoising")
    plot, (axes,) = viz.plot()
    sigmas = measured["sigmas"]
    axes.plot(sigmas, measured["denoised"], color=viz.BLUE, marker="o", label="denoised")
    # Without noise the ratio is infinite, and the curve of the noisy digits starts after it.
    axes.plot(sigmas[1:], measured["noisy"][1:], color=viz.VERMILION, marker="o", label="noisy")
    axes.axvline(0.5, color=viz.INK, linestyle=":")
    axes.text(0.51, measured["denoised"][-1], "trained for", color=viz.INK)
    axes.set(xlabel="noise σ", ylabel="PSNR (dB)", xlim=(0, 1.05))
    axes.legend(frameon=False)
    return plot


@figure(
    "denoiser-pure-noise",
    "denoiser",
    caption="From noise without a digit, the denoiser for σ = 0.5 makes pieces of strokes. A"
    " denoiser trained on pure noise always returns the average of all digits.",
    made="The first row is noise of σ = 0.5 alone. The last two rows are from the measurement"
    " `denoising`, for which a small denoiser was trained on pure noise.",
    alt="Four rows of eight cells: noise; the denoiser's answers, which are pale spots and broken"
    " strokes; the answers of the denoiser for pure noise, all of them the same soft round blot;"
    " and the average of the training digits, the same blot again.",
    models=("denoiser",),
    results=("denoising.npz",),
    settings={"seed": 0},
)
def pure_noise() -> Image.Image:
    """What denoisers make of noise alone."""
    kept = read_pictures(results_file("denoising.npz"))
    noise = add_noise(torch.zeros(8, 1, 28, 28), 0.5)
    average = kept["average"].expand(8, -1, -1, -1)
    rows = [noise.clamp(0, 1), denoise(load("denoiser"), noise), kept["pure"][:8], average]
    return viz.sheet(
        torch.stack(rows)[:, :, 0],
        rows=["noise", "trained for 0.5", "trained for noise", "average digit"],
    )


def derived() -> dict[str, Any]:
    """One level of noise, one pixel, and the size of one layer."""
    of, sigma = recipe("denoiser"), ratio(NoiseSchedule.single(), 1)
    steps = TRAIN // of.training.batch
    return {
        "ink": {
            name: 1 / (1 + math.exp(-(z - 0.5) / sigma**2))
            for name, z in {"ground": 0.0, "middle": 0.5, "ink": 1.0}.items()
        },
        "unflatten": weights_of(of, "unflatten"),
        "alpha_bar": float(NoiseSchedule.single().alpha_bar[1]),
        "inverse": 1 / float(NoiseSchedule.single().alpha_bar[1]),
        "beta": float(NoiseSchedule.single().beta[1]),
        "unchanged": sigma**2,
        "unchanged_psnr": -10 * math.log10(sigma**2),
        "steps_of_an_epoch": steps,
        "steps": steps * of.training.epochs,
    }
