"""Images edited by sampling: known pixels held fast, and a start that is not all noise."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ddpm.schedule import NoiseSchedule


# --8<-- [start:keep_known]
def keep_known(
    image: Tensor, mask: Tensor, schedule: NoiseSchedule, noise: Callable[[], Tensor]
) -> Callable[[Tensor, int], Tensor]:
    """Holds the known pixels of an image while the sampler draws the others.

    After each step the known pixels are set to what the forward process makes of them at that
    time, with fresh noise; at t = 0 that is the image itself.

    Args:
        image: (N, C, H, W) in the network's range.
        mask: 1 where the image is to be drawn anew, 0 where it is known; broadcast to `image`.
        schedule: the noise schedule.
        noise: draws noise of the shape of `image`.

    Returns:
        (x, t) -> x, to be given to `sample` as `project`.

    Source: Lugmayr et al. 2022, "RePaint", equation 8.
    """
    new = mask.to(image.device) > 0.5

    def project(x: Tensor, t: int) -> Tensor:
        known = schedule.add_noise(image, t, noise()) if t > 0 else image
        return x.where(new, known)

    return project
    # --8<-- [end:keep_known]


# --8<-- [start:noised]
def noised(image: Tensor, t: int, schedule: NoiseSchedule, eps: Tensor) -> Tensor:
    """Where SDEdit starts: the image with the noise of time t (Meng et al. 2022, algorithm 1).

    At t = T it is the noise alone, for that is where sampling starts: the trace of an image that
    `alpha_bar[T]` would still leave is taken for nothing.

    Args:
        image: (N, C, H, W) in the network's range.
        t: 0..T.
        schedule: the noise schedule.
        eps: standard normal noise of the shape of `image`.
    """
    return eps if t == schedule.T else schedule.add_noise(image, t, eps)
    # --8<-- [end:noised]
