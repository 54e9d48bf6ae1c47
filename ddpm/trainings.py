"""What a training leaves beside its checkpoint: a log, pictures of each epoch, and weights."""

from __future__ import annotations

import copy
import hashlib
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from ddpm import averages
from ddpm.checkpoints import Run
from ddpm.data import Digits, as_images
from ddpm.denoiser import add_noise, denoise, held_out
from ddpm.devices import fast_arithmetic
from ddpm.distillation import distil
from ddpm.files import write_json
from ddpm.histories import sample_history
from ddpm.images import read_pictures, write_pictures
from ddpm.model import Diffusion
from ddpm.outputs import Outputs, check_output, holds_epochs, signed
from ddpm.reading import read_json
from ddpm.recipes import Recipe
from ddpm.records import how
from ddpm.stages import Stage
from ddpm.students import Student, after, ended
from ddpm.training import Progress, train, validate

HALF = torch.finfo(torch.float16).max
"""The largest number that a weights file holds."""

FEW_STEPS = 1000
"""With fewer steps in all, a training learns little."""


def begin(recipe: Recipe, device: torch.device, outputs: Outputs, force: bool) -> Run:
    """A run before its first step: a student's, or that of a model which learns from images.

    Raises:
        ValueError: a student has no teacher like it, or a stage's weights would replace a file
            that is not ours.
    """
    if recipe.distillation is None:
        return Run.start(recipe, device)
    for stage in recipe.distillation.stages[:-1]:
        check_output(stage_file(outputs, stage), force=force)
    return Student.start(recipe, device)


def reports(state: Run, *how: Any) -> Iterator[Progress]:
    """Trains or distils, whichever a run is for: `ddpm.training.train`, with its arguments."""
    return distil(state, *how) if isinstance(state, Student) else train(state, *how)


def stage_file(outputs: Outputs, stage: Stage) -> Path:
    """Where the weights lie that a student has after a stage."""
    return outputs.weights.with_suffix(f".{stage.name}.safetensors")


def keep(
    state: Run,
    device: torch.device,
    outputs: Outputs,
    images: int,
    count: int,
    own: Digits | None = None,
) -> None:
    """Keeps what an epoch leaves: the checkpoint, the log, samples, and the weights of a stage.

    Args:
        images, count: as for `log_of`.
        own: the held-out images, if they are the user's.
    """
    if state.recipe.training.lengths:  # before the checkpoint: a kill between them loses nothing
        keep_averages(state, outputs)
    state.save(outputs.checkpoint)
    log = log_of(state, device, images, count)
    write_json(outputs.log, log)
    if state.epoch in state.recipe.training.show:
        keep_images(state, device, outputs.images, own)
    if isinstance(state, Student) and (stage := ended(state)):
        header = {"images": images, "last": log["epochs"][-1], "how": log["how"]}
        path = stage_file(outputs, stage)
        model = Diffusion(after(state.recipe, stage), copy.deepcopy(state.averaged), header=header)
        model.save(path)
        write_json(path.with_suffix(".json"), log)


