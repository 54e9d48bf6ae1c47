"""The flagship's U-Net: residual blocks at 14x14 and 7x7, each with time and label.

Called as `eps = network(x, t, label)`, like every network of the package.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm.networks.attention_unet import time_encoding
from ddpm.networks.shared import Network

TIME_CHANNELS = 64
"""Sines and cosines that encode the time."""

AUGMENTS = 5
"""Numbers that say how an image was changed: turn, size, shift right, shift down, shear."""


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
        blocks: residual blocks at each level, on the way down and again on the way up.
        classes: number of labels; the label `classes` itself stands for "no label".
        blocks14: the same at half the size, where it is another number; 0 is `blocks`.
        attention14: attention at half the size as well, on the way down and on the way up.
        augmented: whether an input says how an image was changed: see `ddpm.augmentation`.
        patch: side of the squares of pixels that it takes together. With 4, images of 56x56 cost
            about as much as those of 28x28 with 2.
        channels: of the images, C.
        size: side of the images in pixels, a multiple of 4.
        paces: how many times it has its labels. A student that knows how many steps it takes has
            them once for each number (`ddpm.serving.pace_of`).
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
        blocks14: int = 0,
        attention14: bool = False,
        augmented: bool = False,
        patch: Literal[2, 4] = 2,
        channels: int = 1,
        size: int = 28,
        paces: int = 1,
    ):
        super().__init__()
        self.check(channels, size)
        if size % (2 * patch):
            raise ValueError(f"with patches of {patch} the side must be a multiple of {2 * patch}")
        self.patch = patch
        w, told, wide, pixels = width, 4 * width, blocks14 or blocks, patch**2 * channels
        self.time = nn.Sequential(nn.Linear(TIME_CHANNELS, told), nn.SiLU(), nn.Linear(told, told))
        self.label = nn.Embedding(paces * (classes + 1), told)
        self.stem = nn.Conv2d(pixels, w, 3, padding=1)
        self.down14 = nn.ModuleList(ResBlock(w, w, told) for _ in range(wide))
        self.halve = nn.Conv2d(w, 2 * w, 3, stride=2, padding=1)
        self.down7 = nn.ModuleList(ResBlock(2 * w, 2 * w, told) for _ in range(blocks))
        self.attention = Attention(2 * w)
        self.up7 = nn.ModuleList(ResBlock(4 * w, 2 * w, told) for _ in range(blocks))
        self.enlarge = nn.ConvTranspose2d(2 * w, w, 4, stride=2, padding=1)
        self.up14 = nn.ModuleList(ResBlock(2 * w, w, told) for _ in range(wide))
        self.norm = norm(2 * w)
        self.head = silent(nn.Conv2d(2 * w, pixels, 3, padding=1))
        # After all others, whose first weights thus do not depend on the options.
        self.attention_down = Attention(w) if attention14 else None
        self.attention_up = Attention(w) if attention14 else None
        self.change = silent(nn.Linear(AUGMENTS, told, bias=False)) if augmented else None

    def forward(self, x: Tensor, t: Tensor, label: Tensor, change: Tensor | None = None) -> Tensor:
        """The estimate of the noise in x.

        Args:
            x: noisy images (N, C, size, size).
            t: float (N,), the time in the network's own numbering.
            label: integer (N,), each 0..classes, `classes` for none; at pace k all of them plus
                k * (classes + 1).
            change: float (N, AUGMENTS), how the image was changed; None is not at all.

        Returns:
            The estimate, of the shape of x.
        """
        return self.decode(*self.encode(x, t, label, change))

    def encode(
        self, x: Tensor, t: Tensor, label: Tensor, change: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor], Tensor]:
        """The way down: features at the bottom (N, 2 width, H, W), what the way up also gets,
        and the vector of time and label. Its arguments are those of `forward`."""
        told = self.time(time_encoding(t, TIME_CHANNELS)) + self.label(label)
        if change is not None and self.change is not None:
            told = told + self.change(change)
        told = F.silu(told)
        # Near t = 0 the noise is finer than bfloat16's steps around -1: look at x in float32,
        # and answer in it.
        with torch.autocast(x.device.type, enabled=False):
            y = self.stem(F.pixel_unshuffle(x, self.patch))
        skips = [y]
        for block in self.down14:
            y = block(y, told)
            skips.append(y)
        y = self.halve(y if self.attention_down is None else self.attention_down(y))
        for block in self.down7:
            y = block(y, told)
            skips.append(y)
        return self.attention(y), skips, told

    def decode(self, y: Tensor, skips: list[Tensor], told: Tensor) -> Tensor:
        """The way up: the estimate, of the shape of x."""
        skips = [*skips]
        for block in self.up7:
            y = block(torch.cat([y, skips.pop()], dim=1), told)
        y = self.enlarge(y)
        if self.attention_up is not None:
            y = self.attention_up(y)
        for block in self.up14:
            y = block(torch.cat([y, skips.pop()], dim=1), told)
        with torch.autocast(y.device.type, enabled=False):
            y = torch.cat([y.float(), skips.pop()], dim=1)
            return F.pixel_shuffle(self.head(F.silu(self.norm(y))), self.patch)
        # --8<-- [end:network]
