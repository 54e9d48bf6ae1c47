"""Every model of the package as a named recipe: what is trained, on what, and how.

A recipe says all that a network needs to know about its surroundings: the range and size of
its images, how it counts time, its labels, its schedule. No other module asks for a name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor, nn

from ddpm.data import Scaling
from ddpm.networks.attention_unet import AttentionUNet
from ddpm.networks.unet import UNet
from ddpm.schedule import NoiseSchedule

NETWORKS: Mapping[str, type[nn.Module]] = {"attention_unet": AttentionUNet, "unet": UNet}
SCHEDULES = {"linear": NoiseSchedule.linear, "cosine": NoiseSchedule.cosine}


@dataclass(frozen=True)
class Training:
    """How a recipe is trained: an optimiser's settings and what a step looks like.

    Attributes:
        epochs: passes over the training split.
        batch: images per step.
        rate, rate_decay: Adam's learning rate in the first epoch, and its factor from one epoch
            to the next.
        average: decay of the averaged weights, per step.
        channels_last: memory layout; which one is faster was measured for each network.
        seed: of the first weights, the order of the images, the times and the noise.
    """

    epochs: int = 20
    batch: int = 128
    rate: float = 1e-3
    rate_decay: float = 1.0
    average: float = 0.999
    channels_last: bool = True
    seed: int = 0


@dataclass(frozen=True)
class Recipe:
    """A model by name.

    Attributes:
        name: what `ddpm.load` and the scripts call it.
        network, options: a key of `NETWORKS` and the arguments of that class.
        schedule, T: a key of `SCHEDULES` and its number of steps.
        scaling: size and range of the network's images.
        time_shift, time_scale: the network is told `(t - time_shift) / time_scale`.
        classes: number of labels, 0 for a model without labels.
        label_dropout: the share of images that are trained on without their label, the network
            being told the label `classes` instead.
        weights: which set is the default, the last step's ("raw") or their running average.
        sampler, steps, guidance: what `sample` does unless told otherwise.
    """

    name: str
    network: str
    options: dict[str, Any]
    schedule: Literal["linear", "cosine"] = "linear"
    T: int = 1000
    scaling: Scaling = field(default_factory=Scaling)
    time_shift: float = 0.0
    time_scale: float = 1.0
    classes: int = 0
    label_dropout: float = 0.0
    weights: Literal["raw", "averaged"] = "averaged"
    sampler: str = "ancestral"
    steps: int = 1000
    guidance: float = 1.0
    training: Training = field(default_factory=Training)

    def make_network(self) -> nn.Module:
        """A new network with random weights, drawn from torch's global generator."""
        return NETWORKS[self.network](**self.options)

    def make_schedule(self) -> NoiseSchedule:
        """The noise schedule over 0..T."""
        return SCHEDULES[self.schedule](self.T)

    def network_time(self, t: Tensor) -> Tensor:
        """From our times, an integer tensor (N,) within 1..T, to the network's own, float (N,)."""
        return (t.float() - self.time_shift) / self.time_scale

    def to_dict(self) -> dict[str, Any]:
        """As plain dictionaries, for a file's header."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """The inverse of `to_dict`.

        Raises:
            ValueError: a field is missing, unknown, or names a network or schedule we have not.
        """
        try:
            values = dict(values)
            scaling, training = Scaling(**values.pop("scaling")), Training(**values.pop("training"))
            recipe = cls(**values, scaling=scaling, training=training)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not a recipe: {error}") from error
        if recipe.network not in NETWORKS or recipe.schedule not in SCHEDULES:
            raise ValueError(f"unknown network '{recipe.network}' or schedule '{recipe.schedule}'")
        return recipe


# --8<-- [start:attention]
ATTENTION = Recipe(
    name="attention",
    network="attention_unet",
    options={"width": 16},
    T=1000,
    scaling=Scaling(size=32, mean=0.5, std=0.5),  # [-1, 1]
    time_shift=1,  # the network was built to count from 0
    weights="raw",  # read right more often than the averaged, though their loss is higher
    training=Training(epochs=20, batch=128, rate=1e-3),
)

ATTENTION_CLASS = dataclasses.replace(
    ATTENTION,
    name="attention-class",
    options={"width": 16, "classes": 10},
    classes=10,
)
# --8<-- [end:attention]

# --8<-- [start:unet]
TIME = Recipe(
    name="time",
    network="unet",
    options={"width": 64, "time": True},
    T=300,
    scaling=Scaling(size=28, mean=0.0, std=1.0),  # [0, 1]
    time_scale=300,
    steps=300,
    training=Training(
        epochs=20, batch=128, rate=1e-3, rate_decay=0.1 ** (1 / 20), channels_last=False
    ),
)

CLASS = dataclasses.replace(
    TIME,
    name="class",
    options={"width": 64, "time": True, "classes": 10},
    classes=10,
    label_dropout=0.1,
    guidance=5.0,
)
# --8<-- [end:unet]

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe for recipe in (ATTENTION, ATTENTION_CLASS, TIME, CLASS)
}


def recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in RECIPES:
        raise ValueError(f"unknown recipe '{name}'; there are {', '.join(RECIPES)}")
    return RECIPES[name]
