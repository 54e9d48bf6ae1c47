"""The guided ResUNet: residual blocks with BatchNorm, time and label fused into it at four places.

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
def conv(inputs: int, outputs: int, kernel: int = 3) -> nn.Sequential:
    """A convolution that keeps the resolution, normalised and activated."""
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.GELU())


class ResidualBlock(nn.Module):
    """Two convolutions; the second one's result is added to a shortcut and divided by sqrt(2).

    The shortcut is the block's input, or, where the number of channels changes, the result of the
    first convolution. The division keeps the variance: a sum of two independent signals has twice
    the variance of one.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1, self.conv2 = conv(inputs, outputs), conv(outputs, outputs)
        self.same = inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(x)
        return ((x if self.same else y) + self.conv2(y)) / math.sqrt(2)


def down(inputs: int, outputs: int) -> nn.Sequential:
    """A residual block, then half the resolution by max-pooling."""
    return nn.Sequential(ResidualBlock(inputs, outputs), nn.MaxPool2d(2))


def up(inputs: int, outputs: int) -> nn.Sequential:
    """Twice the resolution by a transposed 2x2 convolution, then two residual blocks."""
    double = nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
    return nn.Sequential(double, ResidualBlock(outputs, outputs), ResidualBlock(outputs, outputs))


class Fusion(nn.Module):
    """Joins the features of every pixel with a time vector and a label vector, and mixes them.

    All three have `channels` channels, and so has the result.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.mix = conv(3 * channels, channels, kernel=1)

    def forward(self, x: Tensor, time: Tensor, label: Tensor) -> Tensor:
        vectors = torch.cat([time, label], dim=1).to(x.dtype)[:, :, None, None]
        return self.mix(torch.cat([x, vectors.expand(-1, -1, *x.shape[2:])], dim=1))
        # --8<-- [end:blocks]


# --8<-- [start:network]
class ResUNet(Network):
    """The noise estimate of a 2-level residual U-Net: 28x28, 14x14, 7x7, one vector.

    Args:
        width: channels at full resolution, D, a multiple of 8; twice as many at the bottom.
        classes: number of labels; the label `classes` itself stands for "no label" and becomes
            a vector of -1.
        frozen: leave the networks that embed time and label at their random initial values, as
            the source course did, perhaps unintentionally.
        channels: of the images, C.
        size: side of the images in pixels, a multiple of 4.
    """

    multiple = 4  # it halves twice
    width_multiple = 8  # GroupNorm has 8 groups
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
        self.stem = ResidualBlock(channels, d)
        self.down1, self.down2 = down(d, d), down(d, 2 * d)
        self.flatten = nn.Sequential(nn.AvgPool2d(side), nn.GELU())
        self.unflatten = nn.Sequential(
            nn.ConvTranspose2d(2 * d, 2 * d, side, stride=side), nn.GroupNorm(8, 2 * d), nn.ReLU()
        )
        self.up1, self.up2 = up(4 * d, d), up(2 * d, d)
        self.head = nn.Sequential(
            nn.Conv2d(2 * d, d, 3, padding=1),
            nn.GroupNorm(8, d),
            nn.ReLU(),
            nn.Conv2d(d, channels, 3, padding=1),
        )
        self.time1, self.time2 = mlp(1, d), mlp(1, 2 * d)
        self.label1, self.label2 = mlp(classes, d), mlp(classes, 2 * d)
        self.fusion1, self.fusion2 = Fusion(d), Fusion(2 * d)
        self.fusion3, self.fusion4 = Fusion(d), Fusion(d)
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
        one_hot = F.one_hot(label, self.classes + 1)[:, :-1].float()
        one_hot = one_hot.where(label[:, None] < self.classes, -1.0)
        time = t[:, None].float()
        narrow = self.time1(time), self.label1(one_hot)
        wide = self.time2(time), self.label2(one_hot)

        x28 = self.stem(x)
        x14 = self.fusion1(self.down1(x28), *narrow)
        x7 = self.fusion2(self.down2(x14), *wide)
        y7 = self.unflatten(self.flatten(x7))
        y14 = self.fusion3(self.up1(torch.cat([y7, x7], dim=1)), *narrow)
        y28 = self.fusion4(self.up2(torch.cat([y14, x14], dim=1)), *narrow)
        return self.head(torch.cat([y28, x28], dim=1))
        # --8<-- [end:network]
