"""Checks of a minibatch and of the loss on held-out images, and of what a network is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ddpm.checks.answers import Mistake, check_kind, close, compare, number, praise
from ddpm.checks.calls import call
from ddpm.schedule import NoiseSchedule

BATCH, LAST = 100, 50
"""Images in a batch of the evaluation, and those that are left for the last one."""


_FRESH = (
    "This is the loss for fresh noise. Use the eps that the function gets, so that every evaluation"
    " has the same."
)


def minibatch(function: Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]) -> None:
    """Checks a minibatch: a random time and fresh noise for each image.

    Args:
        function: (x0, alpha_bar) -> (x_t, t, eps), for images (N, 1, H, W).

    Raises:
        Mistake: the times, the noise or x_t are wrong.
    """
    short, count = NoiseSchedule.linear(4, 0.1, 0.3), 4000
    x0 = torch.ones(count, 1, 2, 2)
    drawn = [_batch(call(function, x0=x0, alpha_bar=short.alpha_bar.float())) for _ in range(2)]
    for x_t, t, eps in drawn:
        check_times(t, short.T, count)
        if torch.bincount(t.long(), minlength=5)[1:].min() < count / 5:
            raise Mistake("All of 1, ..., T must be equally likely: `torch.randint(1, T + 1)`.")
        if eps.shape != x0.shape:
            raise Mistake(
                f"eps has the shape {tuple(eps.shape)} and should have that of x0,"
                f" {tuple(x0.shape)}: each pixel needs its own noise."
            )
        if torch.equal(eps[0], eps[1]):
            raise Mistake("All images have the same noise. Draw it for the whole batch at once.")
        mean, std = float(eps.mean()), float(eps.std())
        if abs(mean) > 0.05 or abs(std - 1) > 0.05:
            raise Mistake(
                f"The noise has the mean {mean:.2f} and the standard deviation {std:.2f}. Standard"
                " normal noise, `torch.randn`, has 0 and 1."
            )
        mistakes = {"x_t is x0: no noise was added.": x0}
        if _other_noise(x_t, t, eps, short):
            mistakes["x_t contains other noise than the eps that you return."] = x_t
        compare("x_t", x_t, short.add_noise(x0, t.long(), eps), mistakes)
    if close(drawn[0][2], drawn[1][2]) or torch.equal(drawn[0][1], drawn[1][1]):
        raise Mistake("Two calls gave the same batch. Is there a seed inside the function?")
    praise("the minibatch")


def _batch(given: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Three tensors that can be looked at."""
    if not isinstance(given, tuple | list) or len(given) != 3:
        raise Mistake("A minibatch is three tensors: `return x_t, t, eps`.")
    for name, value in zip(("x_t", "t", "eps"), given, strict=True):
        if not isinstance(value, Tensor):
            raise Mistake(f"{name} should be a tensor, and is of type {type(value).__name__}.")
    x_t, t, eps = given
    for name, value in (("x_t", x_t), ("t", t if t.is_complex() else t.float()), ("eps", eps)):
        check_kind(name, value, torch.ones(()))
    return x_t, t, eps


def _other_noise(x_t: Tensor, t: Tensor, eps: Tensor, schedule: NoiseSchedule) -> bool:
    """Whether x_t contains standard normal noise, but not this."""
    if x_t.shape != eps.shape:
        return False
    x0 = torch.ones_like(eps)
    inside = schedule.eps_from_x0(x_t, t.long(), x0)
    return abs(float(inside.std()) - 1) < 0.1 and abs(float((inside * eps).mean())) < 0.1


