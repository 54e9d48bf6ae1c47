"""The flagship's U-Net: residual blocks at 14x14 and 7x7, told of time and label throughout.

Called as `eps = network(x, t, label)`, like every network of the package.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm.networks.attention_unet import time_encoding
from ddpm.networks.shared import Network

TIME_CHANNELS = 64
"""Sines and cosines by which the network is told the time."""


# --8<-- [start:blocks]
def norm(channels: int) -> nn.GroupNorm:
    """GroupNorm over groups of 16 channels."""
    return nn.GroupNorm(channels // 16, channels)


def silent(layer: nn.Module) -> nn.Module:
    """The layer with all weights zero: at first it adds nothing to the shortcut beside it."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


# --8<-- [start:resblock]
class ResBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; time and label scale and shift between them."""

    def __init__(self, inputs: int, outputs: int, told: int):
        super().__init__()
        self.norm1, self.norm2 = norm(inputs), norm(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = silent(nn.Conv2d(outputs, outputs, 3, padding=1))
        self.scale_shift = nn.Linear(told, 2 * outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.scale_shift(told)[:, :, None, None].chunk(2, dim=1)
        y = self.conv1(F.silu(self.norm1(x)))
        y = self.norm2(y) * (1 + scale) + shift
        return self.shortcut(x) + self.conv2(F.silu(y))
        # --8<-- [end:resblock]


class Attention(nn.Module):
    """Self-attention between the pixels, beside a shortcut."""

    def __init__(self, channels: int, heads: int = 4):
        super().__init__()
        self.heads = heads
        self.norm = norm(channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = silent(nn.Conv2d(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(self.norm(x)).flatten(2).unflatten(1, (3, self.heads, -1)).unbind(1)
        # (N, heads, channels / heads, pixels), and two matrix products: on a CPU the fused
        # attention's backward pass is slower.
        weights = (q.transpose(2, 3) @ k * q.shape[2] ** -0.5).softmax(dim=3)
        y = v @ weights.transpose(2, 3)
        return x + self.out(y.flatten(1, 2).unflatten(2, x.shape[2:]))
        # --8<-- [end:blocks]


# --8<-- [start:network]
class DigitsUNet(Network):
    """A 2-level U-Net that sees 28x28 pixels as 14x14 squares of four.

    Its layers are named by their sides for images of 28x28; other sizes are halved alike.

    Args:
        width: channels at half the size, a multiple of 16; twice as many at a quarter.
        blocks: residual blocks on the way down at each level; as many on the way up.
        classes: number of labels; the label `classes` itself stands for "not told".
        channels: of the images, C.
        size: side of the images in pixels, a multiple of 4.
    """

    multiple = 4  # it halves twice, first by taking four pixels together
    largest = 256
    width_multiple = 16  # its GroupNorm
    needs_label = True

    def __init__(
        self,
        width: int = 48,
        blocks: int = 2,
        classes: int = 10,
        channels: int = 1,
        size: int = 28,
    ):
        super().__init__()
        self.check(channels, size)
        w, told = width, 4 * width
        self.time = nn.Sequential(nn.Linear(TIME_CHANNELS, told), nn.SiLU(), nn.Linear(told, told))
        self.label = nn.Embedding(classes + 1, told)
        self.stem = nn.Conv2d(4 * channels, w, 3, padding=1)
        self.down14 = nn.ModuleList(ResBlock(w, w, told) for _ in range(blocks))
        self.halve = nn.Conv2d(w, 2 * w, 3, stride=2, padding=1)
        self.down7 = nn.ModuleList(ResBlock(2 * w, 2 * w, told) for _ in range(blocks))
        self.attention = Attention(2 * w)
        self.up7 = nn.ModuleList(ResBlock(4 * w, 2 * w, told) for _ in range(blocks))
        self.enlarge = nn.ConvTranspose2d(2 * w, w, 4, stride=2, padding=1)
        self.up14 = nn.ModuleList(ResBlock(2 * w, w, told) for _ in range(blocks))
        self.norm = norm(2 * w)
        self.head = silent(nn.Conv2d(2 * w, 4 * channels, 3, padding=1))

    def forward(self, x: Tensor, t: Tensor, label: Tensor) -> Tensor:
        """The estimate of the noise in x.

        Args:
            x: noisy images (N, C, size, size).
            t: float (N,), the time in the network's own numbering.
            label: integer (N,), each 0..classes, `classes` for none.

        Returns:
            The estimate, of the shape of x.
        """
        told = F.silu(self.time(time_encoding(t, TIME_CHANNELS)) + self.label(label))
        # Near t = 0 the noise is finer than bfloat16's steps around -1: look at x in float32,
        # and answer in it.
        with torch.autocast(x.device.type, enabled=False):
            pixels = self.stem(F.pixel_unshuffle(x, 2))
        y, skips = pixels, []
        for block in self.down14:
            y = block(y, told)
            skips.append(y)
        y = self.halve(y)
        for block in self.down7:
            y = block(y, told)
            skips.append(y)
        y = self.attention(y)
        for block in self.up7:
            y = block(torch.cat([y, skips.pop()], dim=1), told)
        y = self.enlarge(y)
        for block in self.up14:
            y = block(torch.cat([y, skips.pop()], dim=1), told)
        with torch.autocast(x.device.type, enabled=False):
            y = torch.cat([y.float(), pixels], dim=1)
            return F.pixel_shuffle(self.head(F.silu(self.norm(y))), 2)
        # --8<-- [end:network]
