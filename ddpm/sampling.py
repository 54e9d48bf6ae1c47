"""The one sampling loop, and the rules for a single step that can be given to it.

Everything else (guidance, editing, illusions) is a function handed to `sample`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from ddpm import arguments, tensors
from ddpm.schedule import NoiseSchedule
from ddpm.steps import Step as Step
from ddpm.steps import StepRule as StepRule

EpsFn = Callable[[Tensor, int], Tensor]
"""The noise estimate for images (N, C, H, W) at one time t, conditioning already bound. A network
that also predicts the variance of a step (`ddpm.variance`) answers (N, 2 C, H, W), eps first."""


# --8<-- [start:state]
@dataclass(frozen=True, eq=False)
class State:
    """Where the sampler is.

    Attributes:
        t: the time.
        x: images (N, C, H, W) at time t, in the network's range.
        x0: the predicted clean images at time t; x itself at t = 0. Where the path
            goes back to more noise, the prediction is the one of the step before.
    """

    t: int
    x: Tensor
    x0: Tensor
    # --8<-- [end:state]


# --8<-- [start:posterior]
def posterior_mean(step: Step) -> Tensor:
    """The mean of q(x_s | x_t, x_0) (Ho et al. 2020, equation 7, for any s < t)."""
    ab_t, ab_s = step.alpha_bars
    from_x0 = math.sqrt(ab_s) * (1 - step.alpha) / (1 - ab_t)
    from_x = math.sqrt(step.alpha) * (1 - ab_s) / (1 - ab_t)
    return from_x0 * step.x0 + from_x * step.x


def posterior(step: Step, noise: float = 1.0) -> Tensor:
    """A sample from q(x_s | x_t, x_0) with the predicted x_0: ancestral sampling.

    Its variance is (1 - alpha_bar_s) / (1 - alpha_bar_t) * (1 - alpha), so the last step, to
    s = 0, adds none. `noise` scales the standard deviation; 0 leaves the noise term out.
    """
    ab_t, ab_s = step.alpha_bars
    sigma = noise * math.sqrt((1 - ab_s) / (1 - ab_t) * (1 - step.alpha))
    return posterior_mean(step) + sigma * step.noise() if sigma else posterior_mean(step)
    # --8<-- [end:posterior]


# --8<-- [start:beta_noise]
def beta_noise(step: Step) -> Tensor:
    """As `posterior`, but with the variance beta = 1 - alpha, and none in the last step.

    The other choice of Ho et al. 2020 (section 3.2), and the one most courses teach.
    """
    if step.s == 0:
        return posterior_mean(step)
    return posterior_mean(step) + math.sqrt(1 - step.alpha) * step.noise()
    # --8<-- [end:beta_noise]


# --8<-- [start:ddim]
def ddim(step: Step, eta: float = 0.0) -> Tensor:
    """To s along the straight line that x_0 and eps span (Song et al. 2021, equation 12).

    `eta` mixes in fresh noise: 0 is deterministic, 1 is `posterior`.
    """
    ab_t, ab_s = step.alpha_bars
    sigma = eta * math.sqrt((1 - ab_s) / (1 - ab_t) * (1 - step.alpha))
    x = math.sqrt(ab_s) * step.x0 + math.sqrt(1 - ab_s - sigma**2) * step.eps
    return x + sigma * step.noise() if sigma else x
    # --8<-- [end:ddim]


# --8<-- [start:heun]
def heun(step: Step, mean_of: Literal["x0", "eps"] = "x0") -> Tensor:
    """Second order by a second look: DDIM's line, with the mean of the predictions at its ends.

    Costs two network calls, but for the last step, which is DDIM's. Heun's method is the mean of
    two slopes, and the slope depends on the clock. With x / sqrt(1 - alpha_bar) against
    sqrt(alpha_bar / (1 - alpha_bar)) it is x_0, which stays in the range of images (Lu et al.
    2022, "DPM-Solver++", algorithm 1 with r = 1). With x / sqrt(alpha_bar) against the inverse
    it is eps (Karras et al. 2022, algorithm 1), which goes wrong in a long stride out of noise.
    """
    x_s = ddim(step)
    if step.s == 0:
        return x_s
    eps_s, x0_s = step.estimate(x_s, step.s)
    if mean_of == "x0":
        x0 = (step.x0 + x0_s) / 2
        eps = step.schedule.eps_from_x0(step.x, step.t, x0)
    else:
        eps = (step.eps + eps_s) / 2
        x0 = step.schedule.x0_from_eps(step.x, step.t, eps)
    return ddim(replace(step, eps=eps, x0=x0))
    # --8<-- [end:heun]


# --8<-- [start:dpm_solver]
def dpm_solver(step: Step) -> Tensor:
    """DPM-Solver++(2M): second order by remembering the prediction of the step before.

    One network call per step; the first step and the last are DDIM's. (Lu et al. 2022,
    "DPM-Solver++", algorithm 2; lambda is half the logarithm of the signal-to-noise ratio.)
    """
    if step.before is None or step.s == 0:
        return ddim(step)
    ab_t, ab_s = step.alpha_bars
    h, h_before = (half_log_snr(z, z.s) - half_log_snr(z, z.t) for z in (step, step.before))
    ratio = h_before / h
    x0 = step.x0 + (step.x0 - step.before.x0) / (2 * ratio)
    return math.sqrt((1 - ab_s) / (1 - ab_t)) * step.x - math.sqrt(ab_s) * math.expm1(-h) * x0


def half_log_snr(step: Step, t: int) -> float:
    """lambda_t = log(signal / noise) of amplitudes, for t >= 1."""
    alpha_bar = float(step.schedule.alpha_bar[t])
    return 0.5 * math.log(alpha_bar / (1 - alpha_bar))
    # --8<-- [end:dpm_solver]


# --8<-- [start:renoise]
def renoise(step: Step) -> Tensor:
    """The predicted clean image with fresh noise of time s: a sample from q(x_s | x_0).

    It forgets the noise in x_t. This is right for a student of few steps, whose prediction is a
    sample. Where the prediction is the mean of all that x_t may come from, spread is lost.

    Source: Song et al. 2023, "Consistency Models", algorithm 1.
    """
    return step.schedule.add_noise(step.x0, step.s, step.noise()) if step.s else step.x0
    # --8<-- [end:renoise]


# --8<-- [start:sample]
@torch.no_grad()
def sample(
    eps_fn: EpsFn,
    x: Tensor,
    path: Sequence[int],
    schedule: NoiseSchedule,
    step: StepRule = posterior,
    clean: Callable[[Tensor], Tensor] = lambda x0: x0,
    project: Callable[[Tensor, int], Tensor] = lambda x, t: x,
    noise: Callable[[], Tensor] | None = None,
) -> Iterator[State]:
    """Walks a path from noise to images, yielding the state at every time on it.

    Args:
        eps_fn: the noise estimate.
        x: images (N, C, H, W) at time path[0].
        path: the times to visit; a step to a later time adds noise (resampling), without a call.
        schedule: the noise schedule that the network was trained with.
        step: the rule for one step.
        clean: applied to each predicted x_0, to keep it in range for example. Where it changes
            the prediction, eps follows: the two make up x, and DDIM with eta = 1 is `posterior`.
        project: (x, t) -> x, applied after each step, to hold known pixels for example.
        noise: draws noise of the shape of x; torch's global generator unless given.
    """
    path = arguments.times("path", path, schedule.T)
    arguments.function("eps_fn", eps_fn)
    draw = noise or (lambda: torch.randn_like(x))

    def look(x: Tensor, t: int) -> tuple[Tensor, Tensor, Tensor | None]:
        eps, variance = tensors.eps_and_variance("what eps_fn returns", eps_fn(x, t), x)
        guess = schedule.x0_from_eps(x, t, eps)
        x0 = clean(guess)
        return eps if x0 is guess else schedule.eps_from_x0(x, t, x0), x0, variance

    def estimate(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
        return look(x, t)[:2]

    before, x0 = None, x
    for t, s in pairwise(path):
        if s > t:
            yield State(t, x, x0)  # adding noise needs no prediction
            x, before = schedule.renoise(x, t, s, draw()), None
        else:
            eps, x0, variance = look(x, t)
            yield State(t, x, x0)
            now = Step(x, t, s, eps, x0, schedule, draw, estimate, before, variance)
            x, before = step(now), replace(now, before=None)
        x = project(x, s)
    yield State(path[-1], x, x)
    # --8<-- [end:sample]


SAMPLERS: Mapping[str, StepRule] = {
    "ancestral": posterior,
    "beta-noise": beta_noise,
    "no-noise": partial(posterior, noise=0.0),
    "ddim": ddim,
    "heun": heun,
    "heun-eps": partial(heun, mean_of="eps"),
    "dpm-solver": dpm_solver,
    "renoise": renoise,
}
"""The step rules by the names that commands accept."""


def step_rule(sampler: str | StepRule) -> StepRule:
    """The rule of that name, or the rule itself.

    Raises:
        ValueError: there is no sampler of that name.
    """
    if callable(sampler):
        return sampler
    return SAMPLERS[arguments.choice("sampler", sampler, [*SAMPLERS])]
