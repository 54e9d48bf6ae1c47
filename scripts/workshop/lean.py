"""The same network with fewer products, for programs that multiply slowly, such as a browser's.

Onnxruntime spends five sixths of its time in the browser in convolutions, and multiplies matrices
faster than it convolves. So an exported network has its 3x3 convolutions as products of matrices,
with less than half of the multiplications (Winograd 1980; Lavin and Gray 2016, arXiv:1509.09308).
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

PIXELS = 7
"""Pixels of a column that are computed together."""

POINTS = (0.24, -0.24, 0.67, -0.67, 1.12, -1.12, 2.2, -2.2)
"""Where polynomials are evaluated, besides infinity: those with the smallest rounding errors."""

SMALLEST = 16
"""Convolutions with fewer channels stay as they are: the matrices would be too narrow."""


def lean(network: nn.Module) -> nn.Module:
    """A copy of a network that answers the same, up to rounding, with fewer products."""
    network = copy.deepcopy(network)
    for module in [*network.modules()]:
        for name, layer in [*module.named_children()]:
            if isinstance(layer, nn.GroupNorm):
                setattr(module, name, Norm(layer))
            elif isinstance(layer, nn.Conv2d) and suits(layer):
                setattr(module, name, Convolution(layer))
    return network


def suits(layer: nn.Conv2d) -> bool:
    """Whether a convolution is one of those that `Convolution` replaces."""
    shape = (layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.groups)
    wide = min(layer.in_channels, layer.out_channels) >= SMALLEST
    return wide and shape == ((3, 3), (1, 1), (1, 1), (1, 1), 1)


class Norm(nn.Module):
    """GroupNorm as instance normalisation of groups, whose shapes are known beforehand."""

    def __init__(self, norm: nn.GroupNorm):
        super().__init__()
        self.groups, self.eps = norm.num_groups, norm.eps
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, x: Tensor) -> Tensor:
        y = F.instance_norm(x.reshape(-1, self.groups, x[0].numel() // self.groups), eps=self.eps)
        return y.reshape(-1, *x.shape[1:]) * self.weight[:, None, None] + self.bias[:, None, None]


class Convolution(nn.Module):
    """A 3x3 convolution with 9 products for 7 pixels of a column, where there were 21.

    A column's pixels and the three weights are the coefficients of polynomials. Their values at 9
    points are multiplied, and the product's coefficients computed from its values.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, layer: nn.Conv2d):
        super().__init__()
        self.channels = layer.out_channels
        weight = layer.weight.detach().permute(2, 3, 1, 0)  # (row, column, from, to)
        self.register_buffer("weight", weight.flatten(1, 2)[None].contiguous())
        bias = torch.zeros(self.channels) if layer.bias is None else layer.bias.detach()
        self.register_buffer("bias", bias)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        there, weigh, back = matrices(height)
        n, tiles = len(weigh), there.shape[0] // len(weigh)
        weight = F.conv2d(self.weight, weigh[:, :, None, None])  # (1, point, column and from, to)
        x = F.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1)).reshape(-1, height, (width + 2) * x.shape[1])
        values = (there @ x).reshape(-1, n * tiles, width + 2, weight.shape[2] // 3)
        beside = torch.arange(width)[:, None] + torch.arange(3)
        values = values.index_select(2, beside.flatten())
        values = values.reshape(-1, n, tiles * width, weight.shape[2]) @ weight
        y = back @ values.reshape(-1, n * tiles, width * self.channels)
        return (y.reshape(-1, height, width, self.channels) + self.bias).permute(0, 3, 1, 2)


def matrices(size: int) -> tuple[Tensor, Tensor, Tensor]:
    """What turns columns into values at points, three weights into values, and values back.

    Args:
        size: pixels of a column. Those beyond its ends are 0.

    Returns:
        Matrices (points tiles, size), (points, 3) and (size, points tiles).
    """
    n, tiles = len(POINTS) + 1, -(-size // PIXELS)

    def powers(count: int) -> np.ndarray:
        at_infinity = np.eye(count)[-1:]
        return np.vstack([np.vander(POINTS, count, increasing=True), at_infinity])

    there = np.zeros((n, tiles, tiles * PIXELS + 2))
    back: np.ndarray = np.zeros((tiles, PIXELS, n, tiles))
    for tile in range(tiles):
        start = tile * PIXELS
        there[:, tile, start : start + n] = np.linalg.inv(powers(n)).T
        back[tile, :, :, tile] = powers(PIXELS).T
    margin = there.reshape(n * tiles, -1)[:, 1 : size + 1]
    back = back.reshape(tiles * PIXELS, -1)[:size]
    return _single(margin), _single(powers(3)), _single(back)


def _single(matrix: np.ndarray) -> Tensor:
    return torch.from_numpy(matrix.astype(np.float32))
