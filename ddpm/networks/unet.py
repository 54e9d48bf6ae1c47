"""The plain U-Net: convolutions with BatchNorm, two levels, and a bottleneck of one vector.

Called as `eps = network(x, t, label)`; time and label can each be left out when it is made.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm.networks.shared import Network


# --8<-- [start:blocks]
def conv(inputs: int, outputs: int) -> nn.Sequential:
    """3x3 at the same resolution."""
    return _activated(nn.Conv2d(inputs, outputs, 3, padding=1), outputs)


def down(inputs: int, outputs: int) -> nn.Sequential:
    """To half the resolution by a 3x3 convolution of stride 2, then two convolutions."""
    halve = _activated(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), outputs)
    return nn.Sequential(halve, conv(outputs, outputs), conv(outputs, outputs))


def up(inputs: int, outputs: int) -> nn.Sequential:
    """To twice the resolution by a transposed 4x4 convolution, then two convolutions."""
    double = _activated(nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1), outputs)
    return nn.Sequential(double, conv(outputs, outputs), conv(outputs, outputs))


def mlp(inputs: int, outputs: int) -> nn.Sequential:
    """Two linear layers with a GELU between."""
    return nn.Sequential(nn.Linear(inputs, outputs), nn.GELU(), nn.Linear(outputs, outputs))


def _activated(layer: nn.Module, outputs: int) -> nn.Sequential:
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.GELU())
    # --8<-- [end:blocks]


# --8<-- [start:network]
class UNet(Network):
    """A 2-level U-Net, whose bottleneck has no pixels left: 28x28, 14x14, 7x7, one vector.

    Args:
        width: channels at full resolution, D; twice as many at the bottom.
        time: whether it gets the time.
        classes: number of labels, 0 for a network without labels; the label `classes` itself
            stands for "no label" and becomes a vector of zeros.
        channels: of the images, C.
        size: side of the images in pixels, a multiple of 4.
    """

    multiple = 4  # it halves twice

    def __init__(
        self,
        width: int = 64,
        time: bool = True,
        classes: int = 0,
        channels: int = 1,
        size: int = 28,
    ):
        super().__init__()
        self.check(channels, size)
        d, side = width, size // 4
        self.classes = classes
        self.stem = nn.Sequential(conv(channels, d), conv(d, d))
        self.down1, self.down2 = down(d, d), down(d, 2 * d)
        self.flatten = nn.Sequential(nn.AvgPool2d(side), nn.GELU())
        spread = nn.ConvTranspose2d(2 * d, 2 * d, side, stride=side)
        self.unflatten = _activated(spread, 2 * d)
        self.up1, self.up2 = up(4 * d, d), up(2 * d, d)
        self.head = nn.Sequential(conv(2 * d, d), conv(d, d), nn.Conv2d(d, channels, 3, padding=1))
        self.time1 = mlp(1, 2 * d) if time else None
        self.time2 = mlp(1, d) if time else None
        self.label1 = mlp(classes, 2 * d) if classes else None
        self.label2 = mlp(classes, d) if classes else None

    def forward(self, x: Tensor, t: Tensor | None = None, label: Tensor | None = None) -> Tensor:
        """The estimate for images x.

        Args:
            x: noisy images (N, C, size, size).
            t: float (N,), the network's time, t / T; ignored by a network without time.
            label: integer (N,), each 0..classes, `classes` for none.

        Returns:
            The estimate, of the shape of x.
        """
        x28 = self.stem(x)
        x14 = self.down1(x28)
        x7 = self.down2(x14)
        y7 = self._told(self.unflatten(self.flatten(x7)), self.time1, self.label1, t, label)
        y14 = self.up1(torch.cat([y7, x7], dim=1))
        y14 = self._told(y14, self.time2, self.label2, t, label)
        y28 = self.up2(torch.cat([y14, x14], dim=1))
        return self.head(torch.cat([y28, x28], dim=1))

    def _told(
        self,
        features: Tensor,
        time: nn.Module | None,
        labels: nn.Module | None,
        t: Tensor | None,
        label: Tensor | None,
    ) -> Tensor:
        """The features times the vector of the label, plus the vector of the time."""
        if labels is not None and label is not None:
            one_hot = F.one_hot(label, self.classes + 1)[:, :-1].to(features.dtype)
            features = features * labels(one_hot)[:, :, None, None]
        if time is not None and t is not None:
            features = features + time(t[:, None].to(features.dtype))[:, :, None, None]
        return features
        # --8<-- [end:network]
