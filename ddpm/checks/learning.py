"""Checks of the loss and of a step of training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm.checks.answers import PER_IMAGE, TIME, Mistake, T, close, compare, images, number, praise
from ddpm.checks.batches import check_noise, check_question, check_times
from ddpm.checks.calls import call
from ddpm.schedule import NoiseSchedule

ALL_THE_NOISE = (
    "The network predicts all of the noise in x_t, which is eps, and not only what one step added."
)


def loss(function: Callable[..., Tensor]) -> None:
    """Checks the training loss of a network that predicts the noise.

    Args:
        function: (network, x0, t, eps, alpha_bar) -> a number, for `network(x_t, t)`.

    Raises:
        Mistake: the number is another.
    """
    right = NoiseSchedule.linear(T)
    x0, eps, _ = images(3)
    t = torch.tensor([2, TIME, 300])
    asked: list[tuple[Tensor, Tensor]] = []

    def network(x: Tensor, t: Tensor) -> Tensor:
        check_question(x, t)
        asked.append((x.detach().clone(), t.detach().clone()))
        return 0.7 * x - 0.2 + 0.001 * t.float().reshape(-1, 1, 1, 1)

    bar, x_t = right.alpha_bar.float(), right.add_noise(x0, t, eps)
    given = call(function, network=network, x0=x0, t=t, eps=eps, alpha_bar=bar)
    if not asked:
        raise Mistake("The network was never asked.")
    (x, told), before = asked[0], len(asked)
    call(function, network=network, x0=x0, t=t, eps=eps, alpha_bar=bar)
    if len(asked) > before and not torch.equal(asked[before][0], x):
        raise Mistake(
            "Two calls with the same inputs show the network different images: your function draws"
            " times or noise of its own. Use the t and eps that it gets."
        )
    wrong_input = {
        "The network is shown the clean image. It should see x_t, and find the noise in it.": x0,
        "The network is shown the noise alone. It should see x_t.": eps,
        "The network is shown x at t - 1, and told t.": right.add_noise(x0, t - 1, eps),
    }
    compare("What the network gets as the image", x, x_t, wrong_input)
    compare(
        "What the network gets as the time",
        told.float(),
        t.float(),
        {
            f"The network gets t + {d}. It should get the time of the image that it sees.".replace(
                "+ -", "- "
            ): t.float() + d
            for d in (-1, 1)
        },
    )
    answer = network(x_t, t)
    error = F.mse_loss(answer, eps)
    last_step = {
        f"The answer is compared with {words}. {ALL_THE_NOISE}": F.mse_loss(answer, target)
        for words, target in _of_the_last_step(right, x0, t, eps).items()
    }
    compare(
        "The loss",
        given,
        error,
        last_step
        | {
            "The answer is compared with the clean image. This network predicts the"
            " noise.": F.mse_loss(answer, x0),
            "The answer is compared with x_t, which the network has seen. What it has to find is"
            " eps.": F.mse_loss(answer, x_t),
            "The squares are added up. Take their mean, or the loss will depend on the size of"
            " batch and image.": F.mse_loss(answer, eps, reduction="sum"),
            "This is the mean absolute error. The mean of the noise minimises the squared"
            " one.": F.l1_loss(answer, eps),
            "This is the root of the mean square. Leave the root out.": error.sqrt(),
            "This is half of the mean square.": error / 2,
        },
    )
    praise("the loss")


def _of_the_last_step(
    schedule: NoiseSchedule, x0: Tensor, t: Tensor, eps: Tensor
) -> dict[str, Tensor]:
    """What is taken for the noise of the last step, from t - 1 to t, by its name."""
    now, before = schedule.add_noise(x0, t, eps), schedule.add_noise(x0, t - 1, eps)
    beta = schedule.beta[t].float().reshape(-1, 1, 1, 1)
    added = now - (1 - beta).sqrt() * before
    return {
        "the noise that the last step added": added / beta.sqrt(),
        "the noise that the last step added, times sqrt(beta)": added,
        "eps times sqrt(beta), the share of the last step": beta.sqrt() * eps,
        "the difference of x_t and x at t - 1": now - before,
    }


class _Probe(nn.Module):
    """A network of two numbers, which remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([0.3, -0.1]))
        self.asked: list[tuple[Tensor, Tensor]] = []

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        check_question(x, t)
        self.asked.append((x.detach().clone(), t.detach().clone()))
        return self.weights[0] * x + self.weights[1]


