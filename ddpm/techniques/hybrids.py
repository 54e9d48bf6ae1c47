"""Hybrid images: one digit from a distance, another one up close."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ddpm import arguments, tensors
from ddpm.choices import ACROSS, CONTRAST, SHARES
from ddpm.model import Diffusion
from ddpm.sampling import EpsFn
from ddpm.schedule import NoiseSchedule
from ddpm.techniques.shared import How, Labels, a_model, draw_from_noise, eps_for, label_each

HYBRID_GUIDANCE = 4.0
"""The usual scale of guidance, for models that can be guided."""

SPLIT = 1.25 / 28
"""Of hybrids of one image: the Gaussian's sigma, as a share of the image's side."""


# --8<-- [start:hybrid]
Blur = Callable[[Tensor, int], Tensor]
"""(images, t) -> their low frequencies; a linear map at each time t."""


def hybrid(eps_far: EpsFn, eps_near: EpsFn, blur: Blur) -> EpsFn:
    """The low frequencies of one prediction and the high frequencies of another.

    Args:
        eps_far: of what you see from a distance, where only low frequencies are left.
        eps_near: of what you see up close.
        blur: keeps the low frequencies.

    Source: Geng, Park and Owens 2024, "Factorized Diffusion", section 3.1.
    """

    def eps_fn(x: Tensor, t: int) -> Tensor:
        far, near = eps_far(x, t), eps_near(x, t)
        return near + blur(far - near, t)

    return eps_fn
    # --8<-- [end:hybrid]


def gaussian(sigma: float) -> Blur:
    """Blurs with a Gaussian of `sigma` pixels, cut off at three sigma; what lies outside of the
    image is its mirror image, so that a flat image stays flat. 0 blurs nothing.
    """
    sigma = arguments.number("sigma", sigma, 0)
    if sigma == 0:
        return lambda x, t: x
    radius = max(1, round(3 * sigma))
    # Whatever the defaults of torch are: the same kernel.
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float32, device="cpu")
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2)
    weights = weights / weights.sum()

    def blur(x: Tensor, t: int = 0) -> Tensor:
        kernel = weights.to(x.device, x.dtype)
        height, width = x.shape[2:]
        mode = "reflect" if radius < min(height, width) else "replicate"
        padded = F.pad(x, (radius,) * 4, mode=mode)
        flat = padded.flatten(0, 1)[:, None]
        flat = F.conv2d(F.conv2d(flat, kernel[None, None, None]), kernel[None, None, :, None])
        return flat[:, 0].unflatten(0, x.shape[:2])

    return blur


def moving(first: float, last: float, T: int) -> Blur:
    """A Gaussian whose sigma goes evenly from `first` at t = T to `last` at t = 0."""
    return lambda x, t: gaussian(last + (first - last) * t / T)(x, t)


# --8<-- [start:mosaic]
def mosaic(
    eps_far: EpsFn,
    eps_near: EpsFn,
    schedule: NoiseSchedule,
    across: int,
    contrast: float,
    share: Callable[[int], float] = lambda t: 1.0,
) -> EpsFn:
    """A larger canvas: up close `across` x `across` images, from a distance one of their size.

    From a distance, squares of `across` x `across` pixels melt into their means. The means are one
    more image with `contrast` times the signal and 1 / `across` of the noise. So it belongs to
    another time, where the ratio of signal to noise is the same.

    Args:
        eps_far: of the means, (N, C, H, W).
        eps_near: of the tiles, (N * across**2, C, H, W), row by row.
        schedule: of the network.
        across: tiles a side.
        contrast: the share of its range that the far image gets. With 1 / `across`, the means
            times `across` belong to the time of the canvas.
        share: t -> the weight of the far prediction in the means at that time; the near one has
            the rest.

    Returns:
        (x, t) -> eps for canvases (N, C, across * H, across * W).
    """

    def average(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, across)

    def spread(x: Tensor) -> Tensor:
        return x.repeat_interleave(across, 2).repeat_interleave(across, 3)

    def eps_fn(x: Tensor, t: int) -> Tensor:
        alpha_bar = float(schedule.alpha_bar[t])
        noise = (1 - alpha_bar) / (across * contrast) ** 2
        kept = alpha_bar / (alpha_bar + noise)
        own = max(1, int((schedule.alpha_bar - kept).abs().argmin()))
        # The means over the contrast, scaled to the signal of their own time.
        seen = average(x) / contrast * (kept / alpha_bar) ** 0.5
        far = eps_far(seen, own) / across
        parts = x.unflatten(2, (across, -1)).unflatten(4, (across, -1))  # (N, C, a, H, a, W)
        tiles = parts.permute(0, 2, 4, 1, 3, 5)  # (N, a, a, C, H, W)
        flat = tiles.flatten(0, 2)
        eps_tiles = tensors.same("what eps_near returns", eps_near(flat, t), flat)
        eps_tiles = eps_tiles.reshape(tiles.shape)
        near = eps_tiles.permute(0, 3, 1, 4, 2, 5).reshape(x.shape)
        return near + share(t) * spread(far - average(near))

    return eps_fn
    # --8<-- [end:mosaic]


# --8<-- [start:draw_hybrid]
def draw_hybrid(
    model: Diffusion,
    far: Labels,
    near: Labels,
    n: int = 1,
    across: int = ACROSS,
    contrast: float = CONTRAST,
    shares: tuple[float, float] = SHARES,
    blur: Blur | None = None,
    **how: Any,
) -> Tensor:
    """Samples images that are one digit from a distance and another one up close.

    Args:
        far, near: the labels; each one for all images, or one for each.
        n: how many images.
        across: near digits a side; 1 samples one image and splits its frequencies.
        contrast: of the far digit, as a share of the range, where `across` is above 1.
        shares: the far digit's weight in the means at t = T and at t = 0, and evenly between.
        blur: for `across` of 1, what is left from a distance; by default a Gaussian of `SPLIT` of
            the side, which is 1.25 pixels of 28.
        how: see `How`; by default the sampler is ancestral, the guidance `HYBRID_GUIDANCE`.

    Returns:
        (n, C, across * H, across * W) in [0, 1], on the CPU.

    Raises:
        ValueError: an argument does not fit the model or another argument.
    """
    recipe, schedule = a_model(model).recipe, model.schedule
    n, across = arguments.integer("n", n, 1), arguments.integer("across", across)
    contrast = arguments.number("contrast", contrast)
    shares = arguments.pair("shares", shares)
    if not (1 <= across <= 8 and 0 < contrast <= 1 and all(0 <= share <= 1 for share in shares)):
        raise ValueError(
            "a hybrid takes 1..8 tiles across, a contrast above 0 and up to 1, and shares in 0..1,"
            f" not {across}, {contrast:g} and {shares[0]:g}, {shares[1]:g}"
        )

    def estimate(part: slice, how: How) -> EpsFn:
        eps_far = eps_for(model, far, n, part, how)
        if across == 1:
            eps_near = eps_for(model, near, n, part, how)
            return hybrid(eps_far, eps_near, blur or gaussian(SPLIT * recipe.scaling.image))
        each = label_each(near, n)
        tiles = None if each is None else [y for y in each[part] for _ in range(across**2)]
        count = (part.stop - part.start) * across**2
        eps_tiles = eps_for(model, tiles, count, slice(0, count), how)
        return mosaic(eps_far, eps_tiles, schedule, across, contrast, share)

    def share(t: int) -> float:
        return shares[1] + (shares[0] - shares[1]) * t / recipe.T

    how = {"batch": max(1, 250 // across**2), **how}
    return draw_from_noise(model, n, estimate, across * recipe.scaling.size, HYBRID_GUIDANCE, **how)
    # --8<-- [end:draw_hybrid]
