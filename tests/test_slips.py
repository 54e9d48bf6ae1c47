"""The page on slips: each slip is there as it was made, and its check says what is wrong.

The page cuts the code out of this file, and quotes what the checks say.
"""

import re
from pathlib import Path

import pytest
import torch

from ddpm import checks
from ddpm.checks import Mistake

PAGE = (Path(__file__).parents[1] / "docs" / "slips.md").read_text("utf-8")


def forward(x0, t, eps, alpha_bar):
    bar = alpha_bar[t].reshape(-1, 1, 1, 1)
    return bar.sqrt() * x0 + (1 - bar).sqrt() * eps


# --8<-- [start:last]
def loss(network, x0, t, eps, alpha_bar):
    x, before = forward(x0, t, eps, alpha_bar), forward(x0, t - 1, eps, alpha_bar)
    beta = (1 - alpha_bar[t] / alpha_bar[t - 1]).reshape(-1, 1, 1, 1)
    added = (x - (1 - beta).sqrt() * before) / beta.sqrt()
    return ((network(x, t) - added) ** 2).mean()
    # --8<-- [end:last]


# --8<-- [start:variance]
def add_noise(x0, t, eps, alpha_bar):
    bar = alpha_bar[t].reshape(-1, 1, 1, 1)
    return bar.sqrt() * x0 + (1 - bar) * eps
    # --8<-- [end:variance]


# --8<-- [start:uniform]
def training_step(network, optimizer, x0, alpha_bar):
    t = torch.randint(1, len(alpha_bar), (len(x0),))
    eps = torch.rand_like(x0)
    error = ((network(forward(x0, t, eps, alpha_bar), t) - eps) ** 2).mean()
    optimizer.zero_grad()
    error.backward()
    optimizer.step()
    return error.item()
    # --8<-- [end:uniform]


# --8<-- [start:stride]
def step(x, t, s, x0, z, alpha_bar):
    a = alpha_bar[t] / alpha_bar[s]
    rest = 1 - alpha_bar[t]
    tau = ((1 - alpha_bar[s]) / rest * (1 - a)).sqrt()
    return alpha_bar[s].sqrt() * (1 - a) / rest * x0 + a.sqrt() * rest / rest * x + tau * z
    # --8<-- [end:stride]


# --8<-- [start:start]
def start(times, i_start):
    return i_start
    # --8<-- [end:start]


# --8<-- [start:input]
def noisy(x, sigma, eps):
    return sigma * eps
    # --8<-- [end:input]


# --8<-- [start:switches]
def probability(t, s):
    return 0.16 * (1 - s)
    # --8<-- [end:switches]


SLIPS = [
    (checks.loss, loss, "noise that the last step added"),
    (checks.add_noise, add_noise, "The noise's factor has no root."),
    (checks.training_step, training_step, "The noise is uniform in [0, 1]"),
    (checks.strided_step, step, "so that it cancels"),
    (checks.edit_start, start, "10 is a place in the list, not a time."),
    (checks.noisy_image, noisy, "This is the noise alone."),
    (checks.bayes_net, probability, "P(-t) is 0.6 here and not 0.16"),
]


@pytest.mark.parametrize(("check", "slip", "said"), SLIPS, ids=lambda part: str(part)[:20])
def test_the_check_says_what_the_page_says(check, slip, said):
    torch.manual_seed(0)
    with pytest.raises(Mistake, match=re.escape(said)) as found:
        check(slip)
    words = " ".join(str(found.value).split())
    quoted = [" ".join(m.split()) for m in re.findall(r"Mistake: (.*?)```", PAGE, re.DOTALL)]
    assert words in quoted


WRONG = [
    (checks.noisy_image, lambda x, sigma, eps: x + sigma**2 * eps, "its variance"),
    (checks.noisy_image, lambda x, sigma, eps: x + eps, "sigma is missing"),
    (checks.noisy_image, lambda x, sigma, eps: x, "the noise is missing"),
    (
        checks.noisy_image,
        lambda x, sigma, eps: (1 - sigma**2) ** 0.5 * x + sigma * eps,
        "full amplitude",
    ),
    (checks.edit_start, lambda times, i_start: times[i_start - 1], "too early"),
    (checks.edit_start, lambda times, i_start: times[i_start + 1], "too late"),
    (checks.edit_start, lambda times, i_start: times[-1 - i_start], "from the end"),
    (checks.edit_start, lambda times, i_start: 7, "should be 690"),
    (checks.bayes_net, lambda t, s: t * (1 - s), "about -t"),
    (checks.bayes_net, lambda t, s: (1 - t) * s, "about -s"),
    (checks.bayes_net, lambda t, s: 1 - s, "P(-t) is missing"),
    (checks.bayes_net, lambda t, s: 1 - t, "P(-s | -t, -m) is missing"),
    (checks.bayes_net, lambda t, s: 0.54, "should be 0.525"),
]


@pytest.mark.parametrize(("check", "answer", "said"), WRONG)
def test_other_wrong_answers_are_named(check, answer, said):
    with pytest.raises(Mistake, match=re.escape(said)):
        check(answer)
