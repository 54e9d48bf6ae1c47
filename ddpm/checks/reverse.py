"""Checks of sampling: a step, the loop, guidance, and keeping what is known."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ddpm.checks.answers import TIME, Mistake, T, check_kind, close, compare, images, number, praise
from ddpm.checks.calls import call
from ddpm.sampling import Step, beta_noise, posterior
from ddpm.schedule import NoiseSchedule


# --8<-- [start:sampling_step]
def sampling_step(function: Callable[..., Tensor]) -> None:
    """Checks one step back, with sigma = sqrt(beta) and no noise in the last step.

    Args:
        function: (x, t, eps, z, beta, alpha_bar) -> x at t - 1, for one time t.

    Raises:
        Mistake: it is another image.
    """
    linear = NoiseSchedule.linear(T)
    beta, bar = linear.beta.float(), linear.alpha_bar.float()
    x, eps, z = images(2)

    def step(t: int, rule: Callable[[Step], Tensor] = beta_noise, z: Tensor = z) -> Tensor:
        x0 = linear.x0_from_eps(x, t, eps)
        return rule(Step(x, t, t - 1, eps, x0, linear, lambda: z, lambda x, t: (eps, x0)))

    for t in (TIME, 2):
        b, a, ab = (float(v) for v in (linear.beta[t], 1 - linear.beta[t], linear.alpha_bar[t]))
        drawn, mean = b**0.5 * z, step(t, z=torch.zeros_like(z))
        taken, root = b / (1 - ab) ** 0.5 * eps, a**0.5
        mistakes = {
            "The noise z is missing. Without it the samples get poorer with every step.": mean,
            "The noise is multiplied by beta, the variance. Its amplitude is the"
            " root, sqrt(beta).": mean + b * z,
            "The noise is at full strength: its factor sigma_t is missing.": mean + z,
            "The noise is multiplied by sqrt(1 - alpha_bar): that is all the noise in x_t, not"
            " that of one step.": mean + (1 - ab) ** 0.5 * z,
            "This sigma_t is the posterior's, which is as good as the one asked for:"
            " sqrt(beta).": step(t, posterior),
            "The factor in front of the bracket is 1 / alpha: its root is missing.": (x - taken) / a
            + drawn,
            "The factor in front of the bracket is missing: without 1 / sqrt(alpha) the image gets"
            " fainter.": x - taken + drawn,
            "The bracket is multiplied by sqrt(alpha). It should be divided: the forward step made"
            " the image fainter.": (x - taken) * root + drawn,
            "The bracket is divided by sqrt(alpha_bar). One step back takes alpha, the share of"
            " one step.": (x - taken) / ab**0.5 + drawn,
            "beta is divided by 1 - alpha_bar: that root is missing.": (x - b / (1 - ab) * eps)
            / root
            + drawn,
            "sqrt(beta) is divided by sqrt(1 - alpha_bar). In front of eps it is beta itself.": (
                x - (b / (1 - ab)) ** 0.5 * eps
            )
            / root
            + drawn,
            "beta is divided by sqrt(alpha_bar). The noise in x_t has the amplitude"
            " sqrt(1 - alpha_bar).": (x - b / ab**0.5 * eps) / root + drawn,
            "The noise estimate is added. It should be taken out.": (x + taken) / root + drawn,
            "All of the estimated noise is taken out at once: this is the predicted clean"
            " image.": step(t, lambda s: s.x0),
        }
        for other in (t - 1, t + 1):
            b, ab = float(linear.beta[other]), float(linear.alpha_bar[other])
            sign = "-" if other < t else "+"
            words = f"The coefficients are those of t {sign} 1: your index is off by one."
            mistakes[words] = (x - b / (1 - ab) ** 0.5 * eps) / (1 - b) ** 0.5 + b**0.5 * z
        given = call(function, x=x, t=t, eps=eps, z=z, beta=beta, alpha_bar=bar)
        compare(f"x at t - 1 (for t = {t})", given, step(t), mistakes)
    last = linear.beta[1].sqrt().float() * z
    compare(
        "x at t = 0",
        call(function, x=x, t=1, eps=eps, z=z, beta=beta, alpha_bar=bar),
        step(1),
        {
            "There is noise in the last step, from t = 1 to 0. It stays in the picture: no step"
            " comes after it that could take it out.": step(1) + last
        },
    )
    praise("the sampling step")
    # --8<-- [end:sampling_step]


def sampling_loop(function: Callable[..., Tensor]) -> None:
    """Checks the loop from noise to image: its times, fresh noise, and no noise at the end.

    Args:
        function: (eps_fn, x, beta, alpha_bar) -> x at t = 0, for `eps_fn(x, t)`; it makes z itself.

    Raises:
        Mistake: a time is missing or too many, or the noise is not fresh.
    """
    short = NoiseSchedule.linear(8, 0.05, 0.5)
    asked: list[tuple[float, Tensor]] = []

    def eps_fn(x: Tensor, t: float) -> Tensor:
        if not isinstance(x, Tensor) or x.shape != start.shape:
            shape = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
            raise Mistake(
                f"`eps_fn(x, t)` gets x of {shape}. Give it the images, of the shape"
                f" {tuple(start.shape)} at every step."
            )
        shape = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
        if shape != tuple(start.shape):
            raise Mistake(
                f"`eps_fn(x, t)` gets x of {shape}. Give it the images, of the shape"
                f" {tuple(start.shape)} at every step."
            )
        told = number("The time t in `eps_fn(x, t)`", t)
        asked.append((int(told) if told.is_integer() else told, x.detach().clone()))
        return torch.zeros_like(x)

    start = torch.randn(1, 1, 40, 40, generator=torch.Generator().manual_seed(0))
    beta, bar = short.beta.float(), short.alpha_bar.float()
    given = call(function, eps_fn=eps_fn, x=start, beta=beta, alpha_bar=bar)
    times, right = [t for t, _ in asked], list(range(short.T, 0, -1))
    if times == right[::-1]:
        raise Mistake("The loop runs from t = 1 up to T. Noise is at T: count down.")
    if times == [t - 1 for t in right]:
        raise Mistake(
            "The loop visits T - 1, ..., 0. With the clean image at t = 0 the steps start at"
            " T, ..., 1."
        )
    if times != right:
        raise Mistake(f"The times in your loop are {times} and should be {right}.")
    if not isinstance(given, Tensor) or given.shape != start.shape:
        raise Mistake("The result should be the images at t = 0, of the shape of x. `return x`?")
    check_kind("The result", given, start)
    compare("The first image asked about", asked[0][1], start, {})
    way = [x for _, x in asked] + [given.detach()]
    drawn = [
        (way[i + 1] - way[i] / (1 - short.beta[t]).sqrt()) / short.beta[t].sqrt()
        for i, t in enumerate(right)
    ]
    if not all(z.isfinite().all() for z in drawn):
        raise Mistake("The images are not finite everywhere. Do you divide by 0, or take its root?")
    if float(drawn[-1].abs().max()) > 1e-3:
        raise Mistake("There is noise in the last step. It stays in the picture.")
    if close(drawn[0], drawn[1]):
        raise Mistake("Every step adds the same z. Sample it again inside the loop.")
    if any(abs(float(z.std()) - 1) > 0.2 for z in drawn[:-1]):
        raise Mistake("The steps are not yours of before with a fresh z. Call your step function.")
    praise("the sampling loop")


def guidance(function: Callable[[Tensor, Tensor, float], Tensor]) -> None:
    """Checks classifier-free guidance in the form in which a scale of 1 is none.

    Args:
        function: (eps_label, eps_null, scale) -> the guided estimate.

    Raises:
        Mistake: it is another estimate.
    """
    with_label, without, _ = images(2)
    for scale in (3.0, 1.0, 0.0):
        s = scale
        compare(
            f"The guided estimate (scale {scale:g})",
            call(function, eps_label=with_label, eps_null=without, scale=scale),
            without + s * (with_label - without),
            {
                "This is the formula for omega, in which 0 is no guidance. The scale gamma is"
                " omega + 1: start from the answer without a label.": with_label
                + s * (with_label - without),
                "The two answers are swapped: this flees from the label.": with_label
                + s * (without - with_label),
                "The sign of the difference is wrong: this flees from the label.": without
                + s * (without - with_label),
                "The scale plays no part: this is the answer with the label.": with_label,
                "The scale plays no part: this is the answer without a label.": without,
                "This is the difference of the answers. Go that way from the answer without a"
                " label.": s * (with_label - without),
            },
        )
    praise("guidance")


def keep_known(function: Callable[..., Tensor]) -> None:
    """Checks what inpainting does after each step.

    Args:
        function: (x, t, x0, mask, eps, alpha_bar) -> x at t, where the mask is 1 as it was, and
            where the mask is 0 the known picture x0 with the noise of time t.

    Raises:
        Mistake: it is another image.
    """
    linear = NoiseSchedule.linear(T)
    x, x0, eps = images(2)
    mask = torch.zeros(1, 1, *x.shape[2:])
    mask[..., :3] = 1  # more is new than known, so that an inverted mask shows
    for t in (TIME, 0):
        known, s = linear.add_noise(x0, t, eps), max(t - 1, 0)
        bar = linear.alpha_bar.float()
        given = call(function, x=x, t=t, x0=x0, mask=mask, eps=eps, alpha_bar=bar)
        mistakes = {
            "The mask is inverted: 1 marks what is to be drawn, 0 what is known.": mask * known
            + (1 - mask) * x,
            "The known part is clean. At time t it needs the noise of t, or the two parts do not"
            " match.": mask * x + (1 - mask) * x0,
            "The known part is that of t - 1.": mask * x
            + (1 - mask) * linear.add_noise(x0, s, eps),
            "The known part is that of t + 1.": mask * x
            + (1 - mask) * linear.add_noise(x0, t + 1, eps),
            "The known part is missing.": mask * x,
            "Nothing was kept: this is x as it came.": x,
            "All of it is the known picture. Where the mask is 1, x stays.": known,
            "The two parts are added up everywhere: multiply the known one by 1 - mask.": mask * x
            + known,
        }
        compare(f"x at t = {t}", given, mask * x + (1 - mask) * known, mistakes)
    praise("keeping what is known")
