"""The usual wrong answers about steps over a stride are called what they are.

Right answers and odd ones are tested with all other checks, in test_checks.py.
"""

import pytest

from ddpm import checks
from ddpm.checks import Mistake


def stride(weight=1, printed=False, tau=lambda a, posterior: posterior):
    def step(x, t, s, x0, z, alpha_bar):
        now, then = alpha_bar[t], alpha_bar[s]
        a = now / then
        image = then.sqrt() * (1 - a) / (1 - now) * x0
        noisy = a.sqrt() * (1 - (now if printed else then)) / (1 - now) * x
        noise = tau(a, ((1 - then) / (1 - now) * (1 - a)).sqrt())
        return weight * image + noisy + noise * z

    return step


def line(image=lambda now, then: then.sqrt(), noise=lambda now, then: (1 - then).sqrt()):
    def step(x, t, s, eps, alpha_bar):
        now, then = alpha_bar[t], alpha_bar[s]
        x0 = (x - (1 - now).sqrt() * eps) / now.sqrt()
        return image(now, then) * x0 + noise(now, then) * eps

    return step


def mean_alone(x, t, s, eps, alpha_bar):
    x0 = (x - (1 - alpha_bar[t]).sqrt() * eps) / alpha_bar[t].sqrt()
    return stride(tau=lambda a, posterior: 0)(x, t, s, x0, 0, alpha_bar)


def target(ratio=lambda now, then: ((1 - then) / (1 - now)).sqrt(), below=None):
    def halved(x, t, s, x_s, alpha_bar):
        now, then = alpha_bar[t], alpha_bar[s]
        r = ratio(now, then)
        whole = then.sqrt() - r * now.sqrt()
        return (x_s - r * x) / (below(then) if below else whole)

    return halved


WRONG = [
    ("strided_step", stride(printed=True), "so that it cancels"),
    ("strided_step", stride(tau=lambda a, posterior: 0), "noise z is missing"),
    ("strided_step", stride(tau=lambda a, posterior: (1 - a).sqrt()), "variance beta"),
    ("strided_step", stride(tau=lambda a, posterior: posterior**2), "by its variance"),
    ("strided_step", stride(weight=2), "none of the usual mistakes"),
    ("strided_step", lambda x, t, s, x0, z, bar: x0, "predicted clean image itself"),
    ("ddim_step", mean_alone, "mean of the ancestral step"),
    ("ddim_step", line(noise=lambda now, then: (1 - now).sqrt()), "noise has the amplitude of"),
    ("ddim_step", line(image=lambda now, then: now.sqrt()), "image has the amplitude of time t"),
    ("ddim_step", line(noise=lambda now, then: 1 - then), "multiplied by 1 - alpha_bar_s"),
    (
        "ddim_step",
        lambda x, t, s, eps, bar: bar[s].sqrt() * x + (1 - bar[s]).sqrt() * eps,
        "x_t stands where",
    ),
    ("halved_target", lambda x, t, s, x_s, bar: x_s / bar[s].sqrt(), "ignores the noise"),
    ("halved_target", lambda x, t, s, x_s, bar: x_s, "right for s = 0 only"),
    ("halved_target", target(lambda now, then: (1 - then) / (1 - now)), "Take the root"),
    ("halved_target", target(below=lambda then: 1), "division is missing"),
    ("halved_target", target(below=lambda then: then.sqrt()), "Below the line"),
    ("halved_target", lambda x, t, s, x_s, bar: 2 * x_s, "none of the usual mistakes"),
]


@pytest.mark.parametrize(("name", "wrong", "words"), WRONG, ids=[f"{n}-{w}" for n, _, w in WRONG])
def test_a_usual_mistake_is_called_what_it_is(name, wrong, words):
    with pytest.raises(Mistake) as error:
        getattr(checks, name)(wrong)
    assert words in str(error.value)
