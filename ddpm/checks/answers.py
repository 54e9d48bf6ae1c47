"""Comparing a reader's answer with the right one, and with those of the usual mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

T = 400
"""The steps of course B, whose numbers at one time are tabulated."""

TIME = 77
"""That time."""


class Mistake(AssertionError):
    """What is wrong with an answer, in words; a notebook shows the words and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"Not yet. {self}"]


# --8<-- [start:compare]
def compare(what: str, given: Any, right: Tensor, mistakes: Mapping[str, Tensor]) -> None:
    """Accepts an answer, or says what is wrong with it.

    Args:
        what: the answer's name.
        given: what the function returned.
        right: what it should have returned.
        mistakes: what is wrong, and the answer that this mistake gives.

    Raises:
        Mistake: the answer is not the right one.
    """
    if given is None:
        raise Mistake(f"{what} is None. Does your function end with a `return`?")
    if not isinstance(given, Tensor):
        raise Mistake(f"{what} should be a tensor, and is of type {type(given).__name__}.")
    if given.shape != right.shape:
        hint = " A number per image needs the shape (N, 1, 1, 1) to multiply a batch of images."
        raise Mistake(
            f"{what} has the shape {tuple(given.shape)} and should have {tuple(right.shape)}."
            + (hint if right.ndim == 4 else "")
        )
    if close(given, right):
        return
    for words, wrong in mistakes.items():
        if close(given, wrong):
            raise Mistake(words)
    if not given.isfinite().all():
        raise Mistake(f"{what} is not finite everywhere. Do you divide by 0, or take its root?")
    off = float((given.double() - right.double()).abs().max())
    raise Mistake(
        f"{what} is off by up to {off:.2g}, and it is none of the usual mistakes."
        " Compare your formula with the page's, term by term."
    )
    # --8<-- [end:compare]


def images(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Three different sets of `count` small images."""
    drawn = torch.randn(3, count, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    first, second, third = drawn
    return first, second, third


def close(a: Tensor, b: Tensor) -> bool:
    """Whether two answers agree, but for the rounding of float32."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=1e-4, atol=2e-5)


def near(a: float, b: float) -> bool:
    """Whether two numbers agree as far as course B tabulates them."""
    return abs(a - b) < 1e-5


def praise(what: str) -> None:
    """Says that all is well."""
    print(f"Right: {what}.")