def count_steps(state: Run, images: int, epochs: int | None) -> int:
    """How many steps a training with this number of epochs has.

    Says so on standard error where they are few.
    """
    settings = state.recipe.training
    epochs = epochs or settings.epochs
    steps = epochs * (images // min(settings.batch, images))
    if steps < FEW_STEPS:
        print(
            f"note: {images} images give {steps} steps in {epochs} epochs, which is few:"
            " --steps 3000 passes over them more often",
            file=sys.stderr,
        )
    return steps


def keep_images(state: Run, device: torch.device, path: Path, own: Digits | None = None) -> None:
    """Adds to `path` samples of the averaged weights: one of each label, or 40 without labels.

    A denoiser samples nothing: it removes the noise of one held-out image of each class, which
    is a digit unless `own` gives the held-out images.
    """
    model = Diffusion(state.recipe, copy.deepcopy(state.averaged), device)
    if model.recipe.T == 1:
        clean = held_out() if own is None else as_images(first_of_each(own))
        images = denoise(model, add_noise(clean, 0.5))
    else:
        labels = list(range(model.recipe.classes)) or None
        with fast_arithmetic(device):  # a guided sample can take 800 evaluations of the network
            images, _ = sample_history(
                model, labels, 1 if labels else 40, model.recipe.steps, None, seed=0
            )
    # After a restart, or if this epoch is trained again, its images replace the old ones.
    kept = read_pictures(path) if holds_epochs(path) and state.epoch > 1 else {}
    earlier = {name: kept[name] for name in kept if int(name) < state.epoch}
    write_pictures(path, earlier | {str(state.epoch): images})


def keep_averages(state: Run, outputs: Outputs) -> None:
    """Keeps the averages of several lengths where a snapshot is due."""
    settings, folder = state.recipe.training, averages.folder_of(outputs.weights)
    if state.epoch == 1:
        averages.clear(folder)
    epochs = state.plan[0] if state.plan else settings.epochs
    if averages.due(settings.snapshots, state.epoch, epochs):
        state.averages.save(folder, state.recipe, state.log[-1]["step"], state.plan)


def digest(digits: Digits) -> str:
    """Of images and labels, in their order: a training recognises its own data by it."""
    sha = hashlib.sha256(f"{tuple(digits.images.shape)}".encode())
    for tensor in (digits.images, digits.labels):
        sha.update(tensor.cpu().contiguous().numpy().tobytes())
    return sha.hexdigest()


def first_of_each(digits: Digits) -> Digits:
    """The first image of each class, by label."""
    return digits[[int((digits.labels == k).nonzero()[0]) for k in digits.labels.unique()]]


def finish(
    state: Run,
    device: torch.device,
    training: Digits,
    validation: Digits,
    count: int,
    outputs: Outputs,
) -> None:
    """Measures the trained model once more, in float32, and writes its weights and its log."""
    recipe = state.recipe
    log = log_of(state, device, len(training), count)
    log["float32"] = {
        "validation_raw": validate(state.network, recipe, validation, exact=True),
        "validation_averaged": validate(state.averaged, recipe, validation, exact=True),
    }
    networks = (state.network, state.averaged)
    largest = max(
        float(p.detach().abs().max()) for network in networks for p in network.parameters()
    )
    if not all(map(math.isfinite, log["float32"].values())) or not largest <= HALF:
        raise ValueError(
            "the trained weights are not finite numbers of half precision, usually because the"
            f" rate is too high: '{outputs.weights}' stays as it is"
        )
    sets = {"raw": state.network, "averaged": state.averaged}
    model = Diffusion(recipe, sets.pop(recipe.weights), device, header=_header(log))
    write_json(outputs.log, log)
    model.save(outputs.weights, sets)
    print(f"{outputs.weights}: {log['parameters']:,} parameters, {state.epoch} epochs")


def images_of(log: Path) -> int | None:
    """The number of images of the training that wrote a log; None without one.

    Raises:
        ValueError: the log is damaged.
    """
    from ddpm.forms import Log

    return read_json(log, Log, "log of a training")["images"] if signed(log) else None


def log_of(state: Run, device: torch.device, images: int, count: int) -> dict[str, Any]:
    """The log of a training so far, of `images` images, shared out to `count` processes."""
    seconds = sum(entry["seconds"] for entry in state.log)
    parameters = sum(p.numel() for p in state.network.parameters())
    return {
        "recipe": state.recipe.to_dict(),
        "parameters": parameters,
        "images": images,
        "processes": count,
        "epochs": state.log,
        "how": how(device, state.recipe.training.seed, seconds),
    }


def _header(log: dict[str, Any]) -> dict[str, Any]:
    last = log["epochs"][-1]
    return {"images": log["images"], "last": last, "float32": log["float32"], "how": log["how"]}
