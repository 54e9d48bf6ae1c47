"""Right answers pass, and every usual wrong one is called what it is."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from ddpm import checks
from ddpm.checks import Mistake

STEPS = 400


def make(T=STEPS, start=1e-4, end=0.02):
    beta = torch.cat([torch.zeros(1), torch.linspace(start, end, T)])
    return beta, torch.cumprod(1 - beta, 0)


def per_image(values, t):
    return values[t].reshape(-1, 1, 1, 1)


def numbers(t, beta, alpha_bar):
    return {
        "beta_t": beta[t],
        "sqrt_beta_t": beta[t].sqrt(),
        "alpha_t": 1 - beta[t],
        "oneover_sqrt_alpha_t": 1 / (1 - beta[t]).sqrt(),
        "alpha_bar_t": alpha_bar[t],
        "sqrt_one_minus_alpha_bar_t": (1 - alpha_bar[t]).sqrt(),
    }


def add_noise(x0, t, eps, alpha_bar):
    bar = per_image(alpha_bar, t)
    return bar.sqrt() * x0 + (1 - bar).sqrt() * eps


def loss(network, x0, t, eps, alpha_bar):
    return ((network(add_noise(x0, t, eps, alpha_bar), t) - eps) ** 2).mean()


def training_step(
    network,
    optimizer,
    x0,
    alpha_bar,
    first=1,
    last=0,
    noise=torch.randn_like,
    clear=True,
    move=True,
):
    t = torch.randint(first, len(alpha_bar) + last, (len(x0),))
    error = loss(network, x0, t, noise(x0), alpha_bar)
    if clear:
        optimizer.zero_grad()
    error.backward()
    if move:
        optimizer.step()
    return error.item()


def step(x, t, eps, z, beta, alpha_bar, last=1):
    mean = (x - beta[t] / (1 - alpha_bar[t]).sqrt() * eps) / (1 - beta[t]).sqrt()
    return mean + beta[t].sqrt() * z if t > last else mean


def loop(eps_fn, x, beta, alpha_bar, times=None, last=1, noise=torch.randn_like):
    for t in times or range(len(beta) - 1, 0, -1):
        x = step(x, t, eps_fn(x, t), noise(x), beta, alpha_bar, last)
    return x


def guide(with_label, without, scale):
    return without + scale * (with_label - without)


def keep(x, t, x0, mask, eps, alpha_bar):
    known = alpha_bar[t].sqrt() * x0 + (1 - alpha_bar[t]).sqrt() * eps
    return mask * x + (1 - mask) * known


def mean_of_a_pixel(noisy, sigma, p):
    odds = p / (1 - p) * math.exp((noisy - 0.5) / sigma**2)
    return odds / (1 + odds)


def clean(x_t, t, eps, alpha_bar):
    bar = per_image(alpha_bar, t)
    return (x_t - (1 - bar).sqrt() * eps) / bar.sqrt()


def accuracy(logits, labels):
    return (logits.argmax(1) == labels).float().mean()


def two_views(eps_first, eps_second, x, t):
    turned = eps_second(x.flip(2, 3), t)
    return (eps_first(x, t) + turned.flip(2, 3)) / 2


def stride(x, t, s, x0, z, alpha_bar):
    a = alpha_bar[t] / alpha_bar[s]
    share = (1 - alpha_bar[s]) / (1 - alpha_bar[t])
    image = alpha_bar[s].sqrt() * (1 - a) / (1 - alpha_bar[t]) * x0
    return image + a.sqrt() * share * x + (share * (1 - a)).sqrt() * z


def straight(x, t, s, eps, alpha_bar):
    x0 = (x - (1 - alpha_bar[t]).sqrt() * eps) / alpha_bar[t].sqrt()
    return alpha_bar[s].sqrt() * x0 + (1 - alpha_bar[s]).sqrt() * eps


def halved(x, t, s, x_s, alpha_bar):
    ratio = ((1 - alpha_bar[s]) / (1 - alpha_bar[t])).sqrt()
    return (x_s - ratio * x) / (alpha_bar[s].sqrt() - ratio * alpha_bar[t].sqrt())


def noisy_batch(x0, alpha_bar):
    t, eps = torch.randint(1, len(alpha_bar), (len(x0),)), torch.randn_like(x0)
    return add_noise(x0, t, eps, alpha_bar), t, eps


@torch.no_grad()
def held_out_loss(network, x0, t, eps, alpha_bar):
    parts = [slice(i, i + 100) for i in range(0, len(x0), 100)]
    sums = [loss(network, x0[p], t[p], eps[p], alpha_bar) * len(x0[p]) for p in parts]
    return float(sum(sums)) / len(x0)


RIGHT = {
    "minibatch": noisy_batch,
    "held_out_loss": held_out_loss,
    "posterior_mean": mean_of_a_pixel,
    "predicted_image": clean,
    "schedule": make,
    "six_numbers": numbers,
    "add_noise": add_noise,
    "loss": loss,
    "training_step": training_step,
    "sampling_step": step,
    "sampling_loop": loop,
    "guidance": guide,
    "keep_known": keep,
    "accuracy": accuracy,
    "anagram": two_views,
    "strided_step": stride,
    "ddim_step": straight,
    "halved_target": halved,
    "noisy_image": lambda x, sigma, eps: x + sigma * eps,
    "edit_start": lambda times, i_start: times[i_start],
    "bayes_net": lambda t, s: (1 - t) * (1 - s),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_pass(name, capsys):
    torch.manual_seed(1)
    getattr(checks, name)(RIGHT[name])
    assert capsys.readouterr().out.startswith("Right: ")


def add_noise_in_place(x0, t, eps, alpha_bar):
    bar = per_image(alpha_bar, t)
    return x0.mul_(bar.sqrt()).add_(eps.mul_((1 - bar).sqrt()))


def loss_in_place(network, x0, t, eps, alpha_bar):
    x, wanted = add_noise_in_place(x0, t, eps.clone(), alpha_bar), eps
    alpha_bar.zero_()
    answer = network(x, t)
    x.zero_(), t.zero_()
    return answer.sub_(wanted).square_().mean()


def training_step_in_place(network, optimizer, x0, alpha_bar):
    t, noise = torch.randint(1, len(alpha_bar), (len(x0),)), torch.randn_like(x0)
    error = F.mse_loss(network(add_noise_in_place(x0, t, noise.clone(), alpha_bar), t), noise)
    optimizer.zero_grad()
    error.backward()
    optimizer.step()
    alpha_bar.zero_(), x0.zero_(), t.zero_()
    return error


def step_in_place(x, t, eps, z, beta, alpha_bar):
    x -= eps.mul_(beta[t] / (1 - alpha_bar[t]).sqrt())
    x /= (1 - beta[t]).sqrt()
    x += z.mul_(beta[t].sqrt() if t > 1 else 0)
    beta.zero_(), alpha_bar.zero_()
    return x


def loop_in_place(eps_fn, x, beta, alpha_bar):
    for t in range(len(beta) - 1, 0, -1):
        z = torch.randn_like(x)
        step_in_place(x, t, eps_fn(x, t), z, beta.clone(), alpha_bar.clone())
    return x


def numbers_in_place(t, beta, alpha_bar):
    given = {key: float(value) for key, value in numbers(t, beta, alpha_bar).items()}
    beta.zero_(), alpha_bar.zero_()
    return given


def keep_in_place(x, t, x0, mask, eps, alpha_bar):
    known = x0.mul_(alpha_bar[t].sqrt()).add_(eps.mul_((1 - alpha_bar[t]).sqrt()))
    return x.mul_(mask).add_(known.mul_(mask.neg_().add_(1)))


IN_PLACE = {
    "six_numbers": numbers_in_place,
    "add_noise": add_noise_in_place,
    "loss": loss_in_place,
    "training_step": training_step_in_place,
    "sampling_step": step_in_place,
    "sampling_loop": loop_in_place,
    "guidance": lambda c, u, s: c.sub_(u).mul_(s).add_(u),
    "keep_known": keep_in_place,
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_right_answers_may_work_in_place(name, capsys):
    torch.manual_seed(1)
    getattr(checks, name)(IN_PLACE[name])
    assert capsys.readouterr().out.startswith("Right: ")


@pytest.mark.parametrize("name", ["sampling_loop", "loss", "training_step"])
def test_right_answers_may_carry_a_gradient_or_float64(name, capsys):
    torch.manual_seed(1)
    weight = torch.ones((), dtype=torch.float64, requires_grad=True)

    def function(*inputs):
        given = RIGHT[name](*inputs)
        return torch.as_tensor(given, dtype=torch.float64) * weight

    getattr(checks, name)(function)
    assert capsys.readouterr().out.startswith("Right: ")


def boom(error):
    def stops(*_):
        raise error

    return stops


def not_filled_in(*_):
    raise NotImplementedError


ERRORS = [
    RuntimeError("the size of tensor a"),
    ValueError("no\x1b[2J way\nand more"),
    ZeroDivisionError(),
    KeyError("x"),
    AssertionError("mine"),
    RecursionError("maximum recursion depth exceeded"),
    MemoryError(),
    StopIteration(),
    SystemExit(3),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("name", RIGHT)
def test_any_error_is_told_in_words(name, error):
    with pytest.raises(Mistake, match=f"In `stops` there is an error, in line .*: `raise error`: "
                                      f"{type(error).__name__}") as told:  # fmt: skip
        getattr(checks, name)(boom(error))
    assert str(told.value).isprintable()  # one line, and nothing that clears a screen
    assert told.value.__cause__ is error


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_not_filled_in_is_said(name):
    with pytest.raises(Mistake, match="nothing in `not_filled_in` yet"):
        getattr(checks, name)(not_filled_in)


@pytest.mark.parametrize("name", RIGHT)
def test_other_arguments_are_told_by_name(name):
    with pytest.raises(
        Mistake, match=r"The arguments of your function should be \(\w+.*\), and are"
    ):
        getattr(checks, name)(lambda: None)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_no_function_is_told(name):
    with pytest.raises(Mistake, match="A function is needed, and this is of type Tensor"):
        getattr(checks, name)(torch.ones(3))


ODD = {
    "a list": [1.0, 2.0],
    "a string": "0.5",
    "a dictionary": {"x": 1},
    "an array": np.ones((3, 1, 4, 4), np.float32),
    "a class": torch.Tensor,
    "empty": torch.zeros(0),
    "two tensors": (torch.ones(3), torch.ones(3)),
    "three tensors": (torch.ones(()), torch.ones(()), None),
    "scalars": (torch.ones(()), torch.ones(())),
    "whole numbers": torch.ones(2, 1, 4, 4, dtype=torch.long),
    "truths": torch.ones(2, 1, 4, 4, dtype=torch.bool),
    "complex": torch.ones(2, 1, 4, 4, dtype=torch.complex64),
    "half": torch.ones(2, 1, 4, 4, dtype=torch.float16),
    "nowhere": torch.ones(2, 1, 4, 4, device="meta"),
    "sparse": torch.ones(2, 1, 4, 4).to_sparse(),
    "not finite": torch.full((2, 1, 4, 4), torch.nan),
    "numbers that are none": dict.fromkeys(checks.SIX),
    "numbers that are many": dict.fromkeys(checks.SIX, torch.ones(3)),
    "numbers that are words": dict.fromkeys(checks.SIX, "0.5"),
    "numbers that are complex": dict.fromkeys(checks.SIX, 1j),
    "numbers that are not finite": dict.fromkeys(checks.SIX, float("nan")),
    "numbers that are nowhere": dict.fromkeys(checks.SIX, torch.ones((), device="meta")),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", RIGHT)
def test_odd_answers_are_told_in_words(name, odd):
    with pytest.raises(Mistake):
        getattr(checks, name)(lambda *_: odd)

    def after_all(*inputs):  # all is done as it should be, and then something odd is returned
        RIGHT[name](*inputs)
        return odd

    torch.manual_seed(1)
    with pytest.raises(Mistake):
        getattr(checks, name)(after_all)


def test_two_tables_may_be_a_list(capsys):
    checks.schedule(lambda T: list(make(T)))
    assert capsys.readouterr().out.startswith("Right: ")


def test_a_reader_who_stops_a_check_stops_it():
    with pytest.raises(KeyboardInterrupt):
        checks.add_noise(boom(KeyboardInterrupt()))


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_returned_is_said(name):
    with pytest.raises(Mistake):
        getattr(checks, name)(lambda *_: None)


def given(**names):
    """The intermediate results that wrong formulas are made of."""
    return SimpleNamespace(**names)


def tables(change):
    """A wrong schedule, from the right one."""

    def wrong(T):
        beta, bar = make(T)
        return change(given(T=T, beta=beta, alpha=1 - beta, bar=bar))

    return wrong


def noised(formula):
    """A wrong forward process, from the right one's parts."""

    def wrong(x0, t, eps, alpha_bar):
        bar = per_image(alpha_bar, t)
        parts = {"s": bar.sqrt(), "n": (1 - bar).sqrt(), "bar": bar}
        return formula(given(x0=x0, t=t, eps=eps, alpha_bar=alpha_bar, **parts))

    return wrong


