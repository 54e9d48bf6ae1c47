"""The updates of a student, one function for each kind of stage.

Each takes what a stage needs, and returns a function that takes one update.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor

from ddpm.chains import Chains
from ddpm.devices import fast_arithmetic
from ddpm.losses import x0_loss
from ddpm.matching import Samples, fake_loss, generator_loss
from ddpm.stages import Stage
from ddpm.students import Student
from ddpm.targets import folded_target, halved_target
from ddpm.teachers import distillation_of
from ddpm.timesteps import strided

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
        sources = ((i == 0, run.previous, 0 * i), (i > 0, run.averaged, known[i - 1]))
        for these, network, pace in sources:
            if these.any():
                x0_fn = run.estimate(network, told[these], pace[these])
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

    paces = [plan.pace(n) * (stage.method == "shortcut") for n in stage.steps or (0,)]
    known = torch.tensor(paces, device=device)

    def update() -> Tensor:
        chosen, i = whole(len(clean)), whole(len(counts))
        k = (counts[i] * torch.rand(batch, generator=generator, device=device)).long()
        x0, told, t = clean[chosen], labels[chosen], paths[i, 2 * k] if stage.steps else k + 1
        eps = torch.randn(x0.shape, generator=generator, device=device)
        x = schedule.add_noise(x0, t, eps)
        with fast_arithmetic(device):
            with torch.no_grad():
                target = halved(x, t, told, i, k) if stage.steps else folded(x, t, told)
            error = x0_loss(run.estimate(run.network, told, known[i])(x, t), target, schedule, t)
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


# --8<-- [start:compare]
def compare(
    run: Student, stage: Stage, clean: Tensor, labels: Tensor, generator: torch.Generator
) -> Update:
    """Updates of "frechet": samples in one of the numbers of steps are compared with data.

    Each noise image has a target too, which was sampled from it before the stage. So a noise image
    keeps its digit, and the student learns from the first update on.
    """
    pairs, scaling = run.pairs, run.recipe.scaling

    def update() -> Tensor:
        def whole(below: int, count: int) -> Tensor:
            return torch.randint(below, (count,), generator=generator, device=clean.device)

        number, chosen = int(whole(len(stage.steps), 1)), whole(len(pairs.labels), stage.batch)
        x, told, target = (part[chosen] for part in (pairs.noise, pairs.labels, pairs.images))
        x0 = run.walk(x.float(), told, stage.steps[number], stage.last)
        images, wanted = scaling.to_images(x0), scaling.to_images(target.float())
        weight = stage.imitation
        seen = [critic.loss(images, wanted, told, number, weight) for critic in run.compared_by()]
        error = torch.stack(seen).mean() + weight * (x0 - target).square().mean()
        take(run.optimizer, error)
        return error.detach()

    return update
    # --8<-- [end:compare]


def take(optimizer: torch.optim.Optimizer, error: Tensor) -> None:
    """One step of an optimiser against a loss."""
    optimizer.zero_grad()
    error.backward()
    optimizer.step()
