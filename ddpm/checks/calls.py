"""Calling a reader's function: on copies of the inputs, and with its errors explained."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ddpm.checks.answers import PER_IMAGE, Mistake

LONGEST = 300
"""Characters of an error's own text that are repeated."""

_HINTS = (
    (r"must match the size|not broadcastable|must match the existing size", PER_IMAGE),
    (r"shapes cannot be multiplied|must be matrices|[12]d tensors expected|size mismatch|of batch2",
     "Formulas here multiply number by number, which is `*`; `@` is a product of matrices."),
    (r"same device|to numpy|torch not compiled with cuda|no nvidia driver|device type",
     "Everything that the check gives is on the CPU. Make new tensors where the inputs are:"
     " `device=x.device`, or `torch.randn_like(x)`."),
    (r"out of bounds|out of range",
     "Tables have T + 1 entries, from t = 0 to t = T, and no entry beyond."),
    (r"does not require grad|does not have a grad_fn",
     "The loss has lost its way back to the weights: look for `detach`, `item` or `no_grad`"
     " before `backward`."),
    (r"inplace operation|in-place operation",
     "An operation such as `+=` or `.mul_()` changed a tensor that the gradient still needs."
     " Write `x = x + ...` there."),
    (r"one element tensors|ambiguous|converted to scalar|converted to python scalar",
     "A tensor of several numbers stands where one number should. Is an index missing, or a"
     " mean?"),
    (r"is not defined|referenced before|not associated with a value",
     "Is the name spelled right, and did you run the cells above?"),
    (r"'nonetype'", "Something is None there: a function that has no `return` gives None."),
)  # fmt: skip
"""Patterns of an error's text in lower case, and what a teacher would say."""


def call(function: Callable[..., Any], changed: set[str] | None = None, /, **inputs: Any) -> Any:
    """What a reader's function returns for copies of the inputs, which it may change in place.

    Args:
        function: the reader's.
        changed: gets the names of the tensors that it did change in place.
        inputs: its arguments in their order, under the names that a message gives them. Tensors
            are copied; anything else is passed on as it is.

    Raises:
        Mistake: it is no function, takes other arguments, or stops with an error.
    """
    if not callable(function):
        raise Mistake(f"A function is needed, and this is of type {type(function).__name__}.")
    name = getattr(function, "__name__", type(function).__name__)
    name = "your function" if name == "<lambda>" else f"`{name}`"
    _check_arguments(function, name, inputs)
    copies = [v.detach().clone() if isinstance(v, Tensor) else v for v in inputs.values()]
    try:
        given = function(*copies)
        if changed is not None:
            pairs = zip(inputs.items(), copies, strict=True)
            changed |= {
                name for (name, value), copy in pairs
                if isinstance(value, Tensor) and not torch.equal(value, copy)
            }  # fmt: skip
        return given
    except Mistake:
        raise  # from the network that the check passed in
    except NotImplementedError as error:
        where = _place(error, function)
        raise Mistake(
            f"There is nothing in {name} yet: it raises NotImplementedError{where}."
        ) from (error)
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        text = "".join(c for c in text if c.isprintable())[:LONGEST].rstrip(".")
        hint = next((words for pattern, words in _HINTS if re.search(pattern, text.lower())), "")
        shapes = ", ".join(f"{key} {_kind(value)}" for key, value in inputs.items())
        raise Mistake(
            f"In {name} there is an error{_place(error, function)}: {type(error).__name__}"
            f"{f' ({text})' if text else ''}. It was called with {shapes}. {hint}".rstrip()
        ) from error


def _check_arguments(function: Callable[..., Any], name: str, inputs: dict[str, Any]) -> None:
    """A function should take what the check gives it."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some that are written in C have none
        return
    try:
        signature.bind(*inputs.values())
    except TypeError:
        raise Mistake(
            f"The arguments of {name} should be ({', '.join(inputs)}), and are {signature}."
        ) from None


def _place(error: BaseException, function: Callable[..., Any]) -> str:
    """The last line of the reader's own that the error went through."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    return f", in line {own[-1].lineno}: `{own[-1].line}`" if own and own[-1].line else ""


def _kind(value: Any) -> str:
    """An input in a few words."""
    if isinstance(value, Tensor):
        return f"of shape {tuple(value.shape)}"
    return f"= {value:g}" if isinstance(value, int | float) else f"({type(value).__name__})"
