"""Checks of small functions in which teaching material has slipped: see the page on slips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

from ddpm.checks.answers import Mistake, compare, images, number, praise
from ddpm.checks.calls import call

COURSE_B: Mapping[str, float] = {"t": 0.4, "s": 0.1}
"""P(+t) and P(+s | -t, -m) of course B's network of four switches."""

PATH = tuple(range(990, -1, -30))
"""The times that course C's sampler visits."""


def noisy_image(function: Callable[[Tensor, float, Tensor], Tensor]) -> None:
    """Checks the input of a denoiser for noise of one strength.

    Args:
        function: (x, sigma, eps) -> z, for clean images x in [0, 1].

    Raises:
        Mistake: z is not x + sigma * eps.
    """
    x, eps, _ = images(2)
    for sigma in (0.5, 0.2):
        mistakes = {
            "This is the noise alone. Without the image there is nothing to denoise.": sigma * eps,
            "The noise is multiplied by its variance. Its amplitude is sigma.": x + sigma**2 * eps,
            "The noise has the amplitude 1: sigma is missing.": x + eps,
            "This is the image alone: the noise is missing.": x,
            "This is a schedule's mixture. Here the image keeps its full amplitude.": (1 - sigma**2)
            ** 0.5
            * x
            + sigma * eps,
        }
        given = call(function, x=x, sigma=sigma, eps=eps)
        compare(f"z at sigma = {sigma}", given, x + sigma * eps, mistakes)
    praise("the noisy image")


def edit_start(function: Callable[[Sequence[int], int], Any]) -> None:
    """Checks the time at which an edit starts, by its place in the list of timesteps.

    Args:
        function: (times, i_start) -> t, for a list of falling times.

    Raises:
        Mistake: it is another time.
    """
    for place in (10, 1, 20):
        given = call(function, times=list(PATH), i_start=place)
        found, right = number("The time", given), PATH[place]
        if found == right:
            continue
        wrong = {
            place: f"{place} is a place in the list, not a time. The time there is {right}.",
            PATH[place - 1]: "This is one place too early. Places count from 0.",
            PATH[place + 1]: "This is one place too late. Places count from 0.",
            PATH[-1 - place]: "This counts from the end. The list begins with the most noise.",
        }
        raise Mistake(wrong.get(int(found), f"The time is {found:g} and should be {right}."))
    praise("the time at which the edit starts")


def bayes_net(function: Callable[[float, float], Any]) -> None:
    """Checks P(-t, -s | -m, -b) in course B's network of four switches, T -> S <- M -> B.

    Given -m, T and B are independent, and S depends on T alone.

    Args:
        function: (t, s) -> the probability, with t = P(+t) and s = P(+s | -t, -m).

    Raises:
        Mistake: it is another number.
    """
    for t, s in ((COURSE_B["t"], COURSE_B["s"]), (0.3, 0.25)):
        given = number("The probability", call(function, t=t, s=s))
        right = (1 - t) * (1 - s)
        if abs(given - right) < 1e-6:
            continue
        wrong = {
            "This is P(+t) times P(-s | -t, -m). The question is about -t.": t * (1 - s),
            "This is P(-t) times P(+s | -t, -m). The question is about -s.": (1 - t) * s,
            "This is P(-s | -t, -m) alone. P(-t) is missing.": 1 - s,
            "This is P(-t) alone. P(-s | -t, -m) is missing.": 1 - t,
            f"P(-t) is {1 - t:.1f} here and not 0.16: {given:.3f} is 0.16 times P(-s | -t, -m).": (
                0.16 * (1 - s)
            ),
        }
        for words, value in wrong.items():
            if abs(given - value) < 1e-6:
                raise Mistake(words)
        raise Mistake(f"The probability is {given:.3f} and should be {right:.3f}.")
    praise("the probability")
