"""The second stage of a text-to-image model: from 64x64 to 256x256 pixels, by sampling again."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ddpm import arguments, tensors
from ddpm.schedule import NoiseSchedule
from ddpm.text_to_image import TextToImage

LEVEL = 251
"""The noise that the second stage expects in the small image, as a time of its own schedule;
diffusers, which counts from 0, calls it 250."""


class SuperResolution(TextToImage):
    """A pipeline of diffusers whose U-Net also sees the small image, enlarged and with noise.

    Args:
        pipeline: with `unet`, `scheduler` and `image_noising_scheduler`.
        first: the first stage, whose prompts it shares.
        variance, progress: as for `TextToImage`.
    """

    extra_channels = 3

    def __init__(
        self, pipeline: Any, first: TextToImage, variance: bool = False, progress: bool = False
    ):
        super().__init__(pipeline, first.negative, variance, progress)
        self.prompts = first.prompts
        self.noising = NoiseSchedule.from_betas(pipeline.image_noising_scheduler.betas)
        self.beside, self.level = torch.empty(0), LEVEL

    # --8<-- [start:enlarge]
    def enlarge(
        self,
        images: Tensor,
        labels: list[int],
        level: int = LEVEL,
        seed: int = 0,
        batch: int = 1,
        **how: Any,
    ) -> Tensor:
        """Images with more pixels, and with details that fit their prompts.

        Args:
            images: (N, C, H, W) in [0, 1].
            labels: the number of each image's prompt.
            level: how much noise the small images get, 1 to 1000: more noise allows more changes.
            seed: of the noise.
            batch: how many go through the network together.
            how: `steps`, `guidance` and `sampler`, as for `states`.

        Returns:
            (N, C, size, size) in [0, 1], on the CPU, of the size of this pipeline's images.
        """
        level = arguments.integer("level", level, 1, self.noising.T)
        side = (self.recipe.scaling.size,) * 2
        small = tensors.images("images", images).to(self.device) * 2 - 1
        large = F.interpolate(small, side, mode="bilinear", align_corners=True)
        noise = self.noise(len(large), seed, stream=2)()
        large, self.level = self.noising.add_noise(large, level, noise), level - 1
        parts = []
        for first in range(0, len(large), arguments.integer("batch", batch, 1)):
            part = slice(first, first + batch)
            self.beside = large[part]
            states = self.states(labels=labels[part], seed=seed, first=first, **how)
            parts.append(self.last_images(states))
        return torch.cat(parts)

    def ask(self, x: Tensor, t: int, prompts: Tensor) -> Tensor:
        """The U-Net's answer with the small images as input too; it counts times from 0."""
        unet = self.pipeline.unet
        told = prompts.to(x.device, unet.dtype)
        seen = torch.cat([x, self.beside.repeat(len(x) // len(self.beside), 1, 1, 1)], 1)
        level = torch.full((len(x),), self.level, device=x.device)
        return unet(seen.to(unet.dtype), t - 1, told, class_labels=level).sample.float()
        # --8<-- [end:enlarge]
