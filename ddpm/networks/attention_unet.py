"""The attention U-Net: three levels of convolutions with self-attention at 8x8 and 4x4.

Called as `eps = network(x, t, label)`, like every network of the package.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm.networks.shared import Network


# --8<-- [start:time_encoding]
def time_encoding(t: Tensor, channels: int) -> Tensor:
    """Sines, then cosines, of t at `channels / 2` frequencies from 1 down to 1/10000.

    Args:
        t: float (N,), the network's time.
        channels: an even number of channels.

    Returns:
        float (N, channels) in [-1, 1].

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.5.
    """
    exponents = torch.arange(0, channels, 2, dtype=torch.float32, device=t.device) / channels
    angles = t[:, None].float() * 10000.0**-exponents
    return torch.cat([angles.sin(), angles.cos()], dim=1)
    # --8<-- [end:time_encoding]


# --8<-- [start:blocks]
class DoubleConv(nn.Module):
    """Two 3x3 convolutions, each followed by a one-group GroupNorm, with a GELU between.

    With `residual`, the input is added and a second GELU applied: GELU(x + block(x)).
    """

    def __init__(
        self, inputs: int, outputs: int, middle: int | None = None, residual: bool = False
    ):
        super().__init__()
        middle = middle or outputs
        self.residual = residual
        self.block = nn.Sequential(
            nn.Conv2d(inputs, middle, 3, padding=1, bias=False),
            nn.GroupNorm(1, middle),
            nn.GELU(),
            nn.Conv2d(middle, outputs, 3, padding=1, bias=False),
            nn.GroupNorm(1, outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x + self.block(x)) if self.residual else self.block(x)


class Down(nn.Module):
    """Halves the resolution by max-pooling, then two double convolutions."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.convs = nn.Sequential(
            nn.MaxPool2d(2), DoubleConv(inputs, inputs, residual=True), DoubleConv(inputs, outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.convs(x)


class Up(nn.Module):
    """Doubles the resolution bilinearly, joins the skip connection, then double convolutions."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.convs = nn.Sequential(
            DoubleConv(inputs, inputs, residual=True), DoubleConv(inputs, outputs, inputs // 2)
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.convs(torch.cat([skip, self.upsample(x)], dim=1))


class SelfAttention(nn.Module):
    """Every pixel looks at every other: multi-head attention, then a small feed-forward part."""

    def __init__(self, channels: int, heads: int = 4):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, channels),
            nn.GELU(),
            nn.Linear(channels, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        channels, height, width = x.shape[1:]
        pixels = x.flatten(2).transpose(1, 2)  # (N, H*W, C): one token per pixel
        q, k, v = self.qkv(self.norm(pixels)).unflatten(2, (3, self.heads, -1)).unbind(2)
        # Two matrix products: on a CPU the fused attention's backward pass is slower.
        q, k, v = (z.transpose(1, 2) for z in (q, k, v))  # (N, heads, H*W, C / heads)
        weights = (q @ k.transpose(2, 3) * (channels / self.heads) ** -0.5).softmax(dim=3)
        pixels = pixels + self.out((weights @ v).transpose(1, 2).flatten(2))
        pixels = pixels + self.feed_forward(pixels)
        return pixels.transpose(1, 2).unflatten(2, (height, width))
        # --8<-- [end:blocks]


# --8<-- [start:network]
class AttentionUNet(Network):
    """The noise estimate of a 3-level U-Net with self-attention.

    Args:
        width: channels at full resolution; the deeper levels have 2 and 4 times as many.
        classes: number of labels, 0 for a network without labels.
        channels: of the images, C.
        size: side of the images in pixels, a multiple of 8.
    """

    multiple = 8  # it halves three times
    largest = 256
    width_multiple = 2  # half of the channels are sines of the time, half are cosines
    takes_no_label = False

    def __init__(self, width: int = 16, classes: int = 0, channels: int = 1, size: int = 32):
        super().__init__()
        self.check(channels, size)
        w = width
        self.classes = classes
        self.label_embedding = nn.Embedding(classes, 4 * w) if classes else None
        self.stem = DoubleConv(channels, w)
        self.down1, self.down2, self.down3 = Down(w, 2 * w), Down(2 * w, 4 * w), Down(4 * w, 4 * w)
        self.attention1, self.attention2 = SelfAttention(4 * w), SelfAttention(4 * w)
        self.up1, self.up2, self.up3 = Up(8 * w, 2 * w), Up(4 * w, w), Up(2 * w, w)
        self.attention3 = SelfAttention(2 * w)
        self.head = nn.Conv2d(w, channels, 1)

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None = None) -> Tensor:
        """The estimate of the noise in x.

        Args:
            x: noisy images (N, C, H, W), H and W divisible by 8.
            t: float (N,), the time in the network's own numbering.
            label: integer (N,), each 0..classes - 1; None without labels.

        Returns:
            The estimate, of the shape of x.
        """

        def told(features: Tensor) -> Tensor:
            """The features with time (and label) added to each channel, the same everywhere."""
            channels = features.shape[1]
            signal = time_encoding(t, channels)
            if self.label_embedding is not None:
                signal = signal + self.label_embedding(label)[:, :channels]
            return features + signal[:, :, None, None]

        # Near t = 0 the noise is finer than bfloat16's steps around -1: look at x in float32.
        with torch.autocast(x.device.type, enabled=False):
            x32 = self.stem(x)
        x16 = told(self.down1(x32))
        x8 = self.attention1(told(self.down2(x16)))
        x4 = self.attention2(told(self.down3(x8)))
        y8 = self.attention3(told(self.up1(x4, x8)))
        y16 = told(self.up2(y8, x16))
        y32 = told(self.up3(y16, x32))
        return self.head(y32)
        # --8<-- [end:network]
