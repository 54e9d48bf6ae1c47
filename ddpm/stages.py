"""How a student is distilled: from which teacher, in which stages, and how many steps it serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ddpm import arguments


# --8<-- [start:stage]
@dataclass(frozen=True)
class Stage:
    """One stage of a distillation: what the student learns, and for how long.

    Attributes:
        method: "fold" puts guidance into the weights (Meng et al. 2023, section 3.1); "halve"
            teaches one step to do what two did (Salimans and Ho 2022); "shortcut" teaches this for
            several numbers of steps together, and the student knows which (Frans et al. 2024,
            "One Step Diffusion via Shortcut Models"); "match" is distribution matching (Yin et al.
            2024, "Improved Distribution Matching Distillation"); "frechet" makes the Fréchet
            distance of the samples small (Yang et al. 2026, "Representation Fréchet Loss for
            Visual Generation"), for several numbers of steps, of which the student knows which.
        epochs, updates: so many epochs of so many updates of the student.
        batch: images per update.
        rate: AdamW's largest learning rate. It rises in the first tenth of the stage and falls to
            nothing along half a cosine.
        average: decay of the averaged weights, per update.
        steps: "halve": the one number of steps that the student takes after it. "shortcut": the
            numbers that it takes, each half the one before. "match" and "frechet": the numbers of
            steps that are trained together. "fold" has none.
        fake_updates, fake_rate: of "match": updates of the fake score for each one of the student,
            and their rate.
        adversarial: of "match": the weight of the adversarial term, 0 for none.
        jitter: of "match": how far a time is moved at random in training, as a share of a stride,
            so that the student also serves the times between those of its steps.
        pool: of "match": the last batches of samples that the fake score is trained on.
        critics: of "frechet": the widths of the classifiers whose features are compared.
        pairs: of "frechet": how many noise images are used, each with what was sampled from it.
        imitation: of "frechet": the weight of the error from these images.
        last: of "frechet": the gradient goes through so many of a sample's last steps.
    """

    method: Literal["fold", "halve", "shortcut", "match", "frechet"]
    epochs: int
    updates: int
    batch: int = 256
    rate: float = 3e-4
    average: float = 0.99
    steps: tuple[int, ...] = ()
    fake_updates: int = 4
    fake_rate: float = 3e-4
    adversarial: float = 0.01
    jitter: float = 0.5
    pool: int = 8
    critics: tuple[int, ...] = (16, 24)
    pairs: int = 16_384
    imitation: float = 1.0
    last: int = 2
    # --8<-- [end:stage]

    def __post_init__(self) -> None:
        wanted = {
            "fold": self.steps == (),
            "halve": len(self.steps) == 1,
            "shortcut": len(self.steps) > 1,
            "match": self.steps,
            "frechet": self.steps,
        }
        if not wanted[arguments.choice("method", self.method, [*wanted])]:
            raise ValueError(
                "steps: 'fold' takes none, 'halve' one number, 'shortcut' two or more, 'match' and"
                f" 'frechet' one or more, not {len(self.steps)} for '{self.method}'"
            )
        for name in ("epochs", "updates", "batch", "fake_updates", "pool", "pairs", "last"):
            arguments.integer(name, getattr(self, name), 1)
        for width in self.critics:
            arguments.integer("critics", width, 1)
        if self.method == "frechet" and not self.critics:
            raise ValueError("critics: 'frechet' needs a classifier")
        for steps in self.steps:
            arguments.integer("steps", steps, 1)
        pairs = zip(self.steps, self.steps[1:], strict=False)
        if self.method == "shortcut" and any(n != 2 * half for n, half in pairs):
            raise ValueError(f"steps: of 'shortcut' each is half the one before, not {self.steps}")

    @property
    def name(self) -> str:
        """What logs and files call it: "fold", "halve-16", "match"."""
        return f"halve-{self.steps[0]}" if self.method == "halve" else self.method


@dataclass(frozen=True)
class Distillation:
    """A student's training.

    Attributes:
        teacher: the name of a bundled model, or the path of a weights file.
        stages: one after the other.
        guidance: the scale that is folded into the weights.
        interval: the lowest and the highest time at which guidance is folded in; at all others
            the scale is 1 (Kynkäänniemi et al. 2024).
        serves: the numbers of steps that the student takes when it samples; any, if empty.
    """

    teacher: str
    stages: tuple[Stage, ...]
    guidance: float = 1.35
    interval: tuple[int, int] = (1, 10_000)
    serves: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.stages]
        if not names or len({*names}) < len(names):
            raise ValueError(f"stages must be at least 1, each once, not {names}")
        if "fold" in names[1:]:
            raise ValueError("stages: 'fold' must be the first, since it learns from the teacher")
        if self.told and not {*self.serves} <= {*self.told}:
            raise ValueError(f"serves: must be among {self.told}, the steps that the student knows")

    @property
    def told(self) -> tuple[int, ...]:
        """The numbers of steps that the student knows, in ascending order."""
        told = (s.steps for s in self.stages if s.method in ("shortcut", "frechet"))
        return tuple(sorted({n for steps in told for n in steps}))

    @property
    def paces(self) -> int:
        """How many times the student has its labels: 1 more than the numbers that it knows."""
        return 1 + len(self.told)

    def pace(self, steps: int) -> int:
        """k for the k-th number of steps that the student knows, 0 for any other."""
        return 1 + self.told.index(steps) if steps in self.told else 0

    @property
    def epochs(self) -> int:
        """Of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    def plan(self) -> Iterator[tuple[Stage, int]]:
        """For each epoch its stage, and its number within the stage from 0."""
        for stage in self.stages:
            yield from ((stage, k) for k in range(stage.epochs))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Distillation:
        """The inverse of `dataclasses.asdict`, also after JSON made lists of its tuples."""
        lists = ("steps", "critics")
        stages = tuple(
            Stage(**{**stage, **{key: tuple(stage[key]) for key in lists if key in stage}})
            for stage in values["stages"]
        )
        pairs = {key: tuple(values[key]) for key in ("interval", "serves") if key in values}
        return cls(**{**values, **pairs, "stages": stages})
