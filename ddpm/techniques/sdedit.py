"""Image to image (SDEdit): add noise to an image, then sample from there."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ddpm import arguments
from ddpm.model import Diffusion
from ddpm.schedule import NoiseSchedule
from ddpm.techniques.denoising import denoise
from ddpm.techniques.shared import Labels, a_model, how_to, in_range


# --8<-- [start:noised]
def noised(image: Tensor, t: int, schedule: NoiseSchedule, eps: Tensor) -> Tensor:
    """Where SDEdit starts: the image with the noise of time t (Meng et al. 2022, algorithm 1).

    At t = T it is the noise alone, because sampling starts from pure noise. The trace of the image
    that `alpha_bar[T]` would leave is ignored.

    Args:
        image: (N, C, H, W) in the network's range.
        t: 0..T.
        schedule: the noise schedule.
        eps: standard normal noise of the shape of `image`.
    """
    return eps if t == schedule.T else schedule.add_noise(image, t, eps)
    # --8<-- [end:noised]


# --8<-- [start:sdedit]
def sdedit(
    model: Diffusion,
    image: Tensor,
    strength: float,
    label: Labels = None,
    n: int = 1,
    **how: Any,
) -> Tensor:
    """Adds noise to an image and samples from there, so that it comes back as a digit.

    Args:
        image: (N, C, H, W) or (C, H, W) in [0, 1]; of one channel also (H, W).
        strength: the starting time as a share of T: 0 gives the image itself, 1 ignores it. The
            steps taken are that share of `steps`.
        label: what it should become; None for no label.
        n: how many versions of a single image.
        how: see `How`.

    Returns:
        (N, C, H, W) in [0, 1], on the CPU.

    Raises:
        ValueError: a strength outside 0..1, or an argument that does not fit the model.
    """
    strength = arguments.number("strength", strength, 0, 1)
    t = round(strength * a_model(model).recipe.T)
    x0, options = in_range(model, image, n), how_to(how)
    x = noised(x0, t, model.schedule, model.noise(len(x0), options.seed, options.first)())
    return denoise(model, x, t, label, **how)
    # --8<-- [end:sdedit]
