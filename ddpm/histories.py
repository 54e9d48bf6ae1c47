"""Samples with their history: what the images looked like on the way from noise."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from ddpm import arguments
from ddpm.model import Diffusion
from ddpm.noise import PER_SEED

GIF_FRAMES = 40
"""More frames make a GIF larger, not smoother to the eye."""


def pick_frames(path: Sequence[int], count: int = GIF_FRAMES) -> set[int]:
    """At most `count` of the times of a path, spread evenly, the first and the last included."""
    path = [arguments.integer("path", t, 0) for t in arguments.listed("path", path, "times")]
    count = min(arguments.integer("count", count, 1), len(path))
    return {path[round(i * (len(path) - 1) / max(1, count - 1))] for i in range(count)}


def sample_history(
    model: Diffusion,
    labels: list[int] | None,
    each: int,
    steps: int,
    sampler: str | None,
    seed: int,
    guidance: float | None = None,
    batch: int = 250,
    keep: set[int] | None = None,
    progress: bool = False,
    spacing: str = "trailing",
    clip: bool = False,
) -> tuple[Tensor, dict[int, Tensor]]:
    """Samples `each` images of each label, with a progress bar if wanted.

    Returns:
        The images (N, C, H, W) in [0, 1], and the noisy images at the times in `keep`.
    """
    batch = arguments.integer("batch", batch, 1)
    labels = arguments.labels("labels", labels) if labels else None
    each = arguments.integer("each", each, 1, PER_SEED // len(labels or "1"))
    steps = arguments.integer("steps", steps, 1, model.recipe.T)
    all_labels = [label for label in labels for _ in range(each)] if labels else None
    count = len(all_labels) if all_labels else each
    kept: dict[int, list[Tensor]] = {}
    images = []
    starts = range(0, count, batch)
    with tqdm(total=len(starts) * steps, unit="call", leave=False, disable=not progress) as bar:
        for start in starts:
            states = model.states(
                min(batch, count - start),
                labels=all_labels[start : start + batch] if all_labels else None,
                steps=steps,
                sampler=sampler,
                guidance=guidance,
                seed=seed,
                first=start,
                spacing=spacing,
                clip=clip,
            )
            for state in states:
                bar.update(state.t > 0)
                if state.t in (keep or ()):
                    kept.setdefault(state.t, []).append(model.to_images(state.x))
            images.append(model.to_images(state.x))
    return torch.cat(images), {t: torch.cat(parts) for t, parts in kept.items()}
