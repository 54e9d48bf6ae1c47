"""What all networks share: images of any number of channels, and a side that they can halve."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import nn
from torch.overrides import TorchFunctionMode


class Network(nn.Module):
    """A network that is called as `eps = network(x, t, label)`, with images (N, C, size, size).

    Its class takes `channels` and `size` besides its own options.

    Attributes:
        multiple: the side of the images must be a multiple of this number, since the network
            halves them.
        largest: the longest side that it takes; attention compares all pixels with all others.
        width_multiple: its `width` must be a multiple of this number.
        needs_label: whether it cannot do without labels.
        takes_no_label: whether the label `classes` stands for "no label".
    """

    multiple: ClassVar[int] = 1
    largest: ClassVar[int] = 512
    width_multiple: ClassVar[int] = 1
    needs_label: ClassVar[bool] = False
    takes_no_label: ClassVar[bool] = True

    @classmethod
    def check(cls, channels: int, size: int) -> None:
        """Refuses images that the network cannot take.

        Raises:
            ValueError: no channel, or a side that is too long or that the network cannot halve.
        """
        if size < cls.multiple or size % cls.multiple:
            raise ValueError(
                f"the side of the images of {cls.__name__} must be a multiple of"
                f" {cls.multiple}, not {size}"
            )
        if size > cls.largest:
            raise ValueError(
                f"the side of the images of {cls.__name__} must be at most {cls.largest},"
                f" not {size}"
            )
        if channels < 1:
            raise ValueError(f"images have 1 channel or more, not {channels}")


class Blank(TorchFunctionMode):
    """While it is entered, new networks get no first weights, since a file holds the real ones.

    On the device "meta", drawing them from a normal distribution would import sympy and torch's
    compiler, which takes seconds.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs.get("tensor", args[0] if args else None)
        return func(*args, **kwargs)
