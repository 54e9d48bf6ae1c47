"""A Gaussian blur at its best width, to compare the model with when it takes noise off."""

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
"""The blurs that are tried, in pixels."""


# --8<-- [start:blurred]
def blurred(model: Diffusion, noisy: Tensor, t: int, sigma: float) -> Tensor:
    """The classical answer: the noisy image, its signal brought back to full strength, blurred.

    Returns:
        (N, 1, 28, 28) in [0, 1], on the CPU.
    """
    return model.to_images(gaussian(sigma)(noisy / model.schedule.signal(t, noisy), t))


@cache
def best_blur(model: Diffusion, t: int) -> float:
    """The sigma with the highest PSNR over 250 other held-out digits: a rival has its best blur."""
    digits = as_images(bundled()[3::20])
    noisy = add_noise(model, digits, t, seed=1)
    scores = [float(psnr(blurred(model, noisy, t, s), digits).mean()) for s in SIGMAS]
    return SIGMAS[max(range(len(SIGMAS)), key=scores.__getitem__)]
    # --8<-- [end:blurred]


def ways(model: Diffusion, noisy: Tensor, t: int, **how: Any) -> dict[str, Tensor]:
    """The results of all ways to take the noise of time t off, by name.

    Many steps are ancestral unless told otherwise: a draw of what the image may have been.
    """
    many = {**how, "sampler": how.get("sampler") or "ancestral"}
    return {
        "noisy": model.to_images(noisy),
        "blur": blurred(model, noisy, t, best_blur(model, t)),
        "one step": denoise(model, noisy, t, once=True, **how),
        "iterative": denoise(model, noisy, t, **many),
    }
