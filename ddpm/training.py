"""Training as a generator: it yields metrics, and its caller plots, logs and saves.

All randomness of an epoch comes from one generator seeded by (seed, epoch), so a run that
is resumed at an epoch's start continues exactly as if it had never stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ddpm.augmentation import changed
from ddpm.checkpoints import Run
from ddpm.data import Digits
from ddpm.devices import fast_arithmetic
from ddpm.losses import draw_times, loss, time_weight, validate
from ddpm.outputs import WAY_OUT
from ddpm.processes import Processes
from ddpm.recipes import Recipe, Training

REPORT_EVERY = 10
"""Steps between two reports: reading a loss makes a GPU wait for it."""

STATISTICS_BATCHES = 40
"""On how many batches the averaged weights' BatchNorm statistics are measured."""

ALONE = Processes()

WARM_UP = 0.1
"""The share of a one-cycle training in which the rate rises."""


@dataclass(frozen=True)
class Progress:
    """What training reports.

    Attributes:
        epoch: 1 for the first.
        step, steps: within the epoch.
        loss: the epoch's mean so far.
        images_per_second: in the steps of this epoch so far.
        entry: at an epoch's end its line of the log, else None.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    images_per_second: float
    entry: dict[str, Any] | None = None


def learning_rate(settings: Training, epoch: int, progress: float) -> float:
    """The rate in epoch 1, 2, ..., when `progress` in 0..1 of the whole training is done."""
    if not settings.one_cycle:
        return settings.rate * settings.rate_decay ** (epoch - 1)
    if progress < WARM_UP:
        return settings.rate * progress / WARM_UP
    return settings.rate * math.cos((progress - WARM_UP) / (1 - WARM_UP) * math.pi / 2) ** 2


# --8<-- [start:average]
@torch.no_grad()
def update_average(averaged: nn.Module, network: nn.Module, decay: float, steps: int) -> None:
    """Moves the averaged weights a little towards the network's, less so the longer it runs."""
    decay = min(decay, (1 + steps) / (10 + steps))  # so that the random start is soon forgotten
    ours: list[Tensor] = list(averaged.parameters())
    theirs: list[Tensor] = list(network.parameters())
    torch._foreach_lerp_(ours, theirs, 1 - decay)
    # --8<-- [end:average]


# --8<-- [start:statistics]
@torch.no_grad()
def measure_statistics(
    averaged: nn.Module, recipe: Recipe, clean: Tensor, labels: Tensor, generator: torch.Generator
) -> None:
    """Gives BatchNorm the statistics of the averaged weights, over some batches of training.

    Those that the network collected belong to other weights, the last steps'. (Izmailov et al.
    2018, "Averaging Weights Leads to Wider Optima and Better Generalization", section 3.2.)
    Networks without BatchNorm are left alone.
    """
    norms = [layer for layer in averaged.modules() if isinstance(layer, nn.BatchNorm2d)]
    if not norms:
        return
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.reset_running_stats()
        layer.momentum = None  # a plain mean over all batches
    averaged.train()
    schedule, device = recipe.make_schedule(), clean.device
    for _ in range(STATISTICS_BATCHES):
        batch = (min(recipe.training.batch, len(clean)),)
        chosen = torch.randint(len(clean), batch, generator=generator, device=device)
        t = torch.randint(1, recipe.T + 1, batch, generator=generator, device=device)
        eps = torch.randn(clean[chosen].shape, generator=generator, device=device)
        with fast_arithmetic(device):
            loss(averaged, recipe, schedule, clean[chosen], labels[chosen], t, eps)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
        # --8<-- [end:statistics]


