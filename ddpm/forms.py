"""What a file may say: its JSON is compared with the types of our own dataclasses and functions.

A recipe in a header, a log and a record come from outside. They are refused before anything is
made of them if a value has another type, is not finite or lies outside its range.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
from collections.abc import Callable, Collection, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from ddpm.reading import printable

RANGES: Mapping[str, tuple[float, float]] = {
    # Recipe
    "T": (1, 10_000),
    "betas": (1e-9, 1 - 1e-9),
    "input_scale": (1e-6, 1e6),
    "time_shift": (-1e6, 1e6),
    "time_scale": (1e-6, 1e6),
    "classes": (0, 10_000),
    "label_dropout": (0, 1),
    "steps": (1, 10_000),
    "guidance": (-1000, 1000),
    # Scaling
    "size": (1, 512),
    "image": (1, 512),
    "channels": (1, 16),
    "mean": (-1e6, 1e6),
    "std": (1e-6, 1e6),
    # Training, and the entries of its log
    "epochs": (1, 1_000_000),
    "batch": (1, 10_000_000),
    "rate": (0, 1e3),
    "rate_decay": (0, 1e3),
    "weight_decay": (0, 1e3),
    "min_snr": (0, 1e9),
    "p2": (0, 1e9),
    "edm": (0, 1e3),
    "noise_mean": (-20, 20),
    "noise_std": (0, 20),
    "augment": (0, 1),
    "strokes": (0, 1),
    "backgrounds": (0, 1),
    "average": (0, 1),
    "lengths": (1e-3, 0.28),
    "snapshots": (0, 1000),
    "show": (1, 1_000_000),
    "seed": (0, 10**12),
    "epoch": (1, 1_000_000),
    "step": (0, 10**12),
    "images": (1, 10**9),
    "parameters": (1, 10**12),
    # Distillation and its stages
    "updates": (1, 10_000_000),
    "fake_updates": (1, 1000),
    "fake_rate": (0, 1e3),
    "adversarial": (0, 1e3),
    "jitter": (0, 1),
    "pool": (1, 10_000),
    "critics": (1, 4096),
    "pairs": (1, 10_000_000),
    "imitation": (0, 1e6),
    "interval": (0, 10_000),
    "last": (1, 10_000),
    "serves": (1, 10_000),
    # Networks
    "width": (1, 4096),
    "blocks": (1, 64),
    "blocks14": (0, 64),
}
"""The lowest and the highest value of a number, by the name of its field or argument."""

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


@dataclasses.dataclass(frozen=True)
class Entry:
    """What a log says of an epoch; it may say more."""

    epoch: int
    train: float
    validation_raw: float
    validation_averaged: float
    seconds: float
    images_per_second: float
    step: int = 0
    more: ClassVar[bool] = True


@dataclasses.dataclass(frozen=True)
class Log:
    """What a training's log says; it may say more."""

    parameters: int
    images: int
    epochs: list[Entry]
    more: ClassVar[bool] = True


# --8<-- [start:form]
@cache
def form(of: Callable[..., Any], without: Collection[str] = ()) -> type[BaseModel]:
    """What JSON has to look like to become a dataclass, or the arguments of a class.

    Types come from the annotations, ranges from `RANGES`. A dataclass with `more = True` allows
    further values.

    Args:
        of: a dataclass, or another class whose `__init__` is annotated.
        without: arguments that do not come from the file.
    """
    source: Any = of
    hints = get_type_hints(source if dataclasses.is_dataclass(of) else source.__init__)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(of).parameters.items():
        if name not in without:
            plain = isinstance(parameter.default, bool | int | float | str | tuple | None)
            fields[name] = (_within(hints[name], name), parameter.default if plain else ...)
    config = STRICT | ConfigDict(extra="allow" if getattr(of, "more", False) else "forbid")
    return create_model(of.__name__, __config__=config, **fields)
    # --8<-- [end:form]


def _within(hint: Any, name: str) -> Any:
    """A type with the range of the numbers in it."""
    if hint in (int, float) and name in RANGES:
        low, high = RANGES[name]
        return Annotated[hint, Field(ge=low, le=high)]
    if hint is str:
        return Annotated[str, Field(min_length=1, max_length=255)]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return form(hint)
    if origin := get_origin(hint):
        arguments = get_args(hint)
        if origin is dict:
            return origin[arguments[0], _within(arguments[1], name)]
        if origin is UnionType:
            return Union[tuple(_within(a, name) for a in arguments)]  # noqa: UP007
        if origin in (tuple, list):
            return origin[tuple(a if a is ... else _within(a, name) for a in arguments)]
    return hint


def check(kind: Any, values: Any) -> None:
    """Refuses values that are not of a form.

    Args:
        kind: a dataclass, a result of `form`, or a type such as `list[Entry]`.
        values: what a file's JSON says.

    Raises:
        ValueError: in one printable line, where the first fault is, what was given and what is
            allowed.
    """
    try:
        text = json.dumps(values)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {printable(str(error))}") from error
    try:
        TypeAdapter(_within(kind, "")).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = printable(".".join(map(str, first["loc"])), 80)
        says = first["msg"].removeprefix("Value error, ")
        says = says[:1].lower() + says[1:]
        if first["type"] in ("missing", "extra_forbidden", "json_invalid"):
            raise ValueError(f"{place}: {says}" if place else says) from error
        given = printable(repr(first["input"]), 60)
        raise ValueError(f"{place or 'it'}: {says}, not {given}") from error


def check_options(network: type, options: Any) -> None:
    """Refuses options that a network's class does not take; `channels` and `size` are none.

    Raises:
        ValueError: as `check`.
    """
    try:
        check(form(network, ("self", "channels", "size")), options)
    except ValueError as error:
        raise ValueError(f"options of the network: {error}") from error


def check_agreement(recipe: Any, network: Any) -> None:
    """Refuses a recipe whose parts contradict each other.

    Args:
        recipe: a `ddpm.recipes.Recipe` of which each part by itself is right.
        network: its network's class.

    Raises:
        ValueError: it names what does not agree.
    """
    options = {k: p.default for k, p in inspect.signature(network).parameters.items()}
    options |= recipe.options
    if options["classes"] != recipe.classes:
        raise ValueError(
            f"the network has {options['classes']} classes and the recipe {recipe.classes}"
        )
    if recipe.names and len(recipe.names) != recipe.classes:
        raise ValueError(f"there are {len(recipe.names)} names for {recipe.classes} classes")
    if len({*recipe.names}) != len(recipe.names):
        twice = next(name for name in recipe.names if recipe.names.count(name) > 1)
        raise ValueError(f"the name '{twice}' stands for two classes")
    if network.needs_label and not recipe.classes:
        raise ValueError(f"the network '{recipe.network}' needs classes, and there are none")
    if recipe.label_dropout and not (network.takes_no_label and recipe.classes):
        raise ValueError("label_dropout must be 0: this network has no input for 'no label'")
    if recipe.training.augment and not options.get("augmented"):
        raise ValueError("training.augment must be 0: this network gets no changes")
    if options["width"] % network.width_multiple:
        raise ValueError(
            f"the width of the network '{recipe.network}' must be a multiple of"
            f" {network.width_multiple}, not {options['width']}"
        )
    if not math.sqrt(recipe.make_schedule().alpha_bar[-1]) > 1e-30:
        raise ValueError("the betas leave nothing of the image at T: x0 would be infinite")
