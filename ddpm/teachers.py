"""What a student takes from its teacher, and which teachers it can have."""

from __future__ import annotations

from torch import Tensor

from ddpm.classifiers import judges
from ddpm.recipes import Recipe
from ddpm.stages import Distillation

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


def distillation_of(recipe: Recipe) -> Distillation:
    """How a student is taught.

    Raises:
        ValueError: the recipe is no student's.
    """
    if recipe.distillation is None:
        raise ValueError(f"recipe: '{recipe.name}' has no distillation, so it is no student")
    return recipe.distillation


def at_every_pace(recipe: Recipe, weights: dict[str, Tensor], pace: int = 0) -> dict[str, Tensor]:
    """A network's weights with the labels of one pace at each pace of a student."""
    paces, classes = distillation_of(recipe).paces, recipe.classes + 1
    if "label.weight" not in weights:  # a network without paces
        return weights
    own = weights["label.weight"][pace * classes : (pace + 1) * classes]
    return {**weights, "label.weight": own.repeat(paces, 1)}


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
