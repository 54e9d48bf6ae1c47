"""Distillation: a student learns to sample in few evaluations what its teacher samples in many.

A generator of metrics in the form of `ddpm.training`, with the same checkpoints. All randomness of
an epoch comes from one generator seeded by (seed, epoch), so a run that is resumed at an epoch's
start continues exactly as if it had never stopped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from ddpm.data import Digits
from ddpm.losses import validate
from ddpm.processes import Processes
from ddpm.settings import Training
from ddpm.stages import Stage
from ddpm.students import Student
from ddpm.teachers import distillation_of
from ddpm.training import ALONE, REPORT_EVERY, Progress, finite, learning_rate, update_average
from ddpm.updates import compare, imitate, match

CHECKED = 1000
"""Held-out images that an epoch's loss is measured on, at most."""

METHODS = {
    "fold": imitate,
    "halve": imitate,
    "shortcut": imitate,
    "match": match,
    "frechet": compare,
}
"""The updates of each kind of stage."""


def set_rates(run: Student, stage: Stage, done: float) -> None:
    """Sets the rates for when the share `done` of a stage's updates is done."""
    for optimizer, rate in ((run.optimizer, stage.rate), (run.fake_optimizer, stage.fake_rate)):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(Training(rate=rate, one_cycle=True), 1, done)


# --8<-- [start:distil]
def distil(
    run: Student,
    digits: Digits,
    validation: Digits,
    epochs: int | None = None,
    shared: Processes = ALONE,
    total_steps: int | None = None,
) -> Iterator[Progress]:
    """Distils until `epochs` are done (those of all stages by default), reporting as it goes.

    Args:
        run: where to start from; it is changed in place, and may be saved whenever a report
            carries an `entry`.
        digits, validation: real images, and those that the diffusion loss is measured on.
        shared: must be one process.
        total_steps: must be None: a recipe's stages say how many updates there are.

    Raises:
        ValueError: several processes, a number of steps, images that are not the recipe's, or a
            loss that is no longer finite.
    """
    recipe, device = run.recipe, next(run.network.parameters()).device
    plan = distillation_of(recipe)
    if total_steps is not None or shared.count > 1:
        raise ValueError(f"'{recipe.name}' is distilled by one process, with its stages' updates")
    clean = recipe.scaling.to_network(digits.images.to(device))
    labels, generator = digits.labels.to(device), torch.Generator(device)
    checked = validation[:: -(-len(validation) // CHECKED)]
    for epoch, (stage, k) in enumerate(plan.plan(), 1):
        if not run.epoch < epoch <= (epochs or plan.epochs):
            continue
        begun = time.perf_counter()
        if k == 0:
            run.begin(stage, digits)
        generator.manual_seed(1_000_000 * recipe.training.seed + epoch)
        run.network.train()
        update = METHODS[stage.method](run, stage, clean, labels, generator)
        total, started = torch.zeros((), device=device), time.perf_counter()
        for step in range(1, stage.updates + 1):
            before = k * stage.updates + step
            set_rates(run, stage, before / (stage.epochs * stage.updates))
            total += update()
            update_average(run.averaged, run.network, stage.average, before)
            if step % REPORT_EVERY == 0 and step < stage.updates:
                speed = step * stage.batch / (time.perf_counter() - started)
                mean = finite(float(total) / step, epoch, step)
                yield Progress(epoch, step, stage.updates, mean, speed)
        speed = stage.updates * stage.batch / (time.perf_counter() - started)
        mean = finite(float(total) / stage.updates, epoch, stage.updates)
        losses = {
            f"validation_{name}": finite(validate(network, recipe, checked), epoch, step)
            for name, network in (("raw", run.network), ("averaged", run.averaged))
        }
        seconds = time.perf_counter() - begun  # with what a stage prepares
        entry = {"epoch": epoch, "stage": stage.name, "train": mean, **losses}
        entry |= {"seconds": seconds, "images_per_second": speed}
        run.log.append(entry)
        yield Progress(epoch, stage.updates, stage.updates, mean, speed, entry)
        # --8<-- [end:distil]
