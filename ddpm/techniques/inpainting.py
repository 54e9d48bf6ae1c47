"""Inpainting: known pixels are kept while the sampler fills in the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from ddpm import tensors
from ddpm.arguments import by
from ddpm.model import Diffusion
from ddpm.sampling import State
from ddpm.schedule import NoiseSchedule
from ddpm.serving import served, usual
from ddpm.techniques.shared import Labels, draw_parts, eps_for, how_to, in_range
from ddpm.timesteps import resampled


# --8<-- [start:keep_known]
def keep_known(
    image: Tensor, mask: Tensor, schedule: NoiseSchedule, noise: Callable[[], Tensor]
) -> Callable[[Tensor, int], Tensor]:
    """Keeps the known pixels of an image while the sampler fills in the others.

    After each step the known pixels are put back with new noise of that time. At t = 0 there is
    no noise, and they are those of the image.

    Args:
        image: (N, C, H, W) in the network's range.
        mask: 1 where the sampler fills in, 0 where the image is known; broadcast to `image`.
        schedule: the noise schedule.
        noise: returns new noise of the shape of `image`.

    Returns:
        (x, t) -> x, an argument of `sample` named `project`.

    Source: Lugmayr et al. 2022, "RePaint", equation 8.
    """
    new = mask.to(image.device) > 0.5

    def project(x: Tensor, t: int) -> Tensor:
        known = schedule.add_noise(image, t, noise()) if t > 0 else image
        return x.where(new, known)

    return project
    # --8<-- [end:keep_known]


REPEATS = 3
"""How often each step but the last is taken by default: at equal calls, better than once."""


def walks(model: Diffusion) -> dict[str, int]:
    """The default path: the recipe's calls, spent on three walks in a third of its steps.

    A student takes the next smaller number of steps that it was distilled for, or its smallest.
    """
    steps = 1 + (model.recipe.steps - 1) // REPEATS
    known = served(model.recipe)
    fewer = [each for each in known if each <= steps]
    return {"steps": max(fewer, default=min(known, default=steps)), "repeats": REPEATS}


# --8<-- [start:inpaint]
def inpaint(
    model: Diffusion,
    image: Tensor,
    mask: Tensor,
    label: Labels = None,
    n: int = 1,
    **how: Any,
) -> Tensor:
    """Fills in the unknown part of an image so that it fits the known part.

    Args:
        image: (N, C, H, W) or (C, H, W) in [0, 1]; of one channel also (H, W).
        mask: (H, W), or (N, H, W) with one for each image; 1 where the model fills in, 0 where the
            image is known.
        label: what the whole should be; None for no label.
        n: how many versions of a single image.
        how: see `How`. By default the sampler is ancestral, since the known pixels' noise is fresh
            at every step too. With neither `steps` nor `repeats`, a third of the recipe's steps
            are taken three times; with one of them, the other is the recipe's steps, or 1.

    Returns:
        (N, C, H, W) in [0, 1], on the CPU; known pixels are those of `image`.

    Raises:
        ValueError: an argument does not fit the model or another argument.
    """
    x0 = in_range(model, image, n)
    new = as_mask(model, mask, len(x0))
    path_given = how.get("steps") is not None or how.get("repeats") is not None
    sampler = usual(model.recipe, "ancestral")
    options = how_to(how, sampler=sampler, **({} if path_given else walks(model)))
    path = resampled(model.path(options.steps), options.jump, options.repeats)

    def states(part: slice, first: int) -> Iterator[State]:
        known, drawn = x0[part], new[part]
        noise = model.noise(len(known), options.seed, first, stream=1)
        return model.states(
            len(known),
            path=path,
            sampler=options.sampler,
            seed=options.seed,
            first=first,
            eps_fn=eps_for(model, label, len(x0), part, options),
            project=keep_known(known, drawn, model.schedule, noise),
            clip=options.clip,
        )

    return draw_parts(model, len(x0), states, options)
    # --8<-- [end:inpaint]


def as_mask(model: Diffusion, mask: Tensor, count: int = 1) -> Tensor:
    """A mask of zeros and ones for each of `count` images on the network's canvas, new outside.

    Args:
        mask: (.., H, W), one for all images or one for each; all channels share it.
        count: how many images.

    Returns:
        (count, 1, size, size) on the model's device.

    Raises:
        ValueError: it is of another size, there is another number, or it holds other values.
    """
    scaling = model.recipe.scaling
    size = scaling.image_shape[1:]
    mask = tensors.tensor("mask", mask)
    if mask.shape[-2:] != size or mask.numel() == 0:
        raise ValueError(f"the mask has {by(mask.shape[-2:])} pixels, not {by(size)}")
    values = mask.reshape(-1, 1, *size)
    wrong = values[(values != 0) & (values != 1)]
    if len(wrong):
        raise ValueError(
            "a mask holds 0 where the image is known and 1 where it is new,"
            f" not {float(wrong[0]):g}"
        )
    if len(values) not in (1, count):
        raise ValueError(f"give one mask, or one for each of {count} images, not {len(values)}")
    padded = F.pad(values, scaling.border * 2, value=1.0)
    return padded.expand(count, -1, -1, -1).to(model.device)
