"""Tensors from a file: their names, shapes and types are checked before they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ddpm.reading import parse_json, printable

LARGEST_HEADER = 16 * 2**20
"""Bytes; a header of ours has 25 thousand, and a log of 50 thousand epochs fits in."""

LARGEST_TEXT = 2**20
"""Characters of a text in the header, such as the recipe, unless it is a log."""

FLOATS = {"F16", "BF16", "F32", "F64"}
INTEGERS = {"I64"}


@contextmanager
def open_tensors(path: str | Path) -> Iterator[Any]:
    """Opens a safetensors file; all that is wrong with it ends in one printable line.

    Raises:
        ValueError: the file is damaged, or what is done with it inside of the `with` raises
            a ValueError.
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as raw:
        length = int.from_bytes(raw.read(8), "little")
    if length > LARGEST_HEADER:
        raise ValueError(f"its header claims {length:,} bytes; {LARGEST_HEADER:,} are allowed")
    try:
        with safe_open(path, "pt") as file:
            yield file
    except SafetensorError as error:
        raise ValueError(printable(" ".join(str(error).split()), 200)) from error


def read_header(file: Any, key: str, longest: int = LARGEST_TEXT) -> Any:
    """A value of the file's header, which is JSON.

    Raises:
        ValueError: the header lacks it, or it is too long or not JSON.
    """
    text = (file.metadata() or {}).get(key)
    if text is None:
        raise ValueError(f"its header lacks '{key}'")
    if len(text) > longest:
        raise ValueError(f"'{key}' in its header has {len(text):,} characters, over {longest:,}")
    return parse_json(text, f"'{key}' in its header")


def check_tensors(file: Any, expected: Mapping[str, Tensor]) -> None:
    """Compares what the file holds with what it should hold; no tensor is read.

    Args:
        file: from `open_tensors`.
        expected: tensors, which may lie on the device "meta", by name.

    Raises:
        ValueError: a tensor is missing, unknown, or of another shape or type.
    """
    names = {*file.keys()}
    for extra in sorted(names - {*expected})[:1]:
        raise ValueError(f"it holds a tensor '{printable(extra, 80)}' that is not the network's")
    for name, ours in expected.items():
        if name not in names:
            raise ValueError(f"it lacks the tensor '{name}'")
        theirs = file.get_slice(name)
        shape, dtype = tuple(theirs.get_shape()), theirs.get_dtype()
        if shape != tuple(ours.shape):
            raise ValueError(f"'{name}' must be {tuple(ours.shape)}, not {_cut(shape)}")
        if dtype not in (FLOATS if ours.is_floating_point() else INTEGERS):
            raise ValueError(f"'{name}' has the type {printable(str(dtype), 20)}")


def read_tensors(file: Any, prefix: str = "") -> dict[str, Tensor]:
    """The tensors below a prefix, in memory of their own, with floats as float32.

    Raises:
        ValueError: a value is not finite, or a variance is negative.
    """
    tensors = {}
    for name in file.keys():  # noqa: SIM118
        if name.startswith(prefix):
            read = file.get_tensor(name)
            dtype = torch.float32 if read.is_floating_point() else read.dtype
            # A copy: what is mapped from a file keeps the file open, and Windows cannot replace it.
            value = read.to(dtype, copy=True)
            if not value.isfinite().all():
                raise ValueError(f"'{name}' has values that are not finite")
            if name.endswith(("running_var", "exp_avg_sq")) and (value < 0).any():
                raise ValueError(f"'{name}' has negative values")
            tensors[name.removeprefix(prefix)] = value
    return tensors


def _cut(shape: tuple[int, ...]) -> str:
    return printable(str(shape), 60)
