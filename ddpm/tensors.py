"""Checks of images and other tensors that the library is called with; see `ddpm.arguments`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ddpm import arguments
from ddpm.arguments import by, shown


def tensor(name: str, value: Any, like: Tensor | None = None) -> Tensor:
    """Real numbers as a float32 tensor: a tensor, an array, or nested lists of one shape.

    With `like`, of its shape.
    """
    if isinstance(value, list | tuple) and value and all(isinstance(v, Tensor) for v in value):
        if len({(v.shape, v.device) for v in value}) > 1:
            raise ValueError(f"{name} must be of one shape and on one device")
        value = torch.stack(tuple(value))
    if not isinstance(value, Tensor):
        try:
            array = np.array(value)
        except ValueError as error:  # lists of unequal lengths
            raise ValueError(f"{name} must be lists of one length, not {shown(value)}") from error
        if array.dtype.kind not in "biuf" or isinstance(value, str | bytes | dict | set):
            raise TypeError(f"{name} must be a tensor, an array or lists of numbers,"
                            f" not {shown(value)}")  # fmt: skip
        if array.dtype.kind != "f" or array.dtype.itemsize > 8:
            array = array.astype(np.float32)
        value = torch.from_numpy(array)
    if value.is_complex() or value.layout != torch.strided or value.device.type == "meta":
        raise TypeError(f"{name} must be a tensor of real numbers, not {shown(value)}")
    if like is not None and value.shape != like.shape:
        raise ValueError(f"{name} must be {tuple(like.shape)}, not {tuple(value.shape)}")
    result: Tensor = value.float()
    return result


def finite(name: str, value: Any, like: Tensor | None = None) -> Tensor:
    """As `tensor`, without NaN and infinity."""
    values = tensor(name, value, like)
    if not bool(values.isfinite().all()):
        raise ValueError(f"{name} must be finite: it holds NaN or infinity")
    return values


def images(name: str, value: Any, like: Tensor | None = None) -> Tensor:
    """Images (N, C, H, W), at least one, as a float32 tensor; of the size of `like`'s."""
    values = tensor(name, value)
    if values.ndim != 4 or values.numel() == 0:
        raise ValueError(f"{name} must be (N, C, H, W), not {tuple(values.shape)}")
    if like is not None and values.shape[1:] != like.shape[1:]:
        raise ValueError(f"{name} must be of {by(like.shape[1:])}, not {by(values.shape[1:])}")
    return values


def per_image(
    n: Any, largest: int, labels: Any, x: Any
) -> tuple[int, list[int] | None, Tensor | None]:
    """How many images are asked for, by their number, their labels or what they start from."""
    checked = None if labels is None else arguments.labels("labels", labels)
    x = None if x is None else finite("x", images("x", x))
    return arguments.count(n, largest, labels=checked, x=x), checked, x


def same(name: str, value: Any, like: Tensor | None = None) -> Tensor:
    """A tensor of another's shape, with its own type and gradients."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a tensor, not {shown(value)}")
    if like is not None and value.shape != like.shape:
        raise ValueError(f"{name} must be {tuple(like.shape)}, not {tuple(value.shape)}")
    return value


def eps_and_variance(name: str, value: Any, x: Tensor) -> tuple[Tensor, Tensor | None]:
    """A noise estimate of the shape of x, and the variance if a network predicts that as well.

    The variance follows the estimate, in the same number of channels: (N, 2 C, H, W).
    """
    if isinstance(value, Tensor) and value.shape[1:2] == (2 * x.shape[1],):
        eps, variance = value.chunk(2, 1)
        return same(name, eps, x), variance
    return same(name, value, x), None


def each_time(name: str, t: Tensor, T: int, count: int) -> None:
    """Refuses times that are not integers (N,) within 0..T."""
    if t.is_floating_point() or t.is_complex() or t.dtype == torch.bool:
        raise TypeError(f"{name} must be whole numbers, not {shown(t)}")
    if t.ndim != 1 or not (len(t) == count or 1 in (len(t), count)):
        raise ValueError(
            f"{name} must be one time, or one for each of {count} images, not {by(t.shape)}"
        )
    # A GPU would have to wait for the answer, at every step of a training.
    if t.device.type == "cpu" and not bool(((t >= 0) & (t <= T)).all()):
        raise ValueError(f"{name} must be within 0..{T}, not {int(t.min())}..{int(t.max())}")
