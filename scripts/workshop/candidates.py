"""Candidates for a better flagship: trainings of some minutes that differ in one thing each.

They are longer than the rows of `scripts.workshop.ablation`, are judged by more samples, and go on
from a checkpoint. Which one is better is decided by the distance to the validation digits; that to
the test digits is for the page.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ddpm import arguments
from ddpm.checkpoints import Run
from ddpm.data import Digits, bundled, mnist
from ddpm.devices import default_device, fast_arithmetic
from ddpm.model import Diffusion
from ddpm.recipes import Recipe
from ddpm.training import train
from scripts.workshop.first import FIRST
from scripts.workshop.judge import verdict
from scripts.workshop.lengths import distance
from scripts.workshop.records import ROOT

EPOCHS = 7
"""Passes over the 55,000 digits: some twelve minutes on two cores that do nothing else."""

EACH = 500
"""Samples of each digit."""

SEED = 1


def change(options: dict[str, Any] | None = None, **training: Any) -> Recipe:
    """The first recipe with other options of its network or another training."""
    return dataclasses.replace(
        FIRST,
        options={**FIRST.options, **(options or {})},
        training=dataclasses.replace(FIRST.training, **training),
    )


# --8<-- [start:candidates]
CANDIDATES: dict[str, tuple[str, Recipe]] = {
    "first-long": ("the first recipe", FIRST),
    "augmented": ("changed images, with the change", change({"augmented": True}, augment=0.12)),
    "attention-14": ("attention at 14x14, too", change({"attention14": True})),
    "deep-14": ("three blocks at 14x14", change({"blocks14": 3})),
    "wide-14": (
        "64 channels, two blocks at 14x14, one at 7x7",
        change({"width": 64, "blocks": 1, "blocks14": 2}),
    ),
    "half-batch": ("half the batch, twice the steps", change(batch=128)),
    "quarter-batch": ("a quarter of the batch, four times the steps", change(batch=64)),
    "snr-5": ("loss weighted by min-SNR 5", change(min_snr=5.0)),
    "p2": ("loss weighted by P2, a sigmoid of the log SNR", change(p2=1.0)),
    "edm": ("loss weighted as EDM's", change(edm=0.5)),
    "middle": ("more of the middle noise", change(noise_mean=0.0, noise_std=1.2)),
    "edm-noise": ("noise as EDM's", change(noise_mean=-1.2, noise_std=1.2)),
    "edm-both": ("loss and noise as EDM's", change(edm=0.5, noise_mean=-1.2, noise_std=1.2)),
    "slower": ("rate of 2e-3", change(rate=2e-3)),
    "no-decay": ("no weight decay", change(weight_decay=0.0)),
    "twice-as-long": ("twice the epochs", change(epochs=2 * EPOCHS)),
}
# --8<-- [end:candidates]

LONGER = {"twice-as-long": 2}
"""Rows that are trained for more epochs than the others, by this factor."""


def differences(recipe: Recipe) -> dict[tuple[str, str], Any]:
    """A candidate's values that the first recipe has not, by ("options" or "training", name)."""
    found: dict[tuple[str, str], Any] = {}
    for part in ("options", "training"):
        theirs, ours = (dataclasses.asdict(r)[part] for r in (recipe, FIRST))
        found |= {(part, k): v for k, v in theirs.items() if k not in ours or ours[k] != v}
    return found


def combined(names: Sequence[str]) -> Recipe:
    """The first recipe with the changes of several candidates.

    Raises:
        ValueError: there is no such candidate, or two of them set the same thing.
    """
    changes: dict[tuple[str, str], Any] = {}
    for name in names:
        arguments.choice("changes", name, [*CANDIDATES])
        for key, value in differences(CANDIDATES[name][1]).items():
            if key in changes:
                raise ValueError(f"changes must not set the same thing twice: {'.'.join(key)}")
            changes[key] = value
    options = {name: value for (part, name), value in changes.items() if part == "options"}
    return change(options, **{n: v for (part, n), v in changes.items() if part == "training"})


def short_training(
    name: str, recipe: Recipe, epochs: int, digits: Callable[[], Digits] = lambda: mnist("train")
) -> Run:
    """A training of a number of epochs; one that was stopped continues.

    Args:
        name: of its checkpoint below `runs/short`, which is kept.
        digits: called for what is learned if there is something left to learn.
    """
    state = Run.start(recipe, default_device())
    path = ROOT / "runs" / "short" / f"{name}-{epochs}.checkpoint.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        state.restore(path)
    if state.epoch < epochs:
        for progress in train(state, digits(), bundled()[:500], epochs):
            if progress.entry is not None:
                state.save(path)
                print(f"{name}: epoch {state.epoch} of {epochs}, {progress.loss:.4f}", flush=True)
    return state


def measure(name: str, epochs: int, each: int = EACH) -> dict[str, Any]:
    """Trains one candidate and judges its samples, the same number of each digit."""
    words, recipe = CANDIDATES[name]
    device = default_device()
    state = short_training(name, recipe, epochs * LONGER.get(name, 1))
    asked = torch.arange(10).repeat(each)
    with fast_arithmetic(device):
        images = Diffusion(recipe, state.averaged, device).sample(labels=asked, seed=SEED).float()
    return {
        "change": words,
        **verdict(images, asked),
        "validation_fid": distance()(images),
        "loss": state.log[-1]["validation_averaged"],
        "parameters": sum(p.numel() for p in state.network.parameters()),
        "seconds": sum(entry["seconds"] for entry in state.log),
        "images_per_second": state.log[-1]["images_per_second"],
    }