def asked(formula):
    """A wrong loss; its formula gets the network too."""

    def wrong(network, x0, t, eps, alpha_bar):
        x = add_noise(x0, t, eps, alpha_bar)
        return formula(network, given(x0=x0, t=t, eps=eps, x=x, alpha_bar=alpha_bar))

    return wrong


def stepped(formula):
    """A wrong step, from the right one's parts; `t` can be moved by the formula itself."""

    def wrong(x, t, eps, z, beta, alpha_bar):
        b, bar, before = beta[t], alpha_bar[t], alpha_bar[t - 1]
        mean = step(x, t, eps, 0 * z, beta, alpha_bar)
        noise = b.sqrt() * z * (t > 1)
        parts = {"b": b, "a": 1 - b, "bar": bar, "n": (1 - bar).sqrt(), "before": before}
        return formula(
            given(x=x, t=t, eps=eps, z=z * (t > 1), mean=mean, noise=noise, **parts)
        )  # fmt: skip

    return wrong


def kept(formula):
    """A wrong projection, from the right one's parts."""

    def wrong(x, t, x0, mask, eps, alpha_bar):
        def at(t):
            return keep(x, t, x0, 0 * mask, eps, alpha_bar)

        return formula(given(x=x, t=t, x0=x0, m=mask, known=at(t), at=at))

    return wrong


