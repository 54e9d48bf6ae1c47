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

PER_IMAGE = "A number per image must be (N, 1, 1, 1): `reshape(-1, 1, 1, 1)`."
"""What is wrong where a table's entries do not fit the images."""


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
    check_kind(what, given, right)
    if given.shape != right.shape:
        raise Mistake(
            f"{what} has the shape {tuple(given.shape)} and should have {tuple(right.shape)}."
            + (f" {PER_IMAGE}" if right.ndim == 4 else "")
        )
    given = given.detach()
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
        " Compare it with the formula, term by term."
    )
    # --8<-- [end:compare]


def check_kind(what: str, given: Tensor, right: Tensor) -> None:
    """Refuses tensors that cannot be compared: on another device, or not of real numbers.

    Raises:
        Mistake: which of them it is.
    """
    if given.layout is not torch.strided:
        raise Mistake(f"{what} is a sparse tensor, and should be an ordinary one.")
    if given.device != right.device:
        raise Mistake(
            f"{what} is on the device {given.device} and should be where the inputs are, on"
            f" {right.device}."
        )
    if given.dtype not in (torch.float32, torch.float64):
        raise Mistake(
            f"{what} is of the type {str(given.dtype).removeprefix('torch.')} and should be of"
            " float32, as the inputs are."
        )


def images(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Three different sets of `count` small images."""
    drawn = torch.randn(3, count, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    first, second, third = drawn
    return first, second, third


def close(a: Tensor, b: Tensor) -> bool:
    """Whether two answers agree, but for the rounding of float32."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=1e-4, atol=2e-5)


def repeats(first: Any, second: Any) -> bool:
    """Whether two answers to one question are the same; what cannot be compared is."""
    both = (first, second)
    plain = all(isinstance(each, Tensor) and each.layout is torch.strided for each in both)
    return not plain or first.device.type != "cpu" or torch.equal(first, second)


def near(a: float, b: float) -> bool:
    """Whether two numbers agree as far as course B tabulates them."""
    return abs(a - b) < 1e-5


def number(what: str, given: Any) -> float:
    """One number, that was given as a number or as a tensor or an array of one.

    Raises:
        Mistake: it is none.
    """
    if given is None:
        raise Mistake(f"{what} is None. Does your function end with a `return`?")
    if isinstance(given, Tensor) and given.numel() != 1:
        raise Mistake(
            f"{what} should be one number, and is a tensor of the shape {tuple(given.shape)}."
            " Is an index or a mean missing?"
        )
    try:
        if isinstance(given, str):
            raise TypeError  # "0.5" is no number here, even if `float` takes it
        return float(given.detach() if isinstance(given, Tensor) else given)
    except Exception:
        raise Mistake(
            f"{what} should be one number, and is of type {type(given).__name__}."
        ) from None


def praise(what: str, note: str = "") -> None:
    """Says that all is well, and what is right here but may do harm later."""
    print(f"Right: {what}. {note}".rstrip())
