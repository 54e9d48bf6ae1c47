"""Checks of what a noisy image says about the clean one: in one pixel, and by the noise in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor

from ddpm.checks.answers import TIME, Mistake, T, compare, images, near, number, praise
from ddpm.checks.calls import call
from ddpm.schedule import NoiseSchedule


def posterior_mean(function: Callable[[float, float, float], Any]) -> None:
    """Checks the best answer to one noisy pixel, which is 0 or 1 under its noise.

    Args:
        function: (noisy, sigma, p) -> the mean of the clean pixel, given `noisy`, which is the
            clean pixel plus normal noise of standard deviation `sigma`; `p` is the probability of
            a 1 before the noisy value is known.

    Raises:
        Mistake: the mean is not right.
    """

    def mean(noisy: float, sigma: float, p: float, power: int = 2, prior: bool = True) -> float:
        u = (noisy - 0.5) / sigma**power + (math.log(p / (1 - p)) if prior else 0)
        return 1 / (1 + math.exp(-u))

    for noisy, sigma, p in ((0.9, 0.5, 0.2), (-0.3, 0.8, 0.6), (0.5, 0.5, 0.5)):
        what = f"The mean for noisy = {noisy}, sigma = {sigma}, p = {p}"
        given = number(what, call(function, noisy=noisy, sigma=sigma, p=p))
        right = mean(noisy, sigma, p)
        if near(given, right):
            continue
        mistakes = {
            "p does not enter. Multiply each likelihood by the probability that the pixel has this"
            " value before you look at it.": mean(noisy, sigma, p, prior=False),
            "sigma is not squared. The density has sigma**2 in its exponent.": mean(
                noisy, sigma, p, power=1
            ),
            "This is the probability of a 0. The mean of a pixel that is 0 or 1 is the probability"
            " of a 1.": 1 - right,
            "The answer is 0 or 1. Among all answers the mean has the least squared error, and it"
            " lies between.": float(round(right)),
            "This is the noisy pixel itself.": noisy,
        }
        reasons = [words for words, value in mistakes.items() if near(given, value)]
        why = reasons[0] if reasons else f"It should be {right:.5f}."
        raise Mistake(f"{what} is {given:.5f}. {why}")
    praise("the mean of one pixel")


def predicted_image(function: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> None:
    """Checks the clean image that follows from a noisy image and a noise estimate.

    Args:
        function: (x_t, t, eps, alpha_bar) -> x_0, for images (N, 1, H, W) and one time per image.

    Raises:
        Mistake: x_0 is not what it should be.
    """
    right = NoiseSchedule.linear(T)
    x_t, eps, _ = images(3)
    t = x_t.new_tensor([2, TIME, 300]).long()
    bar, signal, sigma = right.alpha_bar.float(), right.signal(t, x_t), right.sigma(t, x_t)
    compare(
        "x_0",
        call(function, x_t=x_t, t=t, eps=eps, alpha_bar=bar),
        right.x0_from_eps(x_t, t, eps),
        {
            "The division by sqrt(alpha_bar) is missing: this is the image with the small amplitude"
            " that it has in x_t.": x_t - sigma * eps,
            "The noise has no factor. In x_t it is multiplied by sqrt(1 - alpha_bar).": (x_t - eps)
            / signal,
            "The noise is added. It has to be subtracted.": (x_t + sigma * eps) / signal,
            "The roots are missing: alpha_bar and 1 - alpha_bar are variances.": (
                x_t - sigma**2 * eps
            )
            / signal**2,
            "You divide by alpha_bar. Divide by its root.": (x_t - sigma * eps) / signal**2,
            "You divide the noise alone. The whole difference is divided by sqrt(alpha_bar).": x_t
            - sigma / signal * eps,
            "This is x_t made from x_0. Solve that formula for x_0.": signal * x_t + sigma * eps,
            "The two roots are swapped.": (x_t - signal * eps) / sigma,
            "These are the coefficients of t - 1.": right.x0_from_eps(x_t, t - 1, eps),
        },
    )
    praise("the predicted clean image")
