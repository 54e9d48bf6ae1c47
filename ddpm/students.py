"""The state of a distillation: a student, what it learns from, and what its stages leave behind."""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor, nn

from ddpm.checkpoints import Run
from ddpm.classifiers import judges
from ddpm.data import Digits
from ddpm.devices import fast_arithmetic
from ddpm.frechet import Critic, Pairs
from ddpm.loading import load
from ddpm.losses import predicted_x0
from ddpm.matching import Fake, X0Fn
from ddpm.recipes import Recipe
from ddpm.schedule import NoiseSchedule
from ddpm.serving import at_pace, pace_of, served
from ddpm.stages import Distillation, Stage
from ddpm.targets import ddim_step
from ddpm.timesteps import strided

SHARED = (
    "network",
    "options",
    "schedule",
    "T",
    "betas",
    "scaling",
    "predicts",
    "input_scale",
    "time_shift",
    "time_scale",
    "classes",
)
"""What a student and its teacher have in common, by the names of a recipe's fields."""


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
        pairs: of the same stage: noise images, and what the student makes of them before it.
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
        if stage.method == "shortcut":
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
            self.pairs.make(load(distillation_of(self.recipe).teacher, device), digits.labels, seed)
        for optimizer in self.optimizers().values():
            optimizer.state.clear()

    def estimate(self, network: nn.Module, labels: Tensor, pace: int | Tensor = 0) -> X0Fn:
        """(x, t) -> the clean images that a network predicts for these labels, at a pace."""

        def x0_fn(x: Tensor, t: Tensor) -> Tensor:
            answer = self.recipe.ask(network, x, t, at_pace(self.recipe, labels, pace))
            return predicted_x0(self.recipe, self.schedule, answer, x, t)

        return x0_fn

    # --8<-- [start:walk]
    def walk(self, x: Tensor, labels: Tensor, steps: int) -> Tensor:
        """The clean images at which the student ends by DDIM, from noise x in so many steps."""
        pace, path = distillation_of(self.recipe).pace(steps), strided(self.recipe.T, steps)
        for t, s in itertools.pairwise(path):
            now, then = (torch.full((len(x),), time, device=x.device) for time in (t, s))
            with fast_arithmetic(x.device):
                x0 = self.estimate(self.network, labels, pace)(x, now)
            x = ddim_step(x0, x, now, then, self.schedule)
        return x
        # --8<-- [end:walk]


def at_every_pace(recipe: Recipe, weights: dict[str, Tensor], pace: int = 0) -> dict[str, Tensor]:
    """A network's weights with the labels of one pace at each pace of a student."""
    paces, classes = distillation_of(recipe).paces, recipe.classes + 1
    if paces == 1 and pace == 0:
        return weights
    own = weights["label.weight"][pace * classes : (pace + 1) * classes]
    return {**weights, "label.weight": own.repeat(paces, 1)}


def distillation_of(recipe: Recipe) -> Distillation:
    """How a student is taught.

    Raises:
        ValueError: the recipe is no student's.
    """
    if recipe.distillation is None:
        raise ValueError(f"recipe: '{recipe.name}' has no distillation, so it is no student")
    return recipe.distillation


def check_teacher(recipe: Recipe, teacher: Recipe) -> None:
    """Refuses a teacher that cannot teach a student.

    Raises:
        ValueError: they differ in the network, the images or the noise; the teacher cannot be
            guided; or a stage takes more steps than there are times.
    """
    plan, student, theirs = distillation_of(recipe), recipe.to_dict(), teacher.to_dict()
    paces = recipe.options.get("paces", 1)
    for each in (student, theirs):
        each["options"] = {**each["options"], "paces": 1}
    differ = [name for name in SHARED if student[name] != theirs[name]]
    if differ:
        raise ValueError(
            f"the student '{recipe.name}' and its teacher '{teacher.name}' must have the same"
            f" {' and '.join(differ)}"
        )
    if paces != plan.paces:
        raise ValueError(f"options: the student '{recipe.name}' needs paces {plan.paces}")
    folds = any(stage.method == "fold" for stage in plan.stages)
    if not recipe.classes or recipe.label_dropout or (folds and not teacher.label_dropout):
        raise ValueError(
            f"the student '{recipe.name}' must know labels only, and its teacher '{teacher.name}'"
            " must know images without a label too"
        )
    if any(stage.method == "frechet" for stage in plan.stages) and not judges(recipe):
        raise ValueError(f"'{recipe.name}' has a stage 'frechet', which takes digits of 28x28")
    doubled = ("halve", "shortcut")
    most = max(
        (n * (1 + (stage.method in doubled)) for stage in plan.stages for n in stage.steps),
        default=1,
    )
    if most > recipe.T:
        raise ValueError(f"steps: a stage of '{recipe.name}' takes more than {recipe.T} times")


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
