"""What all techniques share: how to sample, labels for each image, and images in the right range.

All techniques take and return images in [0, 1]. Image number k of a seed is the same image,
whatever batch it is sampled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ddpm import arguments, tensors
from ddpm.arguments import by
from ddpm.model import Diffusion
from ddpm.noise import PER_SEED, SEEDS
from ddpm.sampling import EpsFn, State, StepRule, step_rule
from ddpm.serving import usual as usual_sampler
from ddpm.timesteps import resampled

Labels = int | Sequence[int] | Tensor | None
"""One label for all images, one for each, or none."""


@dataclass(frozen=True)
class How:
    """How to sample.

    Attributes:
        guidance: the scale of classifier-free guidance; the recipe's by default.
        steps: from T to 0; the recipe's by default.
        sampler: a key of `ddpm.SAMPLERS` or a step rule; the recipe's by default.
        seed, first: the images are numbers first, first + 1, ... of this seed.
        batch: how many go through the network together.
        repeats, jump: each `jump` steps are taken `repeats` times (RePaint's resampling).
        clip: clamp each predicted clean image to the range of images (`Diffusion.states`).
    """

    guidance: float | None = None
    steps: int | None = None
    sampler: str | StepRule | None = None
    seed: int = 0
    first: int = 0
    batch: int = 250
    repeats: int = 1
    jump: int = 1
    clip: bool = False

    def __post_init__(self) -> None:
        if self.guidance is not None:
            arguments.number("guidance", self.guidance)
        if self.steps is not None:
            arguments.integer("steps", self.steps)
        if self.sampler is not None:
            step_rule(self.sampler)
        arguments.integer("seed", self.seed, 0, SEEDS // PER_SEED - 1)
        arguments.integer("first", self.first, 0, PER_SEED - 1)
        for name in ("batch", "repeats", "jump"):
            arguments.integer(name, getattr(self, name), 1)
        arguments.kind("clip", self.clip, bool, "True or False")


def how_to(given: Mapping[str, Any], **defaults: Any) -> How:
    """What was given, and the defaults for the rest."""
    chosen = {key: value for key, value in given.items() if value is not None}
    unknown = [key for key in given if key not in How.__dataclass_fields__]
    if unknown:
        raise TypeError(f"unknown '{unknown[0]}'; there are {', '.join(How.__dataclass_fields__)}")
    return How(**{**defaults, **chosen})


def draw_parts(
    model: Diffusion, count: int, states: Callable[[slice, int], Iterator[State]], how: How
) -> Tensor:
    """The last images of trajectories, a batch at a time."""
    count = arguments.integer("n", count, 1, PER_SEED - how.first)
    parts = [slice(k, min(k + how.batch, count)) for k in range(0, count, how.batch)]
    return torch.cat([model.last_images(states(part, how.first + part.start)) for part in parts])


def eps_for(model: Diffusion, label: Labels, count: int, part: slice, how: How) -> EpsFn:
    """The noise estimate for a part of `count` images."""
    labels = label_each(label, count)
    if labels is None:
        return model.unlabelled(len(range(count)[part]))
    return model.eps_fn(labels[part], how.guidance, steps=how.steps)


def label_each(label: Labels, count: int) -> list[int] | None:
    """A label for each of `count` images."""
    if label is None:
        return None
    if isinstance(label, Sequence) or (hasattr(label, "ndim") and label.ndim > 0):
        labels = arguments.labels("label", label)
    else:
        labels = [arguments.integer("label", label)] * count
    if len(labels) != count:
        raise ValueError(f"give one label, or one for each of {count} images, not {len(labels)}")
    return labels


# --8<-- [start:in_range]
def in_range(model: Diffusion, image: Tensor, n: int = 1) -> Tensor:
    """Images (.., C, H, W) in [0, 1] as the network sees them, a single one n times.

    Those of one channel may leave it out: (.., H, W).

    Raises:
        ValueError: they are of another shape or range, or n versions of several are asked for.
    """
    shape = a_model(model).recipe.scaling.image_shape
    image, n = tensors.tensor("image", image), arguments.integer("n", n, 1, PER_SEED)
    expected = shape if shape[0] > 1 else shape[1:]
    given = image.shape[-len(expected) :]
    if given != expected or image.numel() == 0:
        kind = "channels and pixels" if shape[0] > 1 else "pixels"
        raise ValueError(f"an image has {by(expected)} {kind}, not {by(given)}")
    images = image.reshape(-1, *shape)
    if not bool(((images >= 0) & (images <= 1)).all()):
        raise ValueError(
            f"an image's values must be within 0..1, not {images.min():g}..{images.max():g}"
        )
    if n > 1 and len(images) > 1:
        raise ValueError(f"give one image and n versions of it, not {len(images)} and {n}")
    if n > 1:
        images = images.expand(n, -1, -1, -1)
    return model.recipe.scaling.to_network(images).to(model.device)
    # --8<-- [end:in_range]


def a_model(model: Diffusion) -> Diffusion:
    """The model, if it is one.

    Raises:
        TypeError: it is something else, such as the name of one.
    """
    arguments.kind("model", model, Diffusion, "a model, as ddpm.load gives it")
    return model


def draw_from_noise(
    model: Diffusion,
    n: int,
    estimate: Callable[[slice, How], EpsFn],
    size: int,
    usual: float,
    **how: Any,
) -> Tensor:
    """Samples n images of size x size by estimates that are made for each batch.

    `usual` is the scale of guidance, for a model that can be guided, unless `how` has another.
    """
    scale = usual if a_model(model).recipe.label_dropout else 1.0
    options = how_to(how, sampler=usual_sampler(model.recipe, "ancestral"), guidance=scale)
    path = resampled(model.path(options.steps), options.jump, options.repeats)

    def states(part: slice, first: int) -> Iterator[State]:
        return model.states(
            part.stop - part.start,
            path=path,
            sampler=options.sampler,
            seed=options.seed,
            first=first,
            eps_fn=estimate(part, options),
            size=size,
            clip=options.clip,
        )

    return draw_parts(model, n, states, options)
