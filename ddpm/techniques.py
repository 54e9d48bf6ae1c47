"""Editing with a trained model, one function each: images in, images out.

All take and return images in [0, 1], and are told how to draw in the same way as
`Diffusion.sample`: `guidance`, `steps`, `sampler`, `seed`, `first`. Image number k of a seed is
the same image whatever batch it is drawn in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ddpm.diffusion import Diffusion
from ddpm.editing import keep_known, noised
from ddpm.paths import from_time, resampled
from ddpm.sampling import EpsFn, State, StepRule

Labels = int | Sequence[int] | Tensor | None
"""One label for all images, one for each, or none."""


@dataclass(frozen=True)
class How:
    """How to draw.

    Attributes:
        guidance: the scale of classifier-free guidance; the recipe's by default.
        steps: from T to 0; the recipe's by default.
        sampler: a key of `ddpm.SAMPLERS` or a step rule; the recipe's by default.
        seed, first: the images are numbers first, first + 1, ... of this seed.
        batch: how many go through the network together.
        repeats, jump: each `jump` steps are taken `repeats` times (RePaint's resampling).
    """

    guidance: float | None = None
    steps: int | None = None
    sampler: str | StepRule | None = None
    seed: int = 0
    first: int = 0
    batch: int = 250
    repeats: int = 1
    jump: int = 5


# --8<-- [start:inpaint]
def inpaint(
    model: Diffusion,
    image: Tensor,
    mask: Tensor,
    label: Labels = None,
    n: int = 1,
    **how: Any,
) -> Tensor:
    """Draws the unknown part of an image so that it goes with the known part.

    Args:
        image: (28, 28), (1, 28, 28) or (N, 1, 28, 28) in [0, 1].
        mask: of the image's height and width; 1 where it is to be drawn, 0 where it is known.
        label: what the whole is to be; None tells the model nothing.
        n: how many versions of a single image.
        how: see `How`; by default the sampler is ancestral, since the known pixels' noise is fresh
            at every step too.

    Returns:
        (N, 1, 28, 28) in [0, 1], on the CPU; known pixels are those of `image`.

    Raises:
        ValueError: an argument does not fit the model or another argument.
    """
    x0, new = in_range(model, image, n), as_mask(model, mask)
    options = how_to(how, sampler="ancestral")
    path = resampled(model.path(options.steps), options.jump, options.repeats)

    def states(part: slice, first: int) -> Iterator[State]:
        known, drawn = x0[part], new.expand(len(x0), -1, -1, -1)[part]
        noise = model.noise(len(known), options.seed, first, stream=1)
        return model.states(
            len(known),
            path=path,
            sampler=options.sampler,
            seed=options.seed,
            first=first,
            eps_fn=eps_for(model, label, len(x0), part, options.guidance),
            project=keep_known(known, drawn, model.schedule, noise),
        )

    return draw_parts(model, len(x0), states, options)
    # --8<-- [end:inpaint]


# --8<-- [start:sdedit]
def sdedit(
    model: Diffusion,
    image: Tensor,
    strength: float,
    label: Labels = None,
    n: int = 1,
    **how: Any,
) -> Tensor:
    """Adds noise to an image and takes it off again, so that it comes back as a digit.

    Args:
        image: (28, 28), (1, 28, 28) or (N, 1, 28, 28) in [0, 1].
        strength: how far to go back towards noise, as a share of T: 0 gives the image itself,
            1 forgets it. The steps taken are that share of `steps`.
        label: what it is to become; None tells the model nothing.
        n: how many versions of a single image.
        how: see `How`.

    Returns:
        (N, 1, 28, 28) in [0, 1], on the CPU.

    Raises:
        ValueError: a strength outside 0..1, or an argument that does not fit the model.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must be within 0..1, not {strength:g}")
    t = round(strength * model.recipe.T)
    x0, options = in_range(model, image, n), how_to(how)
    x = noised(x0, t, model.schedule, model.noise(len(x0), options.seed, options.first)())
    return denoise(model, x, t, label, **how)
    # --8<-- [end:sdedit]


# --8<-- [start:denoise]
def add_noise(model: Diffusion, image: Tensor, t: int, seed: int = 0, first: int = 0) -> Tensor:
    """Images with the noise of time t: (N, 1, size, size) in the network's range."""
    x0 = in_range(model, image)
    return model.schedule.add_noise(x0, t, model.noise(len(x0), seed, first)())


def denoise(
    model: Diffusion,
    noisy: Tensor,
    t: int,
    label: Labels = None,
    once: bool = False,
    **how: Any,
) -> Tensor:
    """Takes the noise off images at time t.

    Args:
        noisy: (N, 1, size, size) in the network's range, as `add_noise` makes them.
        t: their time, 0..T.
        label: what they are; None tells the model nothing.
        once: answer with the first guess of the clean image: one network call.
        how: see `How`; `steps` counts the whole way from T, of which the part below t is gone.

    Returns:
        (N, 1, 28, 28) in [0, 1], on the CPU.

    Raises:
        ValueError: an argument does not fit the model or another argument.
    """
    options = how_to(how)
    down = (t, 0) if once else from_time(model.path(options.steps), t)
    path = resampled(down, options.jump, options.repeats)

    def states(part: slice, first: int) -> Iterator[State]:
        return model.states(
            x=noisy[part],
            path=path,
            sampler="ddim" if once else options.sampler,
            seed=options.seed,
            first=first,
            eps_fn=eps_for(model, label, len(noisy), part, options.guidance),
        )

    return draw_parts(model, len(noisy), states, options)
    # --8<-- [end:denoise]


def how_to(given: Mapping[str, Any], **defaults: Any) -> How:
    """What was given, and the defaults for the rest."""
    chosen = {key: value for key, value in given.items() if value is not None}
    return How(**{**defaults, **chosen})


def draw_parts(
    model: Diffusion, count: int, states: Callable[[slice, int], Iterator[State]], how: How
) -> Tensor:
    """The last images of walks, a batch at a time."""
    if count < 1:
        raise ValueError(f"give a number of images of at least 1, not {count}")
    parts = [slice(k, min(k + how.batch, count)) for k in range(0, count, how.batch)]
    return torch.cat([model.last_images(states(part, how.first + part.start)) for part in parts])


def eps_for(
    model: Diffusion, label: Labels, count: int, part: slice, guidance: float | None
) -> EpsFn:
    """The noise estimate for a part of `count` images."""
    labels = label_each(label, count)
    if labels is None:
        return model.unlabelled(len(range(count)[part]))
    return model.eps_fn(labels[part], guidance)


def label_each(label: Labels, count: int) -> list[int] | None:
    """A label for each of `count` images."""
    if label is None:
        return None
    labels = [label] * count if isinstance(label, int) else [int(one) for one in label]
    if len(labels) != count:
        raise ValueError(f"give one label, or one for each of {count} images, not {len(labels)}")
    return labels


# --8<-- [start:in_range]
def in_range(model: Diffusion, image: Tensor, n: int = 1) -> Tensor:
    """Images (.., 28, 28) in [0, 1] as the network sees them, a single one n times.

    Raises:
        ValueError: they are of another size or range, or n versions of several are asked for.
    """
    if image.shape[-2:] != (28, 28) or image.numel() == 0:
        raise ValueError(f"an image has 28x28 pixels, not {'x'.join(map(str, image.shape[-2:]))}")
    images = image.reshape(-1, 1, 28, 28).float()
    if not bool(((images >= 0) & (images <= 1)).all()):
        raise ValueError("an image's values must be within 0..1")
    if n < 1 or (n > 1 and len(images) > 1):
        raise ValueError(f"give one image and a number of versions, not {len(images)} and {n}")
    if n > 1:
        images = images.expand(n, -1, -1, -1)
    return model.recipe.scaling.to_network(images).to(model.device)
    # --8<-- [end:in_range]


def as_mask(model: Diffusion, mask: Tensor) -> Tensor:
    """A mask (.., 28, 28) of zeros and ones as large as the network's images, new outside.

    Raises:
        ValueError: it is of another size, or holds other values.
    """
    if mask.shape[-2:] != (28, 28) or mask.numel() == 0:
        raise ValueError(f"the mask has {'x'.join(map(str, mask.shape[-2:]))} pixels, not 28x28")
    values = mask.reshape(-1, 1, 28, 28).float()
    if not bool(((values == 0) | (values == 1)).all()):
        raise ValueError("a mask holds 0 where the image is known and 1 where it is new")
    left = (model.recipe.scaling.size - 28) // 2
    return F.pad(values, (left,) * 4, value=1.0).to(model.device)
