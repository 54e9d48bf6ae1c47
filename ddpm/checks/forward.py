"""Checks of the schedule and of the forward process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ddpm.checks.answers import (
    TIME,
    Mistake,
    T,
    compare,
    images,
    near,
    number,
    praise,
    repeats,
)
from ddpm.checks.calls import call
from ddpm.schedule import NoiseSchedule

SIX = (
    "beta_t",
    "sqrt_beta_t",
    "alpha_t",
    "oneover_sqrt_alpha_t",
    "alpha_bar_t",
    "sqrt_one_minus_alpha_bar_t",
)
"""The names of the six numbers, as `NoiseSchedule.coefficients` has them."""


def schedule(make: Callable[[int], tuple[Tensor, Tensor]]) -> None:
    """Checks a linear schedule from 1e-4 to 0.02.

    Args:
        make: T -> (beta, alpha_bar), each (T + 1,), with beta[0] = 0 and alpha_bar[0] = 1.

    Raises:
        Mistake: the tables are not those of the schedule.
    """
    right = NoiseSchedule.linear(T)
    given = call(make, T=T)
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise Mistake("The schedule is two tables: `return beta, alpha_bar`.")
    beta, alpha_bar = given
    if isinstance(beta, Tensor) and beta.shape == (T,):
        raise Mistake(
            f"beta has {T} entries, for t = 1 to {T}, so that beta[0] belongs to t = 1 and every"
            " index is off by one. Put the clean image in front: beta[0] = 0."
        )
    spread = torch.linspace(1e-4, 0.02, T + 1)
    compare(
        "beta",
        beta,
        right.beta,
        {
            "beta[0] should be 0: no noise has been added to the clean image. The values from 1e-4"
            f" to 0.02 are for t = 1 to {T}, {T} of them; you have spread them over"
            f" {T + 1}.": spread,
            f"The values from 1e-4 to 0.02 are for t = 1 to {T}, {T} of them. You have spread them"
            f" over {T + 1}, and then replaced the first by 0.": spread * (torch.arange(T + 1) > 0),
            "The first table is alpha_bar. Return them in this order: `beta,"
            " alpha_bar`.": right.alpha_bar,
            "beta grows from 0 here. It should be 1e-4 at t = 1, and 0 only at"
            " t = 0.": torch.linspace(0, 0.02, T + 1),
            "These are the roots of beta: beta itself is a variance.": right.beta.sqrt(),
        },
    )
    alpha = 1 - right.beta
    compare(
        "alpha_bar",
        alpha_bar,
        right.alpha_bar,
        {
            "This is alpha, the share that one step keeps. alpha_bar is the product of all alpha"
            " up to t.": alpha,
            "You have added up the alphas. Shares that are kept one after the other"
            " multiply.": alpha.cumsum(0),
            "This is 1 minus the sum of the betas, which is near the product only while t is"
            " small. Multiply the alphas.": 1 - right.beta.cumsum(0),
            "This is the product of the betas. What is kept is 1 - beta.": right.beta.cumprod(0),
            "This is the root of alpha_bar, the amplitude of the image. The table holds alpha_bar"
            " itself.": right.alpha_bar.sqrt(),
            "alpha_bar is one step late: at t it must contain the alpha of t itself.": torch.cat(
                [right.alpha_bar[:1], right.alpha_bar[:-1]]
            ),
            "alpha_bar is one step early: alpha_bar[0] should be 1.": torch.cat(
                [right.alpha_bar[1:], right.alpha_bar[-1:]]
            ),
        },
    )
    single = beta.dtype == alpha_bar.dtype == torch.float32
    note = (
        "But it is in float64, and torch does not mix that with the float32 of a network: return"
        " `.float()`."
    )
    at = f"alpha_bar = {float(alpha_bar[TIME]):.6f} at t = {TIME}"
    praise(f"the schedule, with {at}", "" if single else note)


def six_numbers(numbers: Callable[[int, Tensor, Tensor], Mapping[str, Any]]) -> None:
    """Checks the six numbers of course B at t = 77, each within 1e-5.

    Args:
        numbers: (t, beta, alpha_bar) -> the numbers by the names of `SIX`.

    Raises:
        Mistake: a number is missing or wrong.
    """
    linear = NoiseSchedule.linear(T)
    given = call(numbers, t=TIME, beta=linear.beta, alpha_bar=linear.alpha_bar)
    if given is None:
        raise Mistake("The numbers are None. Does your function end with a `return`?")
    if not isinstance(given, Mapping):
        raise Mistake(
            f"The numbers should be a dictionary, and are of type {type(given).__name__}: return"
            " {'beta_t': ..., and so on}."
        )
    missing = [name for name in SIX if name not in given]
    if missing:
        raise Mistake(f"There is no '{missing[0]}'. There should be {', '.join(SIX)}.")
    values = {name: number(f"'{name}'", given[name]) for name in SIX}
    for other in (TIME - 1, TIME + 1):
        if all(near(values[name], linear.coefficients(other)[name]) for name in SIX):
            raise Mistake(f"These are the numbers of t = {other}: your index is off by one.")
    right = linear.coefficients(TIME)
    usual = {
        "a root is missing": lambda v: v**2,
        "a root too many": lambda v: v**0.5,
        "it is upside down": lambda v: 1 / v,
        "it is squared and upside down": lambda v: v**-2,
    }
    for name in SIX:
        if near(values[name], right[name]):
            continue
        others = [n for n, value in right.items() if n != name and near(values[name], value)]
        reasons = [f"that is {n}" for n in others]
        reasons += [words for words, of in usual.items() if near(values[name], of(right[name]))]
        why = f": {reasons[0]}" if reasons else f", off by {values[name] - right[name]:.2g}"
        raise Mistake(f"'{name}' is {values[name]:.6f} at t = {TIME}{why}.")
    praise(f"the six numbers at t = {TIME}")


OWN_NOISE = (
    "Two calls with the same inputs give different images: your function draws noise of its own."
    " Use the eps that it gets."
)


# --8<-- [start:add_noise]
def add_noise(function: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> None:
    """Checks the forward process.

    Args:
        function: (x0, t, eps, alpha_bar) -> x_t, for images (N, 1, H, W) and one time per image.

    Raises:
        Mistake: x_t is not what it should be.
    """
    right = NoiseSchedule.linear(T)
    x0, eps, _ = images(3)
    t = torch.tensor([2, TIME, 300])
    bar, signal, sigma = right.alpha_bar.float(), right.signal(t, x0), right.sigma(t, x0)
    beta = right.beta[t].float().reshape(-1, 1, 1, 1)
    changed: set[str] = set()
    given = call(function, changed, x0=x0, t=t, eps=eps, alpha_bar=bar)
    again = call(function, x0=x0, t=t, eps=eps, alpha_bar=bar)
    own = {} if repeats(given, again) else {OWN_NOISE: given}
    compare(
        "x_t",
        given,
        right.add_noise(x0, t, eps),
        own
        | {
            "This is one step of the process, with beta. To go from the clean image to t at once,"
            " use alpha_bar.": (1 - beta).sqrt() * x0 + beta.sqrt() * eps,
            "The two roots are swapped: the image is multiplied by sqrt(alpha_bar), which falls,"
            " and the noise by sqrt(1 - alpha_bar), which grows.": sigma * x0 + signal * eps,
            "The roots are missing: alpha_bar and 1 - alpha_bar are variances, and an image is"
            " multiplied by an amplitude.": signal**2 * x0 + sigma**2 * eps,
            "The image's factor has no root.": signal**2 * x0 + sigma * eps,
            "The noise's factor has no root.": signal * x0 + sigma**2 * eps,
            "The noise's factor is 1 - sqrt(alpha_bar). First subtract, then take the root.": signal
            * x0
            + (1 - signal) * eps,
            "The noise comes at full strength: its factor is missing.": signal * x0 + eps,
            "The image comes at full strength: its factor is missing.": x0 + sigma * eps,
            "The noise is subtracted. As it is symmetric that looks the same, but the network would"
            " learn its negative.": signal * x0 - sigma * eps,
            "This is x at t - 1. alpha_bar[0] belongs to the clean image, so that the entry of t"
            " is alpha_bar[t].": right.add_noise(x0, t - 1, eps),
            "This is x at t + 1: your index is off by one.": right.add_noise(x0, t + 1, eps),
            "All images have the first one's time. alpha_bar[t] is one number per"
            " image.": right.add_noise(x0, int(t[0]), eps),
        },
    )
    note = (
        f"But it changes its {' and '.join(sorted(changed))} in place, so its caller loses"
        " them. Write `x = a * x0 + b * eps` and no `+=`."
    )
    praise("the forward process", note if changed else "")
    # --8<-- [end:add_noise]
