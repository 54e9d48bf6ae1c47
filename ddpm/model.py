"""A trained model ready to use: network, schedule and scaling under one name."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ddpm import arguments, tensors
from ddpm.devices import as_device, plain_defaults
from ddpm.files import write_tensors
from ddpm.finite import watched
from ddpm.guidance import as_eps, condition, guided
from ddpm.noise import PER_SEED, Noise, image_seeds
from ddpm.recipes import Recipe
from ddpm.sampling import EpsFn, State, StepRule, sample
from ddpm.serving import Labels, at_pace, pace_of, rule_of, steps_of
from ddpm.timesteps import SPACINGS, Timesteps

FORMAT = "ddpm 1"


class Diffusion:
    """A network with all that its recipe says about it.

    Attributes:
        recipe: what the model is.
        network: in evaluation mode, float32, on `device`.
        schedule: the noise schedule.
        header: what the weights' file says of their training; empty for a new model.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: nn.Module | None = None,
        device: torch.device | str = "cpu",
        header: dict[str, Any] | None = None,
    ):
        self.recipe = recipe
        arguments.kind("recipe", recipe, Recipe, "a recipe")
        where = device if str(device) == "meta" else as_device(device)  # shapes may be enough
        with plain_defaults():
            self.network = (network or recipe.make_network()).to(where).eval()
            if recipe.training.channels_last:
                self.network = self.network.to(memory_format=torch.channels_last)
        self.schedule = recipe.make_schedule()
        self.header = header or {}

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def eps_fn(
        self, labels: Labels = None, guidance: float | None = None, *, steps: int | None = None
    ) -> EpsFn:
        """The noise estimate for these labels, one per image.

        Args:
            labels, guidance, steps: as for `states`; only some students know the steps.

        Raises:
            ValueError: labels for a model without, none for a model with, or an unknown one;
                guidance for a model that always saw its labels in training.
        """
        recipe, pace = self.recipe, pace_of(self.recipe, steps)
        known = at_pace(recipe, recipe.check_labels(labels, self.device), pace)
        scale = recipe.guidance if guidance is None else arguments.number("guidance", guidance)
        network = partial(recipe.ask, self.network)
        if scale == 1:
            estimate = condition(network, known)
        elif known is None or not recipe.label_dropout:
            raise ValueError(f"'{recipe.name}' was never trained without labels: no guidance")
        elif scale == 0:
            return self.unlabelled(len(known))
        else:
            estimate = guided(network, known, recipe.classes, scale)
        return as_eps(estimate, recipe.predicts, self.schedule)

    def unlabelled(self, n: int) -> EpsFn:
        """The noise estimate for n images without a label.

        Raises:
            ValueError: the model always saw labels in training.
        """
        recipe = self.recipe
        if not recipe.classes:
            return self.eps_fn()
        if not recipe.label_dropout:
            raise ValueError(f"'{recipe.name}' was never trained without labels: give one")
        null = torch.full((arguments.integer("n", n, 1),), recipe.classes, device=self.device)
        estimate = condition(partial(recipe.ask, self.network), null)
        return as_eps(estimate, recipe.predicts, self.schedule)

    # --8<-- [start:states]
    def states(
        self,
        n: int | None = None,
        labels: Labels = None,
        steps: int | None = None,
        sampler: str | StepRule | None = None,
        guidance: float | None = None,
        seed: int = 0,
        first: int = 0,
        x: Tensor | None = None,
        path: Sequence[int] | None = None,
        spacing: str = "trailing",
        eps_fn: EpsFn | None = None,
        project: Callable[[Tensor, int], Tensor] = lambda x, t: x,
        size: int | None = None,
        clip: bool = False,
    ) -> Iterator[State]:
        """The states on the way from noise to images, for histories and GIFs.

        Args:
            n: how many images; with labels it may be left out.
            labels: one per image, for a model with labels.
            steps: transitions from T to 0, 1..T; the recipe's number by default.
            sampler: a key of `SAMPLERS` or a step rule; the recipe's by default.
            guidance: the scale of classifier-free guidance, 1 being none; the recipe's by default.
            seed, first: the images are numbers first, first + 1, ... of this seed. The same
                number of the same seed is the same image, whatever batch it is sampled in.
            x: where to start instead of noise: (N, C, size, size) in the network's range.
            path: the times to visit, instead of `steps` of them chosen by `spacing`.
            spacing: a key of `ddpm.timesteps.SPACINGS`.
            eps_fn: a noise estimate for these images, in the place of `labels` and `guidance`.
            project: (x, t) -> x, applied after each step.
            size: pixels a side, where `eps_fn` takes other images than the network.
            clip: clamp each predicted x_0 to the range of images; eps follows, as `sample` says.

        Yields:
            One `State` per time visited, in the network's range; `to_images` makes pictures.

        Raises:
            TypeError, ValueError: an argument is wrong, or does not fit the model or another.
            FloatingPointError: while it samples, where values are no longer finite.
        """
        if size is not None and eps_fn is None and size != self.recipe.scaling.size:
            raise ValueError(f"size must be the network's without an eps_fn, not {size}")
        T = self.recipe.T
        count, labels, x = tensors.per_image(n, PER_SEED, labels, x)
        noise = self.noise(count, seed, first, size=size)
        start = noise()
        arguments.function("project", project)
        arguments.kind("clip", clip, bool, "True or False")
        states = sample(
            self.eps_fn(labels, guidance, steps=steps) if eps_fn is None else eps_fn,
            start if x is None else tensors.tensor("x", x, start).to(self.device),
            self.path(steps, spacing) if path is None else arguments.times("path", path, T, end=0),
            self.schedule,
            rule_of(self.recipe, sampler),
            clean=self.recipe.scaling.clip if clip else self.clean,
            project=project,
            noise=noise,
        )
        return watched(states)
        # --8<-- [end:states]

    def clean(self, x0: Tensor) -> Tensor:
        """Applied to each predicted clean image; our own models leave it as it is."""
        return x0

    def noise(
        self, count: int, seed: int = 0, first: int = 0, stream: int = 0, size: int | None = None
    ) -> Noise:
        """The noise of the images number first, first + 1, ... of a seed.

        Args:
            count: how many images.
            seed, first: as for `states`, which starts from the first of this noise.
            stream: 0..15, independent noise for each purpose; 0 is the sampler's own.
            size: pixels a side; the network's by default.

        Raises:
            ValueError: the seed, a number or the stream is out of range.
        """
        channels, own, _ = self.recipe.scaling.shape
        side = own if size is None else arguments.integer("size", size, 1)
        return Noise(image_seeds(count, seed, first, stream), (channels, side, side), self.device)

    def sample(self, n: int | None = None, *, batch: int = 250, **options: Any) -> Tensor:
        """Images from noise: float32 (N, C, H, W) in [0, 1], on the CPU.

        Takes the arguments of `states`; `batch` images at a time go through the network,
        which changes the memory it takes but not the images.
        """
        labels, x = options.pop("labels", None), options.pop("x", None)
        count, labels, x = tensors.per_image(n, PER_SEED, labels, x)
        batch = arguments.integer("batch", batch, 1)
        first = arguments.integer("first", options.pop("first", 0), 0, PER_SEED - count)
        images = []
        for start in range(0, count, batch):
            part = slice(start, start + batch)
            states = self.states(
                min(batch, count - start),
                labels=None if labels is None else labels[part],
                x=None if x is None else x[part],
                first=first + start,
                **options,
            )
            images.append(self.last_images(states))
        return torch.cat(images)

    def last_images(self, states: Iterable[State]) -> Tensor:
        """The last images of a trajectory: float32 (N, C, H, W) in [0, 1], on the CPU."""
        return self.to_images(deque(states, maxlen=1).pop().x)  # a thousand would fill the memory

    def path(self, steps: int | None = None, spacing: str = "trailing") -> Timesteps:
        """The times that a sampler visits, by default in the recipe's number of steps.

        Raises:
            ValueError: there is no such spacing, or the model does not take so many steps.
        """
        spread = SPACINGS[arguments.choice("spacing", spacing, [*SPACINGS])]
        return spread(self.recipe.T, steps_of(self.recipe, steps, spacing))

    def to_images(self, x: Tensor) -> Tensor:
        """From the network's range to float32 (N, C, H, W) in [0, 1], on the CPU.

        Raises:
            FloatingPointError: they hold NaN or infinity, which are no images.
        """
        images = self.recipe.scaling.to_images(x).float().cpu()
        if not bool(images.isfinite().all() and x.isfinite().all()):
            raise FloatingPointError("the images hold NaN or infinity; the weights may be damaged")
        return images

    def save(self, path: str | Path, others: Mapping[str, nn.Module] | None = None) -> None:
        """Writes the weights in half precision, with the recipe and `header`, all or nothing.

        Args:
            path: a file ending in `.safetensors`.
            others: further sets of weights of the same network, by name ("raw", "averaged"),
                to lie beside this model's own, which is named as the recipe's default.
        """
        sets = {self.recipe.weights: self.network, **(others or {})}
        tensors = {
            f"{name}/{key}": (value.half() if value.is_floating_point() else value).contiguous()
            for name, network in sets.items()
            for key, value in network.state_dict().items()
        }
        recipe, training = json.dumps(self.recipe.to_dict()), json.dumps(self.header)
        write_tensors(path, tensors, {"format": FORMAT, "recipe": recipe, "training": training})