def shifted(d):
    return lambda t, beta, bar: numbers(t + d, beta, bar)


def but(**wrong):
    """The six numbers, some of them wrong."""
    return lambda t, beta, bar: (
        numbers(t, beta, bar) | {k: f(beta[t], bar[t]) for k, f in wrong.items()}
    )


def constant(x0, **_):
    generator = torch.Generator().manual_seed(3)
    return torch.randn(x0.shape, generator=generator)


def one_time(network, optimizer, x0, alpha_bar):
    t = torch.full((len(x0),), 5)
    return loss(network, x0, t, torch.randn_like(x0), alpha_bar).item()


def swapped_inside(network, optimizer, x0, alpha_bar):
    t = torch.randint(1, len(alpha_bar), (len(x0),))
    eps, bar = torch.randn_like(x0), per_image(alpha_bar, t)
    return F.mse_loss(network((1 - bar).sqrt() * x0 + bar.sqrt() * eps, t), eps).item()


def no_loss(network, optimizer, x0, alpha_bar):
    training_step(network, optimizer, x0, alpha_bar)


def frozen(z):
    """The same noise at every step."""
    return lambda x: torch.randn(x.shape, generator=torch.Generator().manual_seed(z))


def beta_at(v):
    """beta of the last step, (N, 1, 1, 1), from the table of alpha_bar."""
    return 1 - per_image(v.alpha_bar, v.t) / per_image(v.alpha_bar, v.t - 1)


