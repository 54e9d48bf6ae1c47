"""Checks of what is asked of a model: accuracy, and two views of one image."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ddpm.checks.answers import Mistake, compare, images, near, number, praise
from ddpm.checks.calls import call


# --8<-- [start:accuracy]
def accuracy(function: Callable[[Tensor, Tensor], float | Tensor]) -> None:
    """Checks the share of samples that a classifier recognises as the requested digit.

    Args:
        function: (logits (N, 10), labels (N,)) -> one number in 0..1.

    Raises:
        Mistake: it is another number.
    """
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(10, 10, generator=generator)
    labels = logits.argmax(1)
    labels[:3] = (labels[:3] + 1) % 10
    hits = (logits.argmax(1) == labels).float()
    right, other = float(hits.mean()), (logits.argmax(0) == labels).float()
    given = number("The accuracy", call(function, logits=logits, labels=labels))
    mistakes = {
        "This is the number of right answers. Divide it by the number of samples.": 10 * right,
        "This is the accuracy in percent. Return a share in 0..1.": 100 * right,
        "This is the share of wrong answers. Accuracy is the share of right ones.": 1 - right,
        "`argmax` ran over the images. It should run over the ten digits: `dim=1`.": float(
            other.mean()
        ),
    }
    for words, wrong in mistakes.items():
        if near(given, wrong):
            raise Mistake(words)
    if not near(given, right):
        raise Mistake(f"The accuracy is {given:.3g} and should be {right:.3g}.")
    praise("accuracy")
    # --8<-- [end:accuracy]


# --8<-- [start:anagram]
def anagram(function: Callable[..., Tensor]) -> None:
    """Checks the noise estimate of an image that shows a second digit after a half-turn.

    Args:
        function: (eps_first, eps_second, x, t) -> the estimate for x, where `eps_first(x, t)` is
            the estimate for the digit as it stands and `eps_second` that for the turned digit.

    Raises:
        Mistake: it is another estimate.
    """
    x, first, second = images(2)
    t = 500

    def eps_first(x: Tensor, t: int) -> Tensor:
        return x * first[:1] + t / 1000

    def eps_second(x: Tensor, t: int) -> Tensor:
        return x * second[:1] - t / 1000

    def turn(x: Tensor) -> Tensor:
        return x.flip(2, 3)

    upright, turned = eps_first(x, t), eps_second(turn(x), t)
    given = call(function, eps_first=eps_first, eps_second=eps_second, x=x, t=t)
    mistakes = {
        "The second estimate is for the turned image. Turn it back before you take the mean.": (
            upright + turned
        )
        / 2,
        "The second estimate looks at the upright image. Turn the image first.": (
            upright + turn(eps_second(x, t))
        )
        / 2,
        "Nothing was turned: both estimates look at the upright image.": (
            upright + eps_second(x, t)
        )
        / 2,
        "This is the sum of the two estimates. Take their mean.": upright + turn(turned),
        "The image was turned upside down only: a half-turn also exchanges left and right.": (
            upright + eps_second(x.flip(2), t).flip(2)
        )
        / 2,
        "The second digit plays no part.": upright,
        "The first digit plays no part.": turn(turned),
    }
    compare("The estimate", given, (upright + turn(turned)) / 2, mistakes)
    praise("the anagram")
    # --8<-- [end:anagram]
