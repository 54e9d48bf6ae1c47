"""The state of a distillation: a student, what it learns from, and what its stages leave behind."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor, nn

from ddpm.checkpoints import Run
from ddpm.data import Digits
from ddpm.devices import fast_arithmetic
from ddpm.frechet import Critic, Pairs
from ddpm.loading import load
from ddpm.losses import predicted_x0
from ddpm.matching import Fake, X0Fn
from ddpm.recipes import Recipe
from ddpm.schedule import NoiseSchedule
from ddpm.serving import at_pace, pace_of, served
from ddpm.stages import Stage
from ddpm.targets import ddim_step
from ddpm.teachers import at_every_pace, check_teacher, distillation_of
from ddpm.timesteps import strided

PACED = ("shortcut", "frechet")
"""The stages in which a student knows its number of steps."""

Sampled = Callable[[Tensor, Tensor], Tensor]
"""(noise, labels) -> images, in the range of the network."""


@dataclass(eq=False, kw_only=True)
class Student(Run):
    """The state of a distillation.

    Attributes:
        network: the student; of distribution matching, the generator.
        score: what knows the data: the teacher, or once guidance is folded, the folded student.
        previous: the student before this halving.
        fake: of distribution matching, the score of the student's samples.
        fake_optimizer: of `fake`.
        critics: of the stage "frechet": what its samples are compared by.
        pairs: of the same stage: noise images, and what was sampled from them before it.
    """

    score: nn.Module
    previous: nn.Module
    fake: Fake
    fake_optimizer: torch.optim.AdamW
    critics: nn.ModuleList
    pairs: Pairs

    @classmethod
    def start(cls, recipe: Recipe, device: torch.device | str = "cpu") -> Student:
        """A run before its first update: all networks have the teacher's weights.

        Raises:
            ValueError: the recipe is no student's, there is no such teacher, or the two do not
                fit together.
        """
        plan = distillation_of(recipe)
        teacher = load(plan.teacher, device)
        check_teacher(recipe, teacher.recipe)
        run = Run.start(recipe, device)
        known = pace_of(teacher.recipe, min(served(teacher.recipe), default=None))
        weights = at_every_pace(recipe, teacher.network.state_dict(), known)
        for network in (run.network, run.averaged):
            network.load_state_dict(weights)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.training.seed)
            fake = Fake(recipe, run.network).to(device)
            comparing = [stage for stage in plan.stages if stage.method == "frechet"]  # at most one
            pairs = Pairs(sum(stage.pairs for stage in comparing), recipe.scaling.image_shape)
            critics = nn.ModuleList(
                Critic(width, len(stage.steps), recipe.classes)
                for stage in comparing
                for width in stage.critics
            )
        fused = run.optimizer.defaults["fused"]
        return cls(
            recipe=recipe,
            network=run.network,
            averaged=run.averaged,
            averages=run.averages,
            optimizer=run.optimizer,
            log=[],
            score=copy.deepcopy(run.averaged).eval(),
            previous=copy.deepcopy(run.averaged).eval(),
            fake=fake,
            fake_optimizer=torch.optim.AdamW(fake.parameters(), weight_decay=0.0, fused=fused),
            critics=critics.to(device),
            pairs=pairs.to(device),
        )

    @cached_property
    def schedule(self) -> NoiseSchedule:
        """The recipe's, made once: its tables stay on the device."""
        return self.recipe.make_schedule()

    def networks(self) -> dict[str, nn.Module]:
        """All weights of a checkpoint, by the names that they have there."""
        others = {"score": self.score, "previous": self.previous, "fake": self.fake}
        return super().networks() | others | {"critics": self.critics, "pairs": self.pairs}

    def compared_by(self) -> list[Critic]:
        """The critics of the stage "frechet"."""
        return [critic for critic in self.critics if isinstance(critic, Critic)]

    def optimizers(self) -> dict[str, torch.optim.AdamW]:
        """All optimisers of a checkpoint, by the names that they have there."""
        return super().optimizers() | {"fake_optimizer": self.fake_optimizer}

    def begin(self, stage: Stage, digits: Digits) -> None:
        """Starts a stage with the averaged weights of the one before, and with new optimisers."""
        weights = self.averaged.state_dict()
        if stage.method in PACED and not (self.log and self.log[-1]["stage"] in PACED):
            weights = at_every_pace(self.recipe, weights)
        if self.log and self.log[-1]["stage"] == "fold":
            self.score.load_state_dict(weights)
        for network in (self.previous, self.network, self.averaged):
            network.load_state_dict(weights)
        if stage.method == "match":
            self.fake.restart(self.score)
        if stage.method == "frechet":
            seed, device = self.recipe.training.seed, self.pairs.labels.device
            digits = Digits(digits.images.to(device), digits.labels.to(device))
            for i, critic in enumerate(self.compared_by()):
                critic.learn(digits, seed + i)
            self.pairs.make(self.sampler_before(stage, device), digits.labels, seed)
        for optimizer in self.optimizers().values():
            optimizer.state.clear()

    def estimate(self, network: nn.Module, labels: Tensor, pace: int | Tensor = 0) -> X0Fn:
        """(x, t) -> the clean images that a network predicts for these labels, at a pace."""

        def x0_fn(x: Tensor, t: Tensor) -> Tensor:
            answer = self.recipe.ask(network, x, t, at_pace(self.recipe, labels, pace))
            return predicted_x0(self.recipe, self.schedule, answer, x, t)

        return x0_fn

    def sampler_before(self, stage: Stage, device: torch.device) -> Sampled:
        """(noise, labels) -> images as they are sampled before a stage, in the network's range:
        in the first stage by the teacher's defaults, later in the most steps of the stage."""
        if self.log:
            return lambda x, labels: self.walk(x, labels, max(stage.steps), last=0)
        teacher = load(distillation_of(self.recipe).teacher, device)

        def sampled(x: Tensor, labels: Tensor) -> Tensor:
            with fast_arithmetic(device):
                images = teacher.sample(labels=labels, x=x, seed=self.recipe.training.seed)
            return self.recipe.scaling.to_network(images.to(device))

        return sampled

    # --8<-- [start:walk]
    def walk(self, x: Tensor, labels: Tensor, steps: int, last: int) -> Tensor:
        """The clean images at which the student ends by DDIM, from noise x in so many steps; the
        gradient goes through the last few only."""
        pace, path = distillation_of(self.recipe).pace(steps), strided(self.recipe.T, steps)
        for k, (t, s) in enumerate(itertools.pairwise(path)):
            now, then = (torch.full((len(x),), time, device=x.device) for time in (t, s))
            with torch.set_grad_enabled(k >= steps - last), fast_arithmetic(x.device):
                x0 = self.estimate(self.network, labels, pace)(x, now)
                x = ddim_step(x0, x, now, then, self.schedule)
        return x
        # --8<-- [end:walk]


def after(recipe: Recipe, stage: Stage) -> Recipe:
    """The recipe by which a student samples after a stage.

    Matched or compared, it samples as the recipe says; before, by DDIM.
    """
    plan = distillation_of(recipe)
    if stage.method in ("match", "frechet"):
        return recipe
    steps = min(stage.steps, default=max(plan.serves, default=recipe.steps))
    plan = replace(plan, serves=tuple(sorted(stage.steps)))
    return replace(recipe, sampler="ddim", steps=steps, distillation=plan)


def ended(run: Student) -> Stage | None:
    """The stage that a run's last epoch ended, unless it is the last stage of all."""
    plan = distillation_of(run.recipe)
    done = 0
    for stage in plan.stages[:-1]:
        done += stage.epochs
        if run.epoch == done:
            return stage
    return None
