"""Distillation: a student learns to sample in few evaluations what its teacher samples in many.

A generator of metrics in the form of `ddpm.training`, with the same checkpoints. All randomness of
an epoch comes from one generator seeded by (seed, epoch), so a run that is resumed at an epoch's
start continues exactly as if it had never stopped.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ddpm.chains import Chains
from ddpm.data import Digits
from ddpm.devices import fast_arithmetic
from ddpm.losses import validate, x0_loss
from ddpm.matching import Samples, fake_loss, generator_loss
from ddpm.processes import Processes
from ddpm.settings import Training
from ddpm.stages import Stage
from ddpm.students import Student, distillation_of
from ddpm.targets import folded_target, halved_target
from ddpm.timesteps import strided
from ddpm.training import ALONE, REPORT_EVERY, Progress, finite, learning_rate, update_average

CHECKED = 1000
"""Held-out images that an epoch's loss is measured on, at most."""

Update = Callable[[], Tensor]
"""Takes one update of the student, and returns its loss."""


# --8<-- [start:imitate]
def imitate(
    run: Student, stage: Stage, clean: Tensor, labels: Tensor, generator: torch.Generator
) -> Update:
    """Updates of "fold", "halve" and "shortcut": a target for each noised real image.

    Halving, all images are for one number of steps, and the student before the stage teaches them.
    With several numbers, that student teaches the largest. Each smaller one, n, is taught by the
    student's own averaged weights, told twice as many.
    """
    recipe, plan, batch = run.recipe, distillation_of(run.recipe), stage.batch
    schedule, device = run.schedule, clean.device
    counts = torch.tensor(stage.steps or (recipe.T,), device=device)
    # Row i: the times of twice counts[i] steps, and then zeros.
    paths = torch.zeros(len(counts), 2 * int(counts[0]) + 1, dtype=torch.long, device=device)
    for row, n in zip(paths, stage.steps, strict=False):
        row[: 2 * n + 1] = torch.tensor(strided(recipe.T, 2 * n))

    def whole(below: int) -> Tensor:
        return torch.randint(below, (batch,), generator=generator, device=device)

    def halved(x: Tensor, t: Tensor, told: Tensor, i: Tensor, k: Tensor) -> Tensor:
        middle, s, target = paths[i, 2 * k + 1], paths[i, 2 * k + 2], torch.empty_like(x)
        sources = ((i == 0, run.previous, 0 * i), (i > 0, run.averaged, pace(i - 1)))
        for these, network, known in sources:
            if these.any():
                x0_fn = run.estimate(network, told[these], known[these])
                target[these] = halved_target(
                    x0_fn, x[these], t[these], middle[these], s[these], schedule
                )
        return target

    def folded(x: Tensor, t: Tensor, told: Tensor) -> Tensor:
        low, high = plan.interval
        scale = torch.where((t >= low) & (t <= high), plan.guidance, 1.0)
        return folded_target(
            lambda x, t, told: run.estimate(run.score, told)(x, t),
            x, t, told, recipe.classes, scale,
        )  # fmt: skip

    def pace(i: Tensor) -> Tensor:
        return (len(counts) - i) * (stage.method == "shortcut")

    def update() -> Tensor:
        chosen, i = whole(len(clean)), whole(len(counts))
        k = (counts[i] * torch.rand(batch, generator=generator, device=device)).long()
        x0, told, t = clean[chosen], labels[chosen], paths[i, 2 * k] if stage.steps else k + 1
        eps = torch.randn(x0.shape, generator=generator, device=device)
        x = schedule.add_noise(x0, t, eps)
        with fast_arithmetic(device):
            with torch.no_grad():
                target = halved(x, t, told, i, k) if stage.steps else folded(x, t, told)
            error = x0_loss(run.estimate(run.network, told, pace(i))(x, t), target, schedule, t)
        take(run.optimizer, error)
        return error.detach()

    return update
    # --8<-- [end:imitate]


# --8<-- [start:match]
def match(
    run: Student, stage: Stage, clean: Tensor, labels: Tensor, generator: torch.Generator
) -> Update:
    """Updates of "match": the fake network first, several times, and then the generator.

    The two time scales are those of DMD2, section 4.2: the fake score must be that of the samples
    as they are now. It is trained on the samples of the last updates, which cost nothing more.
    """
    schedule, device, batch = run.schedule, clean.device, stage.batch
    chains = Chains(clean, labels, schedule, stage.steps, batch, stage.jitter, generator)
    pool: deque[Samples] = deque(maxlen=stage.pool)

    def pick(count: int) -> Tensor:
        return torch.randint(count, (batch,), generator=generator, device=device)

    def update() -> Tensor:
        x, t, told = chains.x, chains.t, chains.labels
        group = run.fake.group(t)
        with fast_arithmetic(device):
            x0 = run.estimate(run.network, told)(x, t)
        pool.append(Samples(x0.detach(), told, group))
        chains.advance(x0.detach())
        known = Samples(*(torch.cat(parts) for parts in zip(*pool, strict=True)))
        for _ in range(stage.fake_updates):
            mine, real = pick(len(known.x0)), pick(len(clean))
            samples = Samples(*(part[mine] for part in known))
            with fast_arithmetic(device):
                error = fake_loss(
                    samples, clean[real], labels[real], run.fake, stage.adversarial, generator
                )
            take(run.fake_optimizer, error)
        run.fake.requires_grad_(False)
        with fast_arithmetic(device):
            score = run.estimate(run.score, told)
            samples = Samples(x0, told, group)
            error = generator_loss(samples, score, run.fake, stage.adversarial, generator)
        take(run.optimizer, error)
        run.fake.requires_grad_(True)
        return error.detach()

    return update
    # --8<-- [end:match]


def take(optimizer: torch.optim.Optimizer, error: Tensor) -> None:
    """One step of an optimiser against a loss."""
    optimizer.zero_grad()
    error.backward()
    optimizer.step()


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
        if k == 0:
            run.begin(stage)
        generator.manual_seed(1_000_000 * recipe.training.seed + epoch)
        run.network.train()
        update = (match if stage.method == "match" else imitate)(
            run, stage, clean, labels, generator
        )
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
        seconds = time.perf_counter() - started
        entry = {"epoch": epoch, "stage": stage.name, "train": mean, **losses}
        entry |= {"seconds": seconds, "images_per_second": speed}
        run.log.append(entry)
        yield Progress(epoch, stage.updates, stage.updates, mean, speed, entry)
        # --8<-- [end:distil]
