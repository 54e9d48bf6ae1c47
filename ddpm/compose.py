"""Several noise estimates made into one: images that are two things at once.

Each function takes noise estimates and returns a noise estimate, so that the sampler, and with it
every step rule and every path, stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from ddpm.schedule import NoiseSchedule
from ddpm.views import View, check

EpsFn = Callable[[Tensor, int], Tensor]


# --8<-- [start:anagram]
def anagram(parts: Sequence[tuple[EpsFn, View]]) -> EpsFn:
    """The mean of what several estimates say of one image, each seeing it through its view.

    Args:
        parts: noise estimates, each with the view through which it looks.

    Raises:
        ValueError: no part, or a view that is not orthogonal.

    Source: Geng, Park and Owens 2024, "Visual Anagrams", section 3.2.
    """
    if not parts:
        raise ValueError("an anagram needs at least one noise estimate and its view")
    for _, view in parts:
        check(view)

    def eps_fn(x: Tensor, t: int) -> Tensor:
        seen = [view.undo(eps(view.apply(x), t)) for eps, view in parts]
        return torch.stack(seen).mean(0)

    return eps_fn
    # --8<-- [end:anagram]


# --8<-- [start:hybrid]
Blur = Callable[[Tensor, int], Tensor]
"""(images, t) -> their low frequencies; a linear map at each time t."""


def hybrid(eps_far: EpsFn, eps_near: EpsFn, blur: Blur) -> EpsFn:
    """The low frequencies of one estimate and the high frequencies of another.

    Args:
        eps_far: of what is to be seen from afar, where only low frequencies are left.
        eps_near: of what is to be seen from near.
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
    if sigma == 0:
        return lambda x, t: x
    radius = max(1, round(3 * sigma))
    weights = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sigma) ** 2)
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
    """A larger canvas: near, `across` x `across` images; from afar, one of their size.

    From afar, squares of `across` x `across` pixels melt into their averages. These are one more
    image, `contrast` times as strong, with less noise: `across` times less for the average, and
    relative to the image by 1 / `contrast` more. So it is at another time of its own.

    Args:
        eps_far: of the averages, (N, 1, H, W).
        eps_near: of the tiles, (N * across**2, 1, H, W), row by row.
        schedule: of the network.
        across: tiles a side.
        contrast: the share of its range that the far image is given; with 1 / `across`, the
            averages times `across` are at the very time of the canvas.
        share: t -> how much the far estimate has to say of the averages at that time, the near
            one saying the rest; 1 leaves the tiles nothing of their own there.

    Returns:
        (x, t) -> eps for canvases (N, 1, across * H, across * W).
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
        # The averages over the contrast, scaled to the signal that their own time has.
        seen = average(x) / contrast * (kept / alpha_bar) ** 0.5
        far = eps_far(seen, own) / across
        parts = x.unflatten(2, (across, -1)).unflatten(4, (across, -1)).transpose(3, 4)
        tiles = eps_near(parts.reshape(-1, 1, *parts.shape[-2:]), t)
        near = tiles.reshape(parts.shape).transpose(3, 4).reshape(x.shape)
        return near + share(t) * spread(far - average(near))

    return eps_fn
    # --8<-- [end:mosaic]
