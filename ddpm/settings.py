"""What a recipe is: all that is said of a model, beside its weights.

A recipe says all that a network needs to know about its surroundings: the range and size of
its images, how it counts time, its labels, its schedule. No other module asks for a name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ddpm import arguments
from ddpm.choices import SAMPLER_NAMES
from ddpm.data import Scaling
from ddpm.networks.attention_unet import AttentionUNet
from ddpm.networks.digits_unet import DigitsUNet
from ddpm.networks.resunet import ResUNet
from ddpm.networks.shared import Network
from ddpm.networks.unet import UNet
from ddpm.reading import printable
from ddpm.schedule import NoiseSchedule
from ddpm.stages import Distillation

NETWORKS: Mapping[str, type[Network]] = {
    "attention_unet": AttentionUNet,
    "resunet": ResUNet,
    "unet": UNet,
    "digits_unet": DigitsUNet,
}
SCHEDULES: Mapping[str, Callable[[int], NoiseSchedule]] = {
    "linear": NoiseSchedule.linear,
    "cosine": NoiseSchedule.cosine,
    "single": NoiseSchedule.single,
}


@dataclass(frozen=True)
class Training:
    """How a recipe is trained: an optimiser's settings and what a step looks like.

    Attributes:
        epochs: passes over the training split.
        batch: images per step.
        rate, rate_decay: Adam's learning rate in the first epoch, and its factor from one epoch
            to the next.
        one_cycle: instead, the rate rises to `rate` over the first tenth of all steps and falls
            to 0 along half a cosine (after Smith and Topin 2018, "Super-Convergence").
        weight_decay: what AdamW takes off each weight per step, as a share of the rate.
        min_snr, p2, edm: weights of the times in the loss, at most one of them; 0 is none. See
            `ddpm.losses.time_weight`.
        noise_mean, noise_std: of the normal distribution of log(noise over signal) at the times
            that are trained on (Karras et al. 2022, table 1); 0, 0 makes all times equally likely.
        augment, strokes, backgrounds: the probability of each change of a training image that the
            network gets to know; of thinner or bolder strokes; and of a smooth random grey behind
            them: see `ddpm.augmentation`.
        average: decay of the averaged weights, per step.
        lengths, snapshots: further averages, of these lengths, and how often the training stores
            them, so that an average of any length can be made afterwards: see `ddpm.averages`.
        show: after which epochs the script keeps images to look at.
        channels_last: memory layout; which one is faster was measured for each network.
        seed: of the first weights, the order of the images, the times and the noise.
    """

    epochs: int = 20
    batch: int = 128
    rate: float = 1e-3
    rate_decay: float = 1.0
    one_cycle: bool = False
    weight_decay: float = 0.0
    min_snr: float = 0.0
    p2: float = 0.0
    edm: float = 0.0
    noise_mean: float = 0.0
    noise_std: float = 0.0
    augment: float = 0.0
    strokes: float = 0.0
    backgrounds: float = 0.0
    average: float = 0.999
    lengths: tuple[float, ...] = ()
    snapshots: int = 0
    show: tuple[int, ...] = ()
    channels_last: bool = True
    seed: int = 0


@dataclass(frozen=True)
class Recipe:
    """A model by name.

    Attributes:
        name: what `ddpm.load` and the scripts call it.
        network, options: a key of `NETWORKS` and that class's arguments; `scaling` has the others.
        schedule, T: a key of `SCHEDULES` and its number of steps.
        betas: the first and the last beta of a linear schedule.
        scaling: size, channels and range of the images.
        predicts: what the network's answer is: the noise "eps", the clean image "x0", or the
            velocity "v" = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x0.
        input_scale: the network sees `input_scale * x_t`.
        time_shift, time_scale: the network gets `(t - time_shift) / time_scale`.
        classes: number of labels, 0 for a model without labels.
        names: of the labels, if they are not digits. Control characters of names are escaped.
        label_dropout: the share of images that are trained on with the label `classes`, "none".
        weights: which set is the default, the last step's ("raw") or their running average.
        sampler, steps, guidance: the defaults of `sample`.
        distillation: of a student, how it is taught; None for a model that learns from images.
    """

    name: str
    network: str
    options: dict[str, Any]
    schedule: Literal["linear", "cosine", "single"] = "linear"
    T: int = 1000
    betas: tuple[float, float] = (1e-4, 0.02)
    scaling: Scaling = field(default_factory=Scaling)
    predicts: Literal["eps", "x0", "v"] = "eps"
    input_scale: float = 1.0
    time_shift: float = 0.0
    time_scale: float = 1.0
    classes: int = 0
    names: tuple[str, ...] = ()
    label_dropout: float = 0.0
    weights: Literal["raw", "averaged"] = "averaged"
    sampler: str = "ancestral"
    steps: int = 1000
    guidance: float = 1.0
    training: Training = field(default_factory=Training)
    distillation: Distillation | None = None

    def __post_init__(self) -> None:
        # Names come from files and folders and go to terminals and pictures.
        object.__setattr__(self, "name", printable(self.name))
        object.__setattr__(self, "names", tuple(map(printable, self.names)))
        if self.network in NETWORKS:
            NETWORKS[self.network].check(self.scaling.channels, self.scaling.size)

    def for_images(self, size: int, channels: int = 1) -> Recipe:
        """The same for other images; a recipe that pads its images pads these, too.

        Args:
            size: side of the images in pixels.
            channels: 1 for grey, 3 for colour.

        Raises:
            ValueError: images that the network cannot take.
        """
        size = arguments.integer("size", size, 1, 4096)
        channels = arguments.integer("channels", channels, 1)
        canvas, step = size, NETWORKS[self.network].multiple
        if self.scaling.size > self.scaling.image:
            canvas = -(-size // step) * step
        scaling = dataclasses.replace(self.scaling, size=canvas, image=size, channels=channels)
        return dataclasses.replace(self, scaling=scaling)

    def for_classes(self, names: Sequence[str]) -> Recipe:
        """The same for other classes than the digits; a model without labels stays without."""
        if not self.classes:
            return self
        options = {**self.options, "classes": len(names)}
        return dataclasses.replace(self, options=options, classes=len(names), names=tuple(names))

    def make_network(self) -> nn.Module:
        """A new network with random weights, drawn from torch's global generator."""
        size, channels = self.scaling.size, self.scaling.channels
        return NETWORKS[self.network](**self.options, channels=channels, size=size)

    def make_schedule(self) -> NoiseSchedule:
        """The noise schedule over 0..T."""
        if self.schedule == "linear":
            return NoiseSchedule.linear(self.T, *self.betas)
        return SCHEDULES[self.schedule](self.T)

    def network_time(self, t: Tensor) -> Tensor:
        """From our times, an integer tensor (N,) within 1..T, to the network's own, float (N,)."""
        return (t.float() - self.time_shift) / self.time_scale

    # --8<-- [start:ask]
    def ask(
        self,
        network: nn.Module,
        x: Tensor,
        t: Tensor,
        labels: Tensor | None,
        change: Tensor | None = None,
    ) -> Tensor:
        """The network's answer, as it predicts it (`predicts`), for inputs in our terms.

        Args:
            x: images at time t, (N, C, size, size), as the schedule makes them.
            t: integer (N,), each 1..T.
            labels: integer (N,), each 0..classes; ignored by a model without labels.
            change: how training images were changed, for a network that gets it; None elsewhere.
        """
        told = (labels if self.classes else None,) + (() if change is None else (change,))
        return network(x * self.input_scale, self.network_time(t), *told)
        # --8<-- [end:ask]

    def check_labels(
        self, labels: Sequence[int] | Tensor | None, device: torch.device | str = "cpu"
    ) -> Tensor | None:
        """Labels as int64 (N,) on a device; None for a model without labels.

        Raises:
            TypeError, ValueError: not whole numbers; labels that the model does not have, or none.
        """
        if labels is None and not self.classes:
            return None
        if labels is None:
            raise ValueError(f"'{self.name}' needs a label for each image: give labels")
        if not self.classes:
            raise ValueError(f"'{self.name}' knows no labels")
        checked = arguments.labels("labels", labels, self.classes)
        return torch.tensor(checked, dtype=torch.int64, device="cpu").to(device)

    def to_dict(self) -> dict[str, Any]:
        """As plain dictionaries, for a file's header."""
        values = dataclasses.asdict(self)
        if self.distillation is None:  # as in files from before there were students
            del values["distillation"]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """The inverse of `to_dict`.

        Raises:
            ValueError: a field is missing, unknown, out of range, or contradicts another.
        """
        from ddpm.forms import check, check_agreement, check_options

        check(cls, values)
        values = dict(values)
        scaling, training = Scaling(**values.pop("scaling")), dict(values.pop("training"))
        training |= {key: tuple(training.get(key, ())) for key in ("show", "lengths")}
        values["names"] = tuple(values.get("names", ()))
        values["betas"] = tuple(values.get("betas", Recipe.betas))
        if values.get("distillation") is not None:
            values["distillation"] = Distillation.from_dict(values["distillation"])
        recipe = cls(**values, scaling=scaling, training=Training(**training))
        if recipe.network not in NETWORKS:
            raise ValueError(f"unknown network '{printable(recipe.network, 80)}'")
        if recipe.sampler not in SAMPLER_NAMES:
            raise ValueError(f"unknown sampler '{printable(recipe.sampler, 80)}'")
        check_options(NETWORKS[recipe.network], recipe.options)
        check_agreement(recipe, NETWORKS[recipe.network])
        return recipe
