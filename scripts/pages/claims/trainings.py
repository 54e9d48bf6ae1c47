"""Short trainings for a claim: course A's network with its time encodings, and with one only."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ddpm.checkpoints import Run
from ddpm.data import bundled, mnist
from ddpm.devices import default_device
from ddpm.networks.attention_unet import AttentionUNet, time_encoding
from ddpm.recipes import recipe
from ddpm.training import train
from scripts.workshop.judge import rows
from scripts.workshop.registry import measurement

IMAGES = 12_800
"""The number of digits in a training; each is seen once."""


# --8<-- [start:once]
class ToldOnce(AttentionUNet):
    """Course A's network with the time added to the features of the first stage only."""

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None = None) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            x32 = self.stem(x)
        x16 = self.down1(x32)
        x16 = x16 + time_encoding(t, x16.shape[1])[:, :, None, None]
        x8 = self.attention1(self.down2(x16))
        x4 = self.attention2(self.down3(x8))
        y8 = self.attention3(self.up1(x4, x8))
        return self.head(self.up3(self.up2(y8, x16), x32))
        # --8<-- [end:once]


def validation_loss(kind: str, seed: int, images: int) -> float:
    """The averaged weights' validation loss after one short epoch."""
    usual = recipe("attention")
    settings = dataclasses.replace(usual.training, seed=seed)
    run = Run.start(dataclasses.replace(usual, training=settings), default_device())
    if kind == "first":
        for network in (run.network, run.averaged):
            network.__class__ = ToldOnce  # the same first weights, used in another way
    *_, last = train(run, mnist("train")[:images], bundled()[::5], epochs=1)
    return float((last.entry or {})["validation_averaged"])


@measurement
def short_trainings(quick: bool) -> dict[str, Any]:
    """Course A's network with the time in every stage and in the first only, with two seeds."""
    images = 256 if quick else IMAGES
    jobs = {
        f"{kind}-{seed}": partial(
            lambda kind, seed: {"loss": validation_loss(kind, seed, images)}, kind, seed
        )
        for seed in ((1,) if quick else (1, 2))
        for kind in ("every", "first")
    }
    table = rows("short_trainings-quick" if quick else "short_trainings", {"images": images}, jobs)
    return {"rows": table, "images": images}
