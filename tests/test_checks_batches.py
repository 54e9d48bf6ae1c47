"""The checks of a minibatch and of the held-out loss; and what is right, but with a note."""

import pytest
import torch
from test_checks import (
    add_noise,
    held_out_loss,
    loss,
    make,
    noisy_batch,
    training_step,
    training_step_in_place,
)

from ddpm import checks
from ddpm.checks import Mistake


def batch(times=None, noise=torch.randn_like, seed=None, returned=None):
    """A minibatch of the reader's, with another way to draw times or noise."""

    def function(x0, alpha_bar):
        if seed is not None:
            torch.manual_seed(seed)
        t = (times or (lambda n, T: torch.randint(1, T + 1, (n,))))(len(x0), len(alpha_bar) - 1)
        eps = noise(x0)
        return add_noise(x0, t, eps, alpha_bar), t, eps if returned is None else returned(x0)

    return function


def plain_mean(network, x0, t, eps, alpha_bar, part=100, use=lambda t, eps: (t, eps)):
    with torch.no_grad():
        parts = [slice(i, i + part) for i in range(0, len(x0), part)]
        losses = [float(loss(network, x0[p], *use(t[p], eps[p]), alpha_bar)) for p in parts]
    return sum(losses) / len(losses)


WRONG = [
    ("minibatch", lambda x0, bar: noisy_batch(x0, bar)[:2], "A minibatch is three tensors"),
    ("minibatch", lambda x0, bar: (x0, 3, x0), "t should be a tensor, and is of type int"),
    ("minibatch", lambda x0, bar: (x0, x0[:, 0, 0, 0], x0 * 1j), "eps is of the type complex64"),
    ("minibatch", lambda x0, bar: (x0, x0[:, 0, 0, 0] * 1j, x0), "t is of the type complex64"),
    ("minibatch", lambda x0, bar: (x0, x0.to("meta"), x0), "t is on the device meta"),
    (
        "held_out_loss",
        lambda network, x0, *_: float(network(x0, 1).mean()),
        "The network gets t of type int",
    ),
    ("minibatch", batch(lambda n, T: torch.randint(1, T, (n,))), "t = T never occurs"),
    ("minibatch", batch(lambda n, T: torch.randint(0, T + 1, (n,))), "Some images have t = 0"),
    ("minibatch", batch(lambda n, T: torch.randint(1, T + 2, (n,))), "no entry beyond"),
    ("minibatch", batch(lambda n, T: torch.randint(1, T + 1, (1,)).expand(n)), "the same time"),
    (
        "minibatch",
        batch(lambda n, T: torch.randint(1, T + 1, (n,)).where(torch.rand(n) < 0.4, T)),
        "must be equally likely",
    ),
    ("minibatch", batch(noise=lambda x: torch.randn_like(x[:1])), r"eps has the shape \(1, 1"),
    (
        "minibatch",
        batch(noise=lambda x: torch.randn_like(x[:1]).expand_as(x)),
        "All images have the same noise",
    ),
    ("minibatch", batch(noise=torch.rand_like), "the mean 0.50 and the standard deviation 0.29"),
    ("minibatch", batch(seed=3), "Is there a seed inside the function"),
    ("minibatch", batch(returned=torch.randn_like), "other noise than the eps that you return"),
    (
        "minibatch",
        lambda x0, bar: (x0, *noisy_batch(x0, bar)[1:]),
        "x_t is x0: no noise was added",
    ),
    ("held_out_loss", plain_mean, "Each batch counts the same here"),
    ("held_out_loss", lambda *a: held_out_loss(*a) * 250, "This is the sum over the images"),
    ("held_out_loss", lambda *a: 3 * plain_mean(*a), "This is the sum over the batches"),
    ("held_out_loss", lambda *a: plain_mean(*a, part=250), "A batch has 250 images"),
    (
        "held_out_loss",
        lambda network, *a: held_out_loss(network, *(x[:200] for x in a[:3]), a[3]),
        "The network saw 200 images of 250",
    ),
    (
        "held_out_loss",
        lambda *a: plain_mean(*a, part=50, use=lambda t, eps: (t, torch.randn_like(eps))),
        "This is the loss for fresh noise",
    ),
    (
        "held_out_loss",
        lambda *a: plain_mean(*a, part=50, use=lambda t, eps: (t.flip(0), eps)),
        "The network is told other times",
    ),
    (
        "held_out_loss",
        lambda network, *a: float(held_out_loss.__wrapped__(network, *a)),
        "Compute without gradients",
    ),
    (
        "held_out_loss",
        lambda *a: torch.tensor(held_out_loss(*a)),
        "Return the loss as a float",
    ),
    ("held_out_loss", lambda *a: 2 * held_out_loss(*a), "none of the usual mistakes"),
    ("schedule", lambda T: make(T)[::-1], "The first table is alpha_bar"),
    (
        "schedule",
        lambda T: ((beta := torch.linspace(1e-4, 0.02, T + 1) * (torch.arange(T + 1) > 0)),
                   torch.cumprod(1 - beta, 0)),
        "then replaced the first by 0",
    ),
    (
        "add_noise",
        lambda x0, t, eps, bar: add_noise(x0, t, torch.randn_like(x0), bar),
        "draws noise of its own",
    ),
    (
        "add_noise",
        lambda x0, t, eps, bar: (1 - make()[0][t].reshape(-1, 1, 1, 1)).sqrt() * x0
        + make()[0][t].reshape(-1, 1, 1, 1).sqrt() * eps,
        "This is one step of the process",
    ),
    (
        "loss",
        lambda network, x0, t, eps, bar: loss(network, x0, t, torch.randn_like(x0), bar),
        "draws times or noise of its own",
    ),
    (
        "training_step",
        lambda network, optimizer, x0, bar: training_step(
            network, optimizer, noisy_batch(x0, bar)[0], bar
        ),
        "if you give it x_t, the image gets noise twice",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "function", "says"), WRONG, ids=[case[2] for case in WRONG])
def test_a_usual_mistake_is_called_what_it_is(name, function, says):
    torch.manual_seed(1)
    with pytest.raises(Mistake, match=says):
        getattr(checks, name)(function)


def in_place(x0, t, eps, alpha_bar):
    kept = alpha_bar[t].reshape(-1, 1, 1, 1)
    x0 *= kept.sqrt()
    x0 += (1 - kept).sqrt() * eps
    return x0


@pytest.mark.parametrize(
    ("name", "function", "note"),
    [
        ("schedule", lambda T: tuple(x.double() for x in make(T)), "it is in float64"),
        ("add_noise", in_place, "it changes its x0 in place"),
        ("training_step", training_step_in_place, "return `error.item()`"),
        ("schedule", make, ""),
        ("add_noise", add_noise, ""),
        ("training_step", training_step, ""),
    ],
)
def test_what_does_harm_later_is_right_with_a_note(name, function, note, capsys):
    torch.manual_seed(1)
    getattr(checks, name)(function)
    said = capsys.readouterr().out
    assert said.startswith("Right: ")
    assert note in said
    assert ("But" in said) == bool(note)