def last_step(v, before):
    """What the step from t - 1 to t added."""
    return v.x - (1 - beta_at(v)).sqrt() * before


def against_last(network, v, target):
    """A loss whose target is made of x at t - 1."""
    before = add_noise(v.x0, v.t - 1, v.eps, v.alpha_bar)
    return F.mse_loss(network(v.x, v.t), target(v, before))


def on_another_noise(target):
    """A training step along x at t - 1, whose target is made of both noises."""

    def wrong(network, optimizer, x0, alpha_bar):
        t = torch.randint(1, len(alpha_bar), (len(x0),))
        eps, last = torch.randn_like(x0), torch.randn_like(x0)
        alpha = per_image(alpha_bar, t) / per_image(alpha_bar, t - 1)
        x = alpha.sqrt() * add_noise(x0, t - 1, eps, alpha_bar) + (1 - alpha).sqrt() * last
        error = F.mse_loss(network(x, t), target(eps, last))
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        return error.item()

    return wrong


WRONG = [
    ("schedule", lambda T: make(T)[0], "two tables"),
    ("schedule", lambda T: tuple(v[1:] for v in make(T)), "every index is off by one"),
    (
        "schedule",
        tables(lambda v: (torch.linspace(1e-4, 0.02, v.T + 1), v.bar)),
        "beta[0] should be 0",
    ),
    ("schedule", tables(lambda v: (torch.linspace(0, 0.02, v.T + 1), v.bar)), "grows from 0"),
    ("schedule", tables(lambda v: (v.beta.sqrt(), v.bar)), "roots of beta"),
    ("schedule", tables(lambda v: (v.beta, v.alpha)), "the product of all alpha"),
    ("schedule", tables(lambda v: (v.beta, v.alpha.cumsum(0))), "added up the alphas"),
    ("schedule", tables(lambda v: (v.beta, 1 - v.beta.cumsum(0))), "1 minus the sum"),
    ("schedule", tables(lambda v: (v.beta, v.beta.cumprod(0))), "product of the betas"),
    ("schedule", tables(lambda v: (v.beta, v.bar.sqrt())), "root of alpha_bar"),
    ("schedule", tables(lambda v: (v.beta, torch.cat([v.bar[:1], v.bar[:-1]]))), "one step late"),
    ("schedule", tables(lambda v: (v.beta, torch.cat([v.bar[1:], v.bar[-1:]]))), "one step early"),
    ("schedule", lambda T: make(T, end=0.05), "beta is off by up to 0.03"),
    ("six_numbers", shifted(-1), "numbers of t = 76"),
    ("six_numbers", shifted(1), "numbers of t = 78"),
    ("six_numbers", lambda *_: {"beta_t": 1}, "no 'sqrt_beta_t'"),
    (
        "six_numbers",
        but(sqrt_beta_t=lambda b, bar: b),
        "'sqrt_beta_t' is 0.003890 at t = 77: that is beta_t",
    ),
    ("six_numbers", but(oneover_sqrt_alpha_t=lambda b, bar: (1 - b).sqrt()), "upside down"),
    ("six_numbers", but(oneover_sqrt_alpha_t=lambda b, bar: 1 / (1 - b)), "a root is missing"),
    (
        "six_numbers",
        but(sqrt_one_minus_alpha_bar_t=lambda b, bar: bar.sqrt()),
        "that is sqrt_alpha_bar_t",
    ),
    ("six_numbers", but(alpha_bar_t=lambda b, bar: bar.sqrt()), "that is sqrt_alpha_bar_t"),
    ("six_numbers", but(alpha_t=lambda b, bar: bar), "that is alpha_bar_t"),
    ("six_numbers", but(alpha_t=lambda b, bar: b + 0.5), "off by -0.4"),
    ("add_noise", noised(lambda v: v.n * v.x0 + v.s * v.eps), "two roots are swapped"),
    ("add_noise", noised(lambda v: v.bar * v.x0 + (1 - v.bar) * v.eps), "roots are missing"),
    ("add_noise", noised(lambda v: v.bar * v.x0 + v.n * v.eps), "image's factor has no root"),
    ("add_noise", noised(lambda v: v.s * v.x0 + (1 - v.bar) * v.eps), "noise's factor has no root"),
    ("add_noise", noised(lambda v: v.s * v.x0 + (1 - v.s) * v.eps), "First subtract"),
    ("add_noise", noised(lambda v: v.s * v.x0 + v.eps), "noise comes at full strength"),
    ("add_noise", noised(lambda v: v.x0 + v.n * v.eps), "image comes at full strength"),
    ("add_noise", noised(lambda v: v.s * v.x0 - v.n * v.eps), "noise is subtracted"),
    ("add_noise", noised(lambda v: add_noise(v.x0, v.t - 1, v.eps, v.alpha_bar)), "x at t - 1"),
    ("add_noise", noised(lambda v: add_noise(v.x0, v.t + 1, v.eps, v.alpha_bar)), "x at t + 1"),
    (
        "add_noise",
        noised(lambda v: add_noise(v.x0, v.t[:1], v.eps, v.alpha_bar)),
        "first one's time",
    ),
    ("add_noise", noised(lambda v: v.s.flatten()), "has the shape (3,)"),
    ("add_noise", noised(lambda v: v.s * v.x0 + v.n * torch.ones(())), "none of the usual"),
    ("add_noise", noised(lambda v: v.x0 / 0), "not finite"),
    ("add_noise", noised(lambda v: 3.0), "of type float"),
    ("loss", asked(lambda net, v: torch.zeros(())), "never asked"),
    ("loss", asked(lambda net, v: F.mse_loss(net(v.x0, v.t), v.eps)), "shown the clean image"),
    ("loss", asked(lambda net, v: F.mse_loss(net(v.eps, v.t), v.eps)), "shown the noise alone"),
    (
        "loss",
        asked(
            lambda net, v: F.mse_loss(net(add_noise(v.x0, v.t - 1, v.eps, v.alpha_bar), v.t), v.eps)
        ),
        "x at t - 1, and told t",
    ),
    ("loss", asked(lambda net, v: F.mse_loss(net(v.x, v.t - 1), v.eps)), "gets t - 1"),
    ("loss", asked(lambda net, v: F.mse_loss(net(v.x, v.t + 1), v.eps)), "gets t + 1"),
    (
        "loss",
        asked(lambda net, v: F.mse_loss(net(v.x, v.t), v.x0)),
        "compared with the clean image",
    ),
    ("loss", asked(lambda net, v: F.mse_loss(net(v.x, v.t), v.x)), "compared with x_t"),
    ("loss", asked(lambda net, v: F.mse_loss(net(v.x, v.t), v.eps, reduction="sum")), "added up"),
    ("loss", asked(lambda net, v: F.l1_loss(net(v.x, v.t), v.eps)), "absolute error"),
    (
        "loss",
        asked(lambda net, v: F.mse_loss(net(v.x, v.t), v.eps).sqrt()),
        "root of the mean square",
    ),
    ("loss", asked(lambda net, v: F.mse_loss(net(v.x, v.t), v.eps) / 2), "half of the mean square"),
    (
        "loss",
        asked(lambda net, v: against_last(net, v, lambda v, before: v.x - before)),
        "the difference of x_t and x at t - 1",
    ),
    (
        "loss",
        asked(lambda net, v: against_last(net, v, lambda v, before: last_step(v, before))),
        "the noise that the last step added, times sqrt(beta)",
    ),
    (
        "loss",
        asked(
            lambda net, v: against_last(
                net, v, lambda v, before: last_step(v, before) / beta_at(v).sqrt()
            )
        ),
        "predicts all of the noise in x_t",
    ),
    (
        "loss",
        asked(lambda net, v: against_last(net, v, lambda v, _: beta_at(v).sqrt() * v.eps)),
        "the share of the last step",
    ),
    ("training_step", on_another_noise(lambda eps, last: last), "noise that the last step added"),
    (
        "training_step",
        on_another_noise(lambda eps, last: torch.randn_like(eps)),
        "noise that is not in x_t",
    ),
    ("training_step", lambda *a: 0.0, "never asked"),
    ("training_step", lambda *a: training_step(*a, first=0), "t = 0: they are clean"),
    ("training_step", lambda *a: training_step(*a, last=-1), "t = T never occurs"),
    ("training_step", lambda *a: training_step(*a, first=2), "t = 1 never occurs"),
    ("training_step", one_time, "All images have the same time"),
    ("training_step", lambda *a: training_step(*a, noise=torch.rand_like), "uniform in [0, 1]"),
    ("training_step", swapped_inside, "check that first"),
    ("training_step", no_loss, "should return its loss"),
    ("training_step", lambda *a: training_step(*a, move=False), "weights did not move"),
    ("training_step", lambda *a: training_step(*a, clear=False), "first one's gradient"),
    ("training_step", lambda *a: training_step(*a) / 2, "The loss is off"),
    ("sampling_step", stepped(lambda v: v.mean), "noise z is missing"),
    ("sampling_step", stepped(lambda v: v.mean + v.b * v.z), "the variance"),
    ("sampling_step", stepped(lambda v: v.mean + v.z), "at full strength"),
    ("sampling_step", stepped(lambda v: v.mean + v.n * v.z), "all the noise in x_t"),
    (
        "sampling_step",
        stepped(lambda v: v.mean + (v.b * (1 - v.before) / (1 - v.bar)).sqrt() * v.z),
        "posterior's",
    ),
    (
        "sampling_step",
        stepped(lambda v: (v.x - v.b / v.n * v.eps) / v.a + v.noise),
        "1 / alpha: its root",
    ),
    ("sampling_step", stepped(lambda v: v.x - v.b / v.n * v.eps + v.noise), "gets fainter"),
    (
        "sampling_step",
        stepped(lambda v: (v.x - v.b / v.n * v.eps) * v.a.sqrt() + v.noise),
        "should be divided",
    ),
    (
        "sampling_step",
        stepped(lambda v: (v.x - v.b / v.n * v.eps) / v.bar.sqrt() + v.noise),
        "takes alpha, the share",
    ),
    (
        "sampling_step",
        stepped(lambda v: (v.x - v.b / (1 - v.bar) * v.eps) / v.a.sqrt() + v.noise),
        "that root is missing",
    ),
    (
        "sampling_step",
        stepped(lambda v: (v.x - v.b.sqrt() / v.n * v.eps) / v.a.sqrt() + v.noise),
        "In front of eps it is beta",
    ),
    (
        "sampling_step",
        stepped(lambda v: (v.x - v.b / v.bar.sqrt() * v.eps) / v.a.sqrt() + v.noise),
        "divided by sqrt(alpha_bar)",
    ),
    (
        "sampling_step",
        stepped(lambda v: (v.x + v.b / v.n * v.eps) / v.a.sqrt() + v.noise),
        "estimate is added",
    ),
    ("sampling_step", stepped(lambda v: (v.x - v.n * v.eps) / v.bar.sqrt()), "the predicted clean"),
    ("sampling_step", lambda x, t, *a: step(x, t - 1, *a, last=-9), "those of t - 1"),
    ("sampling_step", lambda x, t, *a: step(x, t + 1, *a), "those of t + 1"),
    ("sampling_step", lambda *a: step(*a, last=0), "noise in the last step"),
    ("sampling_step", lambda *a: step(*a, last=2), "noise z is missing"),
    ("sampling_loop", lambda *a: loop(*a, times=range(1, 9)), "count down"),
    ("sampling_loop", lambda *a: loop(*a, times=range(7, -1, -1)), "T - 1, ..., 0"),
    ("sampling_loop", lambda *a: loop(*a, times=range(8, 1, -1)), "[8, 7, 6, 5, 4, 3, 2]"),
    ("sampling_loop", lambda *a: loop(*a, last=0), "noise in the last step"),
    ("sampling_loop", lambda *a: loop(*a, noise=frozen(0)), "the same z"),
    ("sampling_loop", lambda *a: loop(*a, noise=torch.zeros_like), "the same z"),
    (
        "sampling_loop",
        lambda *a: loop(*a, noise=lambda x: 2 * torch.randn_like(x)),
        "Call your step",
    ),
    ("sampling_loop", lambda eps_fn, x, beta, bar: loop(eps_fn, 2 * x, beta, bar), "first image"),
    ("guidance", lambda c, u, s: (1 + s) * c - s * u, "omega"),
    ("guidance", lambda c, u, s: guide(u, c, s), "answers are swapped"),
    ("guidance", lambda c, u, s: u + s * (u - c), "sign of the difference"),
    ("guidance", lambda c, u, s: c, "answer with the label"),
    ("guidance", lambda c, u, s: u, "answer without a label"),
    ("guidance", lambda c, u, s: s * (c - u), "difference of the answers"),
    ("keep_known", kept(lambda v: v.m * v.known + (1 - v.m) * v.x), "mask is inverted"),
    ("keep_known", kept(lambda v: v.m * v.x + (1 - v.m) * v.x0), "known part is clean"),
    ("keep_known", kept(lambda v: v.m * v.x + (1 - v.m) * v.at(v.t - 1)), "that of t - 1"),
    ("keep_known", kept(lambda v: v.m * v.x + (1 - v.m) * v.at(v.t + 1)), "that of t + 1"),
    ("keep_known", kept(lambda v: v.m * v.x), "known part is missing"),
    ("keep_known", kept(lambda v: v.x), "Nothing was kept"),
    ("keep_known", kept(lambda v: v.known), "All of it is the known"),
    ("keep_known", kept(lambda v: v.m * v.x + v.known), "added up everywhere"),
    ("accuracy", lambda c, y: (c.argmax(1) == y).sum(), "number of right answers"),
    ("accuracy", lambda c, y: 100 * accuracy(c, y), "in percent"),
    ("accuracy", lambda c, y: 1 - accuracy(c, y), "share of wrong answers"),
    ("accuracy", lambda c, y: (c.argmax(0) == y).float().mean(), "over the images"),
    ("accuracy", lambda c, y: 0.123, "should be 0.7"),
    ("anagram", lambda a, b, x, t: (a(x, t) + b(x.flip(2, 3), t)) / 2, "Turn it back"),
    ("anagram", lambda a, b, x, t: (a(x, t) + b(x, t).flip(2, 3)) / 2, "Turn the image first"),
    ("anagram", lambda a, b, x, t: (a(x, t) + b(x, t)) / 2, "Nothing was turned"),
    ("anagram", lambda a, b, x, t: 2 * two_views(a, b, x, t), "Take their mean"),
    ("anagram", lambda a, b, x, t: (a(x, t) + b(x.flip(2), t).flip(2)) / 2, "left and right"),
    ("anagram", lambda a, b, x, t: a(x, t), "second digit plays no part"),
    ("anagram", lambda a, b, x, t: b(x.flip(2, 3), t).flip(2, 3), "first digit plays no part"),
]


