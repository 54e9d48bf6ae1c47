"""Denoising: from an image with noise back to a clean one, in one step or in many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from ddpm import arguments, tensors
from ddpm.model import Diffusion
from ddpm.sampling import State, ddim
from ddpm.techniques.shared import Labels, a_model, draw_parts, eps_for, how_to, in_range
from ddpm.timesteps import from_time, resampled


# --8<-- [start:denoise]
def add_noise(model: Diffusion, image: Tensor, t: int, seed: int = 0, first: int = 0) -> Tensor:
    """Images with the noise of time t: (N, C, size, size) in the network's range."""
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
    """Removes the noise from images at time t.

    Args:
        noisy: (N, C, size, size) in the network's range, as `add_noise` makes them.
        t: their time, 0..T.
        label: what they show; None for no label.
        once: answer with the first predicted clean image: one network call.
        how: see `How`; `steps` counts all steps from T, of which those below t are taken.

    Returns:
        (N, C, H, W) in [0, 1], on the CPU.

    Raises:
        ValueError: an argument does not fit the model or another argument.
    """
    options = how_to(how)
    t = arguments.integer("t", t, 0, a_model(model).recipe.T)
    noisy = tensors.finite("noisy", noisy)
    if noisy.ndim != 4:
        raise ValueError(f"noisy must be (N, C, size, size), not {tuple(noisy.shape)}")
    down = from_time((model.recipe.T, 0) if once else model.path(options.steps), t)
    path = resampled(down, options.jump, options.repeats)

    def states(part: slice, first: int) -> Iterator[State]:
        return model.states(
            x=noisy[part],
            path=path,
            sampler=ddim if once else options.sampler,
            seed=options.seed,
            first=first,
            eps_fn=eps_for(model, label, len(noisy), part, options),
            clip=options.clip,
        )

    return draw_parts(model, len(noisy), states, options)
    # --8<-- [end:denoise]
