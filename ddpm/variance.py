"""A step whose variance the network has learned, too."""

from __future__ import annotations

import math

from torch import Tensor

from ddpm.sampling import Step, posterior_mean


# --8<-- [start:learned]
def learned(step: Step) -> Tensor:
    """As `posterior`, with the variance that the network predicts for each pixel.

    It lies between the posterior's, the least that is possible, and beta = 1 - alpha, on a scale
    of logarithms; the network says where, from -1 to 1. The last step, to s = 0, adds no noise.

    Raises:
        ValueError: the network predicts no variance.

    Source: Nichol and Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models",
    equation 15, with beta and the posterior of a stride.
    """
    if step.variance is None:
        raise ValueError(
            "the step rule `learned` needs an eps_fn that predicts the variance too, (N, 2 C, H, W)"
        )
    if step.s == 0:
        return posterior_mean(step)
    ab_t, ab_s = step.alpha_bars
    beta = 1 - step.alpha
    least = (1 - ab_s) / (1 - ab_t) * beta
    share = (step.variance + 1) / 2
    log_variance = share * math.log(beta) + (1 - share) * math.log(least)
    return posterior_mean(step) + (log_variance / 2).exp() * step.noise()
    # --8<-- [end:learned]