@pytest.mark.parametrize(("name", "wrong", "words"), WRONG, ids=[f"{n}-{w}" for n, _, w in WRONG])
def test_a_usual_mistake_is_named(name, wrong, words, capsys):
    torch.manual_seed(1)
    with pytest.raises(Mistake, match=re.escape(words)):
        getattr(checks, name)(wrong)
    assert capsys.readouterr().out == ""


def test_a_notebook_shows_the_words_alone():
    mistake = Mistake("The roots are swapped.")
    assert mistake._render_traceback_() == ["Not yet. The roots are swapped."]
    assert isinstance(mistake, AssertionError)  # what graders count


def test_checks_leave_the_readers_random_numbers_alone():
    state = torch.get_rng_state()
    checks.add_noise(add_noise)
    checks.sampling_step(step)
    assert torch.equal(torch.get_rng_state(), state)


SAID = [
    ("add_noise", lambda x0, t, eps, bar: bar[t].sqrt() * x0 + (1 - bar[t]).sqrt() * eps,
     "x0 of shape (3, 1, 4, 4), t of shape (3,), eps of shape (3, 1, 4, 4), alpha_bar of shape"
     " (401,). A number per image must be (N, 1, 1, 1)"),
    ("add_noise", lambda x0, t, eps, bar: bar[t + STEPS], "Tables have T + 1 entries"),
    ("add_noise", lambda x0, t, eps, bar: bar[t] @ x0, "`@` is a product of matrices"),
    ("add_noise", lambda x0, t, eps, bar: unknown * x0, "did you run the cells above?"),  # noqa: F821
    ("add_noise", lambda x0, t, eps, bar: x0 * None, "error, in line"),
    ("add_noise", lambda x0, t, eps, bar: x0 if t > 3 else eps, "several numbers"),
    ("add_noise", noised(lambda v: add_noise(v.x0, v.t, v.eps, v.alpha_bar).to("meta")),
     "on the device meta and should be where the inputs are, on cpu"),
    ("add_noise", noised(lambda v: add_noise(v.x0, v.t, v.eps, v.alpha_bar).half()), "float16"),
    ("add_noise", boom(RuntimeError("Expected all tensors to be on the same device")),
     "device=x.device"),
    ("loss", lambda net, x0, t, eps, bar: net(bar[t] * x0, t), "(N, 1, 1, 1)"),
    ("loss", asked(lambda net, v: net(v.x, 5)), "The network gets t of type int"),
    ("loss", asked(lambda net, v: net(None, v.t)), "gets x_t of type NoneType"),
    ("loss", asked(lambda net, v: net(v.t, v.x)), "It is called as `network(x_t, t)`"),
    ("loss", asked(lambda net, v: net(v.x)), "missing 1 required positional argument"),
    ("training_step", lambda net, o, x0, bar: net(x0, torch.tensor(3)), "one time for each image"),
    ("training_step", lambda net, o, x0, bar: net(x0, 3), "of type int"),
    ("training_step", lambda net, o, x0, bar: net(x0[:2], torch.ones(2).long()), "should get"),
    ("training_step", lambda net, o, x0, bar: loss(net, x0, torch.randint(1, 9, (len(x0),)),
     torch.randn_like(x0), bar).detach().backward(), "lost its way back to the weights"),
    ("training_step", lambda net, o, x0, bar: training_step(net, o, x0 * torch.nan, bar),
     "is not x_t with standard normal noise"),
    ("sampling_loop", lambda eps_fn, x, beta, bar: eps_fn(8, x), "gets x of int"),
    ("sampling_loop", lambda eps_fn, x, beta, bar: eps_fn(x, x), "should be one number"),
    ("sampling_loop", lambda eps_fn, x, *a: eps_fn(x, 7.5), "The times in your loop are [7.5]"),
    ("sampling_loop", lambda *a: loop(*a) * torch.nan, "not finite"),
    ("schedule", lambda T: list(make(T)[0]), "two tables"),
    ("six_numbers", lambda *a: tuple(numbers(*a).values()), "should be a dictionary"),
    ("six_numbers", lambda t, beta, bar: numbers(t, beta, bar) | {"beta_t": beta},
     "'beta_t' should be one number, and is a tensor of the shape (401,)"),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(SAID)))
def test_an_error_comes_with_what_a_teacher_would_say(case):
    name, wrong, words = SAID[case]
    with pytest.raises(Mistake, match=re.escape(words)):
        getattr(checks, name)(wrong)