# --8<-- [start:train]
def train(
    run: Run,
    digits: Digits,
    validation: Digits,
    epochs: int | None = None,
    shared: Processes = ALONE,
    total_steps: int | None = None,
) -> Iterator[Progress]:
    """Trains until `epochs` are done (the recipe's number by default), reporting as it goes.

    An epoch is a pass over the images. With `total_steps` it is an equal share of these steps, in
    which few images are passed over several times and of many not all are seen.

    Args:
        run: where to start from; it is changed in place, and may be saved whenever a report
            carries an `entry`.
        digits, validation: what is learned and what it is checked on after each epoch.
        shared: the processes among which each batch is shared out.
        total_steps: how many steps the optimiser takes in all epochs together.

    Raises:
        ValueError: the images are not those of the recipe; the batch does not divide by the
            number of processes; the loss is no longer finite; or the run was planned with another
            number of steps, or of epochs if its rate depends on it.
    """
    recipe, settings = run.recipe, run.recipe.training
    device = next(run.network.parameters()).device
    schedule = recipe.make_schedule()
    clean = recipe.scaling.to_network(digits.images.to(device))
    labels = digits.labels.to(device)
    batch = min(settings.batch, len(clean))
    per_pass, mine = len(clean) // batch, shared.part(batch)
    network = shared.wrap(run.network)
    generator = torch.Generator(device)
    weight = time_weight(recipe)
    weight = None if weight is None else weight.to(device)
    epochs = epochs or settings.epochs
    check_plan(run, epochs, total_steps)
    end = total_steps or per_pass * epochs
    epochs = min(epochs, end)

    for epoch in range(run.epoch + 1, epochs + 1):
        before = end * (epoch - 1) // epochs
        steps = end * epoch // epochs - before
        generator.manual_seed(1_000_000 * settings.seed + epoch)
        run.network.train()
        total, started = torch.zeros((), device=device), time.perf_counter()
        for step in range(1, steps + 1):
            k = (step - 1) % per_pass
            if k == 0:
                order = torch.randperm(len(clean), generator=generator, device=device)
            # --8<-- [start:step]
            chosen = order[k * batch : (k + 1) * batch]
            x0, told = clean[chosen], labels[chosen]
            if recipe.label_dropout:
                dropped = torch.rand(batch, generator=generator, device=device)
                told = told.where(dropped >= recipe.label_dropout, recipe.classes)
            t = draw_times(recipe, batch, generator)
            eps = torch.randn(x0.shape, generator=generator, device=device)
            x0, change = changed(x0, recipe, generator)
            done = (before + step) / end
            for group in run.optimizer.param_groups:
                group["lr"] = learning_rate(settings, epoch, done)
            with fast_arithmetic(device):
                x0, told, t, eps = (value[mine] for value in (x0, told, t, eps))
                change = None if change is None else change[mine]
                error = loss(network, recipe, schedule, x0, told, t, eps, weight, change)
            run.optimizer.zero_grad()
            error.backward()
            run.optimizer.step()
            update_average(run.averaged, run.network, settings.average, before + step)
            run.averages.update(run.network, before + step)
            # --8<-- [end:step]
            total += error.detach()
            if step % REPORT_EVERY == 0 and step < steps:
                speed = step * batch / (time.perf_counter() - started)
                mean = finite(shared.mean(total) / step, epoch, step)
                yield Progress(epoch, step, steps, mean, speed)

        mean = finite(shared.mean(total) / steps, epoch, steps)
        speed = steps * batch / (time.perf_counter() - started)
        measure_statistics(run.averaged, recipe, clean, labels, generator)
        seconds = time.perf_counter() - started
        entry = {
            "epoch": epoch,
            "step": before + steps,
            "train": mean,
            "validation_raw": finite(validate(run.network, recipe, validation), epoch, steps),
            "validation_averaged": finite(validate(run.averaged, recipe, validation), epoch, steps),
            "seconds": seconds,
            "images_per_second": speed,
        }
        run.log.append(entry)
        yield Progress(epoch, steps, steps, mean, speed, entry)
        # --8<-- [end:train]


def finite(error: float, epoch: int, step: int) -> float:
    """A loss, if it is a finite number.

    Raises:
        ValueError: it is not, so that nothing more can be learned.
    """
    if not math.isfinite(error):
        raise ValueError(
            f"the loss is {error} in epoch {epoch}, by step {step}: the training has diverged,"
            " usually because its rate is too high; what was saved before is kept"
        )
    return error


def check_plan(run: Run, epochs: int, total_steps: int | None) -> None:
    """Notes for how long a run is to be trained, or compares it with what was noted.

    Raises:
        ValueError: continuing with the new numbers would make the rate jump, or leave out steps.
    """
    plan, new = run.plan, (epochs, total_steps)
    one_cycle = run.recipe.training.one_cycle and run.epoch < epochs
    if run.epoch and plan and plan != new and (one_cycle or plan[1] != total_steps):
        was, now = (f"--epochs {e}" + (f" --steps {s}" if s else "") for e, s in (plan, new))
        why = "its rate depends on that" if one_cycle else "the epochs would not be the same"
        raise ValueError(
            f"this training was begun with {was} and cannot go on with {now},"
            f" since {why}: {WAY_OUT}"
        )
    if run.epoch < epochs:
        run.plan = new