def held_out_loss(function: Callable[..., Any]) -> None:
    """Checks the loss on held-out images, in batches of 100 and without gradients.

    Args:
        function: (network, x0, t, eps, alpha_bar) -> the mean over all images; it calls a loss of
            the reader's, which is checked by `checks.loss`.

    Raises:
        Mistake: the batches, the times, the noise or the mean are wrong.
    """
    asked: list[tuple[Tensor, bool]] = []

    def network(x: Tensor, t: Tensor) -> Tensor:
        check_question(x, t)
        asked.append((t.detach().clone(), torch.is_grad_enabled()))
        return torch.zeros_like(x)

    count = 2 * BATCH + LAST
    x0, eps = torch.zeros(count, 1, 2, 2), torch.ones(count, 1, 2, 2)
    eps[2 * BATCH :] = 3
    t = torch.arange(count) % 3 + 1
    bar = NoiseSchedule.linear(3, 0.1, 0.3).alpha_bar.float()
    given = call(function, network=network, x0=x0, t=t, eps=eps, alpha_bar=bar)
    if not asked:
        raise Mistake("The network was never asked.")
    sizes = [len(times) for times, _ in asked]
    if max(sizes) > BATCH:
        raise Mistake(f"A batch has {max(sizes)} images: go through them in batches of {BATCH}.")
    if sum(sizes) != count:
        raise Mistake(
            f"The network saw {sum(sizes)} images of {count}. Use each once, and do not forget the"
            " last batch, which is smaller."
        )
    if any(grad for _, grad in asked):
        raise Mistake("Compute without gradients: keep the line `@torch.no_grad()`.")
    if not torch.equal(torch.cat([times for times, _ in asked]), t):
        raise Mistake("The network is told other times. Use the t that the function gets.")
    value = number("The loss", given)
    batches = (1.0, 1.0, 9.0)
    right = sum(each * n for each, n in zip(batches, (BATCH, BATCH, LAST), strict=True)) / count
    compare(
        "The loss",
        torch.tensor(value),
        torch.tensor(right),
        {
            "Each batch counts the same here. The last one is smaller: weight each by its number of"
            " images.": torch.tensor(sum(batches) / len(batches)),
            "This is the sum over the batches. Divide by the number of images.": torch.tensor(
                sum(batches)
            ),
            "This is the sum over the images. Divide by their number.": torch.tensor(right * count),
        }
        | ({_FRESH: torch.tensor(value)} if abs(value - 1) < 0.2 else {}),
    )
    if not isinstance(given, float):
        raise Mistake("Return the loss as a float: `float(...)` or `.item()`.")
    praise("the evaluation")


def check_question(x: Any, t: Any) -> None:
    """A network gets images, and one time for each of them."""
    for what, value in (("x_t", x), ("t", t)):
        if not isinstance(value, Tensor):
            raise Mistake(
                f"The network gets {what} of type {type(value).__name__}. It is called as"
                " `network(x_t, t)`, with a tensor of images and one of times."
            )
    if x.ndim != 4 or t.shape != x.shape[:1]:
        raise Mistake(
            f"The network gets images of the shape {tuple(x.shape)} and times of the shape"
            f" {tuple(t.shape)}. It is called as `network(x_t, t)`: images (N, 1, H, W), and"
            " t has the shape (N,), one time for each image."
        )


def check_times(t: Tensor, last: int, count: int) -> None:
    """Times should be one per image, each of 1..last, all of them possible."""
    if t.shape != (count,):
        raise Mistake(f"t has the shape {tuple(t.shape)}: draw one time for each of the images.")
    if t.is_floating_point() and not close(t, t.round()):
        raise Mistake("Times are whole numbers, and the network gets them as they are.")
    if int(t.min()) == int(t.max()):
        raise Mistake("All images have the same time. Draw one for each: then every batch has all.")
    if int(t.min()) < 1:
        raise Mistake("Some images have t = 0: they are clean, and there is no noise to be found.")
    if int(t.max()) > last:
        raise Mistake(f"Some times are above T = {last}; alpha_bar has T + 1 entries.")
    if int(t.max()) < last:
        raise Mistake(f"t = T never occurs: `torch.randint(1, {last})` leaves its upper end out.")
    if int(t.min()) > 1:
        raise Mistake("t = 1 never occurs, and it is the last step of sampling.")


def check_noise(eps: Tensor, x0: Tensor) -> None:
    """The noise that is in x_t should be standard normal and have nothing to do with x0."""
    mean, std = float(eps.mean()), float(eps.std())
    if abs(mean - 0.5) < 0.05 and std < 0.4:
        raise Mistake("The noise is uniform in [0, 1]: `torch.rand`. It should be `torch.randn`.")
    related = float((eps * x0).mean())
    if not (abs(mean) <= 0.1 and abs(std - 1) <= 0.1 and abs(related) <= 0.1):  # NaN is refused
        raise Mistake(
            "What the network sees is not x_t with standard normal noise: the noise in it has mean"
            f" {mean:.2f}, standard deviation {std:.2f} and correlation {related:.2f} with the"
            " image. Use your add_noise, and check that first. It takes x0: if you give it x_t, the"
            " image gets noise twice."
        )
