"""A Gaussian blur at its best width, to compare the model with when it removes noise."""

from __future__ import annotations

from functools import cache
from typing import Any

from torch import Tensor

from ddpm.data import as_images, bundled
from ddpm.metrics import psnr
from ddpm.model import Diffusion
from ddpm.techniques.denoising import add_noise, denoise
from ddpm.techniques.hybrids import gaussian

SIGMAS = tuple(k / 8 for k in range(0, 65))
"""The blurs that are tried, in pixels of images with 28 pixels a side."""


# --8<-- [start:blurred]
def blurred(model: Diffusion, noisy: Tensor, t: int, sigma: float) -> Tensor:
    """The classical answer: the noisy image, its signal brought back to full strength, blurred.

    Returns:
        (N, C, H, W) in [0, 1], on the CPU.
    """
    return model.to_images(gaussian(sigma)(noisy / model.schedule.signal(t, noisy), t))


def sharpest(model: Diffusion, images: Tensor, t: int) -> float:
    """The sigma with the highest PSNR over images (N, C, H, W), for a fair comparison."""
    noisy = add_noise(model, images, t, seed=1)
    sigmas = [sigma * images.shape[-1] / 28 for sigma in SIGMAS]
    scores = [float(psnr(blurred(model, noisy, t, s), images).mean()) for s in sigmas]
    return sigmas[max(range(len(sigmas)), key=scores.__getitem__)]


@cache
def best_blur(model: Diffusion, t: int) -> float:
    """The best sigma for 250 other held-out digits, of a model of images of their shape."""
    return sharpest(model, as_images(bundled()[3::20]), t)
    # --8<-- [end:blurred]


def ways(
    model: Diffusion, noisy: Tensor, t: int, sigma: float | None = None, **how: Any
) -> dict[str, Tensor]:
    """The results of all ways to remove the noise of time t, by name.

    Many steps are ancestral by default: they give a sample of what the image may have been.

    Args:
        noisy: (N, C, size, size) in the network's range, at time t.
        sigma: of the blur, in pixels; `best_blur` by default.
        how: see `denoise`.
    """
    many = {**how, "sampler": how.get("sampler") or "ancestral"}
    width = best_blur(model, t) if sigma is None else sigma
    return {
        "noisy": model.to_images(noisy),
        "blur": blurred(model, noisy, t, width),
        "one step": denoise(model, noisy, t, once=True, **how),
        "iterative": denoise(model, noisy, t, **many),
    }
