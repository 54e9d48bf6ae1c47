"""A denoiser for one level of noise: adds noise of a fixed sigma, and removes it."""

from __future__ import annotations

import torch
from torch import Tensor

from ddpm import arguments, tensors
from ddpm.data import PER_CLASS, bundled
from ddpm.model import Diffusion
from ddpm.noise import Noise, image_seeds


# --8<-- [start:denoise]
def add_noise(images: Tensor, sigma: float, seed: int = 0) -> Tensor:
    """z = x + sigma eps, for images (N, C, H, W) in [0, 1]; image k has noise number k."""
    images, sigma = tensors.images("images", images), arguments.number("sigma", sigma, 0)
    return images + sigma * Noise(image_seeds(len(images), seed), images.shape[1:])()


@torch.no_grad()
def denoise(model: Diffusion, noisy: Tensor) -> Tensor:
    """The denoiser's estimate of x from z, (N, C, H, W), on the CPU and clamped to [0, 1]."""
    recipe, z = model.recipe, tensors.finite("noisy", noisy).to(model.device)
    if z.shape[1:] != recipe.scaling.shape or len(z) == 0:
        raise ValueError(f"noisy must be (N, {recipe.scaling.shape}), not {tuple(z.shape)}")
    t = torch.ones(len(z), dtype=torch.int64, device=model.device)
    # `ask` multiplies by `input_scale` what the schedule has scaled down; z was never scaled.
    return model.to_images(recipe.ask(model.network, z / recipe.input_scale, t, None))
    # --8<-- [end:denoise]


def held_out(count: int = 1, skip: int = 7) -> Tensor:
    """`count` held-out digits of each class, class by class: (10 * count, 1, 28, 28) in [0, 1]."""
    count = arguments.integer("count", count, 1, PER_CLASS)
    skip = arguments.integer("skip", skip, 0, PER_CLASS - count)
    digits = bundled()
    chosen = [(digits.labels == k).nonzero()[skip : skip + count, 0] for k in range(10)]
    return digits.images[torch.cat(chosen)][:, None].float() / 255
