"""Numbers of the leaderboard that follow from formulas."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import Any

from ddpm.sampling import beta_noise, ddim, heun, posterior
from ddpm.timesteps import SPACINGS, strided, uniform
from scripts.workshop.costs import steps_for
from scripts.workshop.formulas import (
    COSINE,
    LINEAR,
    angle,
    log_snr,
    one_step,
    quoted,
    ratio,
    signal,
)

STRIDES = ((500, 499), (520, 480), (500, 400), (2, 1), (80, 40), (200, 100))


def derived() -> dict[str, Any]:
    """Long first strides, the exchange of noise, and the spacings."""
    both = {"linear": LINEAR, "cosine": COSINE}
    rises = [
        (log_snr(COSINE, s) - log_snr(COSINE, t)) / 2
        for t, s in pairwise(strided(1000, 10))
        if s > 0
    ]
    forgotten = {"ddim": 1.0, "posterior": 1.0}
    for t, s in pairwise(range(800, 100, -100)):
        forgotten["ddim"] *= one_step(ddim, COSINE, t, s, x=1.0)
        forgotten["posterior"] *= one_step(posterior, COSINE, t, s, x=1.0)
    return {
        "rises": rises[:2],
        "memory": rises[1] / (2 * rises[0]),
        "first_stride": {str(calls): first_stride(calls) for calls in (10, 25, 100)},
        "inverse": {str(t): 1 / ratio(COSINE, t) for t in (800, 1000)},
        "exchanged": {f"{t}-{s}": exchanged(t, s) for t, s in STRIDES},
        "noise": {f"{t}-{s}": beta_in_place(t, s) for t, s in STRIDES},
        "forgotten": forgotten,
        "turns": {name: turns_of(path(1000, 10)) for name, path in SPACINGS.items()},
        "uniform": {
            str(steps): {
                "first": uniform(1000, steps)[0],
                **{
                    name: {
                        "left": signal(schedule, uniform(1000, steps)[0]),
                        "nats": 28**2 * quoted(schedule, uniform(1000, steps)[0])["nats"],
                    }
                    for name, schedule in both.items()
                },
            }
            for steps in (5, 10, 25)
        },
    }


def first_stride(calls: int) -> dict[str, float]:
    """How much Heun's first step, with the mean of eps, moves x_s if the prediction at s differs
    by 1 from that at T; and the weight of a prediction in x_s."""
    s = strided(1000, steps_for("heun", calls))[1]
    rule = partial(heun, mean_of="eps")
    moved = {
        name: one_step(rule, schedule, 1000, s, x0_s=1.0) - one_step(ddim, schedule, 1000, s)
        for name, schedule in {"linear": LINEAR, "cosine": COSINE}.items()
    }
    return {"time": s, "signal": signal(COSINE, s), **moved}


def exchanged(t: int, s: int) -> float:
    """The share of the variance of the noise at s that a posterior step from t renews."""
    return one_step(posterior, COSINE, t, s, z=1.0) ** 2 / (1 - float(COSINE.alpha_bar[s]))


def beta_in_place(t: int, s: int) -> dict[str, float]:
    """The standard deviation of the noise at s, as it should be and after a step with beta."""
    should = math.sqrt(1 - float(COSINE.alpha_bar[s]))
    kept = one_step(beta_noise, COSINE, t, s, x=math.sqrt(1 - float(COSINE.alpha_bar[t])))
    becomes = math.hypot(kept, one_step(beta_noise, COSINE, t, s, z=1.0))
    return {"should": should, "becomes": becomes, "ratio": becomes / should}


def turns_of(path: tuple[int, ...]) -> list[float]:
    """By how many degrees each step of a path turns under the cosine schedule."""
    return [math.degrees(angle(COSINE, t) - angle(COSINE, s)) for t, s in pairwise(path)]
