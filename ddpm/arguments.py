"""Checks of what the library is called with: a wrong argument is named before torch sees it.

Each function returns the argument in one form, or raises TypeError (another kind of thing) or
ValueError (out of range) with the argument's name, what was given and what is allowed. Numbers and
lists are checked here, without importing torch; `ddpm.tensors` checks images.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import pairwise
from numbers import Real
from typing import Any


def is_array(value: Any) -> bool:
    """Whether it is an array of numpy's or a tensor of torch's."""
    return all(hasattr(value, name) for name in ("ndim", "shape", "dtype", "tolist"))


def shown(value: Any) -> str:
    """What was given, in a few words and without control characters."""
    if is_array(value) and value.ndim > 0:
        return f"{by(value.shape)} values of {str(value.dtype).split('.')[-1]}"
    try:
        text = repr(value) if isinstance(value, str) else ascii(value)
    except ValueError:  # Python prints no number of more than 4,300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def by(shape: Sequence[int]) -> str:
    """A shape as people write it, "3x64x64"."""
    return "x".join(map(str, shape))


def integer(name: str, value: Any, low: int | None = None, high: int | None = None) -> int:
    """A whole number as an int; numpy's and tensors of one value are taken, bools are not."""
    try:
        if isinstance(value, bool) or (
            is_array(value) and (value.ndim > 0 or str(value.dtype).endswith("bool"))
        ):
            raise TypeError
        whole = operator.index(value)
    except (TypeError, RuntimeError) as error:
        raise TypeError(f"{name} must be a whole number, not {shown(value)}") from error
    if (low is not None and whole < low) or (high is not None and whole > high):
        allowed = f"at least {low}" if high is None else f"within {low}..{high}"
        raise ValueError(f"{name} must be {allowed}, not {shown(whole)}")
    return whole


def number(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number as a float."""
    plain = value.item() if is_array(value) and value.ndim == 0 else value
    if isinstance(plain, bool) or not isinstance(plain, Real):
        raise TypeError(f"{name} must be a number, not {shown(value)}")
    try:
        real = float(plain)
    except OverflowError:
        real = math.inf
    if not math.isfinite(real):
        raise ValueError(f"{name} must be a finite number, not {shown(plain)}")
    if not low <= real <= high:
        allowed = f"within {low:g}..{high:g}" if high < math.inf else f"at least {low:g}"
        raise ValueError(f"{name} must be {allowed}, not {real:g}")
    return real


def listed(name: str, value: Any, of: str) -> list[Any]:
    """A list, tuple, range, array or tensor of one dimension, as a list that is not empty."""
    if is_array(value):
        if value.ndim != 1:
            raise ValueError(f"{name} must be a list of {of}, (N,), not {shown(value)}")
        try:
            values: list[Any] = value.tolist()
        except RuntimeError as error:  # on "meta" there are none
            raise ValueError(f"{name} must hold {of}, not {shown(value)}") from error
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        values = list(value)
    else:
        raise TypeError(f"{name} must be a list of {of}, such as [3], not {shown(value)}")
    if not values:
        raise ValueError(f"{name} must be a list of at least 1 of {of}, not empty")
    return values


def count(n: Any, largest: int, **per_image: Any) -> int:
    """How many images are asked for, by their number or by lists of what is given for each."""
    counts = {} if n is None else {"n": integer("n", n, 1, largest)}
    counts |= {name: len(each) for name, each in per_image.items() if each is not None}
    if len({*counts.values()}) != 1:
        given = " and ".join(f"{name} for {count}" for name, count in counts.items())
        raise ValueError(f"give one number of images by n, labels or x, not {given or 'none'}")
    return {*counts.values()}.pop()


def items(name: str, value: Any) -> list[Any]:
    """What a list or a tuple holds, whatever it is."""
    if not isinstance(value, list | tuple):
        if not is_array(value) and not isinstance(value, range):
            raise TypeError(f"{name} must be a list, not {shown(value)}")
        return listed(name, value, "numbers")
    return [*value]


def pair(name: str, value: Any) -> tuple[float, float]:
    """Two finite numbers."""
    numbers = [number(name, one) for one in listed(name, value, "numbers")]
    if len(numbers) != 2:
        raise ValueError(f"{name} must be two numbers, not {len(numbers)}")
    return numbers[0], numbers[1]


def labels(name: str, value: Any, classes: int | None = None) -> list[int]:
    """Labels, one for each image, as a list; within 0..classes - 1 if that is known."""
    values = listed(name, value, "labels")
    whole = [integer(f"{name}[{i}]", label) for i, label in enumerate(values)]
    wrong = [label for label in whole if classes is not None and not 0 <= label < classes]
    if classes is not None and wrong:
        raise ValueError(f"{name} must be within 0..{classes - 1}, not {wrong[0]}")
    return whole


def times(name: str, value: Any, T: int | None = None, end: int | None = None) -> tuple[int, ...]:
    """The times of a path within 0..T, each different from the one before; `end` is the last."""
    values = listed(name, value, "times")
    path = tuple(integer(f"{name}[{i}]", t, 0, T) for i, t in enumerate(values))
    if any(s == t or t == 0 for t, s in pairwise(path)):
        raise ValueError(f"{name} must not stay at a time or leave 0, as {shown(path)} does")
    if end is not None and path[-1] != end:
        raise ValueError(f"{name} must end at {end}, not at {path[-1]}")
    return path


def kind(name: str, value: Any, wanted: type, what: str) -> None:
    """Refuses an argument that is not of a class."""
    if not isinstance(value, wanted):
        raise TypeError(f"{name} must be {what}, not {shown(value)}")


def function(name: str, value: Any) -> None:
    """Refuses an argument that cannot be called."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, not {shown(value)}")


def choice(name: str, value: Any, known: Sequence[str]) -> str:
    """One of the names that are known."""
    if not isinstance(value, str) or value not in known:
        given = f"'{value}'" if isinstance(value, str) and value.isprintable() else shown(value)
        raise ValueError(f"unknown {name} {given}; there are {', '.join(known)}")
    return value
