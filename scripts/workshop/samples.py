"""The samples that a setting is judged by, in batches that a stopped measurement keeps."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ddpm.devices import default_device, fast_arithmetic
from ddpm.files import atomic
from ddpm.loading import load
from ddpm.metrics import diversity
from ddpm.recipes import recipe
from scripts.workshop.judge import COUNT, judge, natural_labels, over_seeds, verdict
from scripts.workshop.records import ROOT
from scripts.workshop.registry import SEED, digest_of

BATCH = 100
"""How many samples are made together, and kept together until all are judged."""


@dataclass(frozen=True)
class Setting:
    """Everything that samples depend on, except their seed.

    Attributes:
        model: the name of a bundled model.
        sampler, steps, guidance, spacing: as for `Diffusion.sample`.
        weights: "raw" or "averaged"; "" is the set that the recipe names.
        arithmetic: "fast", which is bfloat16 where the device computes with it, or "float32".
        clip: whether the predicted clean image is clamped at every step.
    """

    model: str
    sampler: str
    steps: int
    guidance: float = 1.0
    weights: str = ""
    spacing: str = "trailing"
    arithmetic: str = "fast"
    clip: bool = False

    def whole(self) -> Setting:
        """The same with the set of weights named."""
        return replace(self, weights=self.weights or recipe(self.model).weights)


def own(model: str, **other: Any) -> Setting:
    """The setting that a model's recipe names, or one that differs from it."""
    named = recipe(model)
    setting = Setting(model, named.sampler, named.steps, named.guidance).whole()
    return replace(setting, **other)


def labels_of(setting: Setting, count: int = COUNT) -> Tensor | None:
    """The labels of the samples, each as often as it occurs among the test digits."""
    return natural_labels(count) if recipe(setting.model).classes else None


def batch_file(setting: Setting, seed: int, first: int, count: int = COUNT) -> Path:
    """Where a batch is kept until its setting is judged; its labels depend on the count of all."""
    digest = digest_of(f"weights/{setting.model}.safetensors").removeprefix("sha256:")[:8]
    words = [*asdict(setting.whole()).values(), digest, count, seed, first]
    return ROOT / "runs" / "samples" / f"{'_'.join(map(str, words))}.npy"


def drawn(setting: Setting, count: int = COUNT, seed: int = SEED) -> Tensor:
    """The samples number 0, 1, ... of a seed: float32 (count, 1, 28, 28) in [0, 1]."""
    model, asked, images = load(setting.model, weights=setting.whole().weights), None, []
    labels = labels_of(setting, count)
    for first in range(0, count, BATCH):
        path, size = batch_file(setting, seed, first, count), min(BATCH, count - first)
        if not path.is_file():
            asked = None if labels is None else labels[first : first + size]
            made = _batch(setting, model, size, asked, seed=seed, first=first)
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic(path) as temporary, temporary.open("wb") as file:
                np.save(file, made.numpy(), allow_pickle=False)
        images.append(torch.from_numpy(np.load(path, allow_pickle=False)))
    return torch.cat(images)


def _batch(setting: Setting, model: Any, size: int, labels: Tensor | None, **which: int) -> Tensor:
    how: dict[str, Any] = {"sampler": setting.sampler, "steps": setting.steps}
    how |= {"guidance": setting.guidance, "spacing": setting.spacing}
    how |= {"clip": True} if setting.clip else {}
    fast = setting.arithmetic == "fast"
    with fast_arithmetic(default_device()) if fast else nullcontext():
        if labels is None:
            return model.sample(size, **how, **which).float()
        return model.sample(labels=labels, **how, **which).float()


def forget(setting: Setting) -> None:
    """Removes the batches that were kept of a setting."""
    pattern = batch_file(setting, 0, 0).name.removesuffix(f"_{COUNT}_0_0.npy")
    for path in (ROOT / "runs" / "samples").glob(f"{pattern}_*.npy"):
        path.unlink()


def judged(setting: Setting, count: int = COUNT, seeds: Sequence[int] = (SEED,)) -> dict[str, Any]:
    """A setting and all measures of its samples: the mean of each over the seeds.

    The diversity of samples with labels is that within a label. `grey` is the share of samples
    that are grey all over: their median pixel is above a tenth.
    """
    asked, found = labels_of(setting, count), []
    for seed in seeds:
        images = drawn(setting, count, seed)
        found.append(verdict(images, asked) | {"grey": grey(images)})
        if asked is not None:
            found[-1]["diversity"] = float(diversity(images, asked, judge()).mean())
    forget(setting)
    return {**asdict(setting.whole()), "seeds": len(found), "count": count, **over_seeds(found)}


def grey(images: Tensor) -> float:
    """The share of images that are grey all over: most pixels of a digit are background."""
    return float((images.flatten(1).median(1).values > 0.1).float().mean())
