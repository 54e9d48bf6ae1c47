"""The guided ResUNet: residual blocks with BatchNorm, time and label joined by 1x1 convolutions.

Called as `eps = network(x, t, label)`, like every network of the package.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm.networks.shared import Network
from ddpm.networks.unet import mlp


# --8<-- [start:blocks]
def conv(inputs: int, outputs: int) -> nn.Sequential:
    """A 3x3 convolution, normalised and activated."""
    layer = nn.Conv2d(inputs, outputs, 3, padding=1)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.GELU())


class ResConv(nn.Module):
    """Two convolutions; the second's result is added to its input and divided by sqrt(2).

    The division keeps the variance: a sum of two independent signals has twice as much.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1, self.conv2 = conv(inputs, outputs), conv(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(x)
        return (y + self.conv2(y)) / math.sqrt(2)


def up(inputs: int, outputs: int) -> nn.Sequential:
    """To twice the resolution by a transposed 2x2 convolution, then two residual blocks."""
    double = nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
    return nn.Sequential(double, ResConv(outputs, outputs), ResConv(outputs, outputs))


class Fuse(nn.Module):
    """Joins a vector to every pixel's features: concatenated, then mixed by a 1x1 convolution."""

    def __init__(self, features: int):
        super().__init__()
        self.mix = nn.Conv2d(2 * features, features, 1)

    def forward(self, x: Tensor, vector: Tensor) -> Tensor:
        everywhere = vector[:, :, None, None].expand_as(x)
        return self.mix(torch.cat([x, everywhere.to(x.dtype)], dim=1))
        # --8<-- [end:blocks]


# --8<-- [start:network]
class ResUNet(Network):
    """The noise estimate of a 2-level residual U-Net: 28x28, 14x14, 7x7, one vector.

    Args:
        width: features at full resolution, D; twice as many at the bottom.
        classes: number of labels; the label `classes` itself stands for "not told" and becomes
            a vector of -1.
        frozen: leave the networks that embed time and label at their random first values, as
            the source course did, perhaps unawares.
        channels: of the images, C.
        size: side of the images in pixels, a multiple of 4.
    """

    multiple = 4  # it halves twice
    needs_label = True

    def __init__(
        self,
        width: int = 128,
        classes: int = 10,
        frozen: bool = False,
        channels: int = 1,
        size: int = 28,
    ):
        super().__init__()
        self.check(channels, size)
        d, side = width, size // 4
        self.classes = classes
        self.stem = ResConv(channels, d)
        self.down1 = nn.Sequential(ResConv(d, d), nn.MaxPool2d(2))
        self.down2 = nn.Sequential(ResConv(d, 2 * d), nn.MaxPool2d(2))
        self.flatten = nn.Sequential(nn.AvgPool2d(side), nn.GELU())
        self.unflatten = nn.Sequential(
            nn.ConvTranspose2d(2 * d, 2 * d, side), nn.BatchNorm2d(2 * d), nn.GELU()
        )
        self.up1, self.up2 = up(4 * d, d), up(2 * d, d)
        self.head = nn.Sequential(conv(2 * d, d), nn.Conv2d(d, channels, 3, padding=1))
        self.time1, self.time2 = mlp(1, 2 * d), mlp(1, d)
        self.label1, self.label2 = mlp(classes, 2 * d), mlp(classes, d)
        self.fuse_time1, self.fuse_label1 = Fuse(2 * d), Fuse(2 * d)
        self.fuse_time2, self.fuse_label2 = Fuse(d), Fuse(d)
        if frozen:
            for embedding in (self.time1, self.time2, self.label1, self.label2):
                embedding.requires_grad_(False)

    def forward(self, x: Tensor, t: Tensor, label: Tensor) -> Tensor:
        """The estimate of the noise in x.

        Args:
            x: noisy images (N, C, size, size).
            t: float (N,), the network's time, t / T.
            label: integer (N,), each 0..classes, `classes` for none.

        Returns:
            The estimate, of the shape of x.
        """
        time = t[:, None].float()
        one_hot = F.one_hot(label, self.classes + 1)[:, :-1].float()
        told = one_hot.where(label[:, None] < self.classes, -1.0)

        x28 = self.stem(x)
        x14 = self.down1(x28)
        x7 = self.down2(x14)
        y7 = self.unflatten(self.flatten(x7))
        y7 = self.fuse_label1(self.fuse_time1(y7, self.time1(time)), self.label1(told))
        y14 = self.up1(torch.cat([y7, x7], dim=1))
        y14 = self.fuse_label2(self.fuse_time2(y14, self.time2(time)), self.label2(told))
        y28 = self.up2(torch.cat([y14, x14], dim=1))
        return self.head(torch.cat([y28, x28], dim=1))
        # --8<-- [end:network]
