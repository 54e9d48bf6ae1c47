"""The usual wrong answers about one noisy pixel and about the clean image are recognised.

Right answers and odd ones are tested with all other checks, in test_checks.py.
"""

import math

import pytest

from ddpm import checks
from ddpm.checks import Mistake


def pixel(power=2, prior=True, plus=1.0):
    def mean(noisy, sigma, p):
        u = (noisy - 0.5) / sigma**power + (math.log(p / (1 - p)) if prior else 0)
        return 1 / (1 + math.exp(-plus * u))

    return mean


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (pixel(prior=False), "p does not enter"),
        (pixel(power=1), "sigma is not squared"),
        (pixel(plus=-1.0), "probability of a 0"),
        (lambda noisy, sigma, p: round(pixel()(noisy, sigma, p)), "The answer is 0 or 1"),
        (lambda noisy, sigma, p: noisy, "the noisy pixel itself"),
        (lambda noisy, sigma, p: p, r"is 0.20000. It should be 0.5"),
    ],
)
def test_a_wrong_mean_of_a_pixel(function, words):
    with pytest.raises(Mistake, match=words):
        checks.posterior_mean(function)


def solved(formula):
    def wrong(x_t, t, eps, alpha_bar):
        bar = alpha_bar[t].reshape(-1, 1, 1, 1)
        return formula(x_t, bar.sqrt(), (1 - bar).sqrt(), eps)

    return wrong


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (lambda x, a, s, e: x - s * e, "division by sqrt"),
        (lambda x, a, s, e: (x - e) / a, "noise has no factor"),
        (lambda x, a, s, e: (x + s * e) / a, "noise is added"),
        (lambda x, a, s, e: (x - s**2 * e) / a**2, "roots are missing"),
        (lambda x, a, s, e: (x - s * e) / a**2, "Divide by its root"),
        (lambda x, a, s, e: x - s * e / a, "divide the noise alone"),
        (lambda x, a, s, e: a * x + s * e, "Solve that formula"),
        (lambda x, a, s, e: (x - a * e) / s, "swapped"),
    ],
)
def test_a_wrong_clean_image(formula, words):
    with pytest.raises(Mistake, match=words):
        checks.predicted_image(solved(formula))


def test_a_clean_image_of_another_time():
    def early(x_t, t, eps, alpha_bar):
        return solved(lambda x, a, s, e: (x - s * e) / a)(x_t, t - 1, eps, alpha_bar)

    with pytest.raises(Mistake, match="t - 1"):
        checks.predicted_image(early)
