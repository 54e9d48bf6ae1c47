"""Checks of steps to any earlier time: the ancestral one, DDIM's, and a student's target."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ddpm.checks.answers import TIME, T, compare, images, praise
from ddpm.checks.calls import call
from ddpm.sampling import Step, ddim, posterior
from ddpm.schedule import NoiseSchedule

LINEAR = NoiseSchedule.linear(T)
STRIDES = ((TIME, TIME - 30), (TIME, 0))
"""The times t and s of the steps that are checked."""


def strided_step(function: Callable[..., Tensor]) -> None:
    """Checks the ancestral step from t to any earlier time s, with the posterior's variance.

    Args:
        function: (x, t, s, x0, z, alpha_bar) -> x at s.

    Raises:
        Mistake: it is another image.
    """
    x, x0, z = images(2)
    bar = LINEAR.alpha_bar.float()
    for t, s in STRIDES:
        ab, ab_s = float(bar[t]), float(bar[s])
        a = ab / ab_s
        drawn = ((1 - ab_s) / (1 - ab) * (1 - a)) ** 0.5 * z
        image = ab_s**0.5 * (1 - a) / (1 - ab) * x0
        mean = image + a**0.5 * (1 - ab_s) / (1 - ab) * x
        mistakes = {
            "The weight of x_t has 1 - alpha_bar_t above and below the line, so that it cancels."
            " Above the line it is 1 - alpha_bar_s, of the earlier time.": image
            + a**0.5 * x
            + drawn,
            "The noise z is missing.": mean,
            "The noise has the variance beta of the stride. In a long stride this is too much: use"
            " the posterior's.": mean + (1 - a) ** 0.5 * z,
            "The noise is multiplied by its variance. Its amplitude is the root.": mean
            + (1 - ab_s) / (1 - ab) * (1 - a) * z,
            "The weight of x0 has sqrt(alpha_bar_t). It is that of the earlier time s.": ab**0.5
            * (1 - a)
            / (1 - ab)
            * x0
            + (mean - image)
            + drawn,
            "This is the predicted clean image itself.": x0,
        }
        given = call(function, x=x, t=t, s=s, x0=x0, z=z, alpha_bar=bar)
        compare(f"x at {s} (from t = {t})", given, _by(posterior, x, t, s, x0, z), mistakes)
    praise("the strided step")


def ddim_step(function: Callable[..., Tensor]) -> None:
    """Checks the deterministic DDIM step from t to any earlier time s.

    Args:
        function: (x, t, s, eps, alpha_bar) -> x at s.

    Raises:
        Mistake: it is another image.
    """
    x, eps, z = images(2)
    bar = LINEAR.alpha_bar.float()
    for t, s in STRIDES:
        ab, ab_s = float(bar[t]), float(bar[s])
        x0 = LINEAR.x0_from_eps(x, t, eps)
        tau = ((1 - ab_s) / (1 - ab) * (1 - ab / ab_s)) ** 0.5
        mistakes = {
            "This is the mean of the ancestral step. DDIM keeps the noise at its full amplitude,"
            " sqrt(1 - alpha_bar_s).": ab_s**0.5 * x0 + (1 - ab_s - tau**2) ** 0.5 * eps,
            "The noise has the amplitude of time t. At time s it is sqrt(1 - alpha_bar_s).": ab_s
            ** 0.5
            * x0
            + (1 - ab) ** 0.5 * eps,
            "The image has the amplitude of time t. At time s it is sqrt(alpha_bar_s).": ab**0.5
            * x0
            + (1 - ab_s) ** 0.5 * eps,
            "The noise is multiplied by 1 - alpha_bar_s. Its root is missing.": ab_s**0.5 * x0
            + (1 - ab_s) * eps,
            "x_t stands where the predicted clean image should.": ab_s**0.5 * x
            + (1 - ab_s) ** 0.5 * eps,
        }
        given = call(function, x=x, t=t, s=s, eps=eps, alpha_bar=bar)
        compare(f"x at {s} (from t = {t})", given, _by(ddim, x, t, s, x0, z), mistakes)
    praise("the DDIM step")


def halved_target(function: Callable[..., Tensor]) -> None:
    """Checks the clean image with which one DDIM step from x_t ends at a given x_s.

    Args:
        function: (x, t, s, x_s, alpha_bar) -> the clean image.

    Raises:
        Mistake: it is another image.
    """
    x, end, _ = images(2)
    bar = LINEAR.alpha_bar.float()
    for t, s in STRIDES:
        ab, ab_s = float(bar[t]), float(bar[s])
        ratio = ((1 - ab_s) / (1 - ab)) ** 0.5
        below = ab_s**0.5 - ratio * ab**0.5
        squared = (1 - ab_s) / (1 - ab)
        mistakes = {
            "This is x_s over sqrt(alpha_bar_s). It ignores the noise that is still in x_s.": end
            / ab_s**0.5,
            "This is x_s itself, which is right for s = 0 only.": end,
            "The ratio of the noises is that of their variances. Take the root.": (
                end - squared * x
            )
            / (ab_s**0.5 - squared * ab**0.5),
            "The division is missing: x0 has a factor in the step, sqrt(alpha_bar_s) less the ratio"
            " of the noises times sqrt(alpha_bar_t).": end - ratio * x,
            "Below the line, only sqrt(alpha_bar_s) is left. The noise in x_t holds x0 too: the"
            " ratio of the noises times sqrt(alpha_bar_t) is missing.": (end - ratio * x)
            / ab_s**0.5,
        }
        given = call(function, x=x, t=t, s=s, x_s=end, alpha_bar=bar)
        compare(f"The target (from t = {t} to {s})", given, (end - ratio * x) / below, mistakes)
    praise("the halved target")


def _by(rule: Callable[[Step], Tensor], x: Tensor, t: int, s: int, x0: Tensor, z: Tensor) -> Tensor:
    """The image that the package's rule gives for a predicted clean image."""
    eps = LINEAR.eps_from_x0(x, t, x0)
    return rule(Step(x, t, s, eps, x0, LINEAR, lambda: z, lambda x, t: (eps, x0)))