def training_step(function: Callable[..., Any]) -> None:
    """Checks one step of training: random times, random noise, the loss, the optimiser.

    Args:
        function: (network, optimizer, x0, alpha_bar) -> the loss; it makes t and eps itself.

    Raises:
        Mistake: the times, the noise, the loss or the update are wrong.
    """
    short, rate, count = NoiseSchedule.linear(8, 0.05, 0.5), 0.1, 2000
    probe = _Probe()
    optimizer = torch.optim.SGD(probe.parameters(), rate)
    x0 = torch.randn(count, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    noises, earlier = list[Tensor](), torch.zeros(2)
    for step in (1, 2):
        before, probe.asked = probe.weights.detach().clone(), []
        bar = short.alpha_bar.float()
        given = call(function, network=probe, optimizer=optimizer, x0=x0, alpha_bar=bar)
        if not probe.asked:
            raise Mistake("The network was never asked.")
        x, t = probe.asked[0]
        if x.shape != x0.shape:
            raise Mistake(
                f"The network gets images of the shape {tuple(x.shape)} and should get"
                f" {tuple(x0.shape)}. {PER_IMAGE}"
            )
        check_times(t, short.T, count)
        eps = short.eps_from_x0(x, t.long(), x0)
        check_noise(eps, x0)
        noises.append(eps)
        expected = before.clone().requires_grad_()
        error = F.mse_loss(expected[0] * x + expected[1], eps)
        if given is None:
            raise Mistake("The step should return its loss: without it there is no curve to plot.")
        moved = probe.weights.detach() - before
        value = number("The loss", given)
        if not close(torch.tensor(value), error.detach()):
            _name_target(value, moved / -rate, before, x, short.beta[t.long()])
        compare("The loss", torch.tensor(value), error.detach(), {})
        (gradient,) = torch.autograd.grad(error, expected)
        right = -rate * gradient
        mistakes = {
            "The weights did not move. After `loss.backward()` comes"
            " `optimizer.step()`.": torch.zeros(2)
        }
        if step == 2:
            mistakes[
                "The second step also moves along the first one's gradient: gradients add up until"
                " `optimizer.zero_grad()` clears them."
            ] = right + earlier
        compare("The change of the weights", moved, right, mistakes)
        earlier = right
    if close(*noises):
        raise Mistake("Both steps drew the same noise. Is there a seed inside the function?")
    tied = isinstance(given, Tensor) and given.requires_grad
    note = "But its loss is a tensor that keeps all of its gradients: return `error.item()`."
    praise("the training step", note if tied else "")


# --8<-- [start:name_target]
def _name_target(value: float, gradient: Tensor, weights: Tensor, x: Tensor, beta: Tensor) -> None:
    """Says what the answers w x + b were compared with, if it is noise, but not eps.

    The loss and its gradient determine the target's mean, its mean square and its mean product
    with x. The latter is the mean of sigma for eps, that of sqrt(beta) for the last step's noise,
    and 0 for noise that is not in x.

    Raises:
        Mistake: it was the noise of the last step, or noise that is not in x.
    """
    answer = weights[0] * x + weights[1]
    with_x = float((x * answer).mean() - gradient[0] / 2)
    mean = float(answer.mean() - gradient[1] / 2)
    with_answer = float(weights[0]) * with_x + float(weights[1]) * mean
    square = value - float(answer.square().mean()) + 2 * with_answer
    if abs(square - 1) > 0.1 or abs(mean) > 0.1:
        return
    if abs(with_x - float(beta.sqrt().mean())) < 0.05:
        raise Mistake(
            f"The answer is compared with the noise that the last step added. {ALL_THE_NOISE}"
        )
    if abs(with_x) < 0.05:
        raise Mistake("The answer is compared with noise that is not in x_t. Use the same eps.")
    # --8<-- [end:name_target]
