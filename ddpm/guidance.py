"""From a network that wants a time and a label to the plain noise estimate of a sampler."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ddpm import arguments
from ddpm.schedule import NoiseSchedule

Network = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""(x, t, label) -> what the network predicts; one time per image."""


# --8<-- [start:condition]
def condition(
    network: Network,
    labels: Tensor | None = None,
) -> Callable[[Tensor, int], Tensor]:
    """Binds labels to a network, so that the sampler need not know them.

    Args:
        network: called as `network(x, t, label)` with the times of this package, as `Recipe.ask`
            is.
        labels: integers (N,) on the network's device, or None for a network without labels.

    Returns:
        (x, t) -> eps, for images (N, C, H, W) and one time t.
    """

    def eps_fn(x: Tensor, t: int) -> Tensor:
        times = torch.full((len(x),), t, device=x.device)
        return network(x, times, labels)

    return eps_fn
    # --8<-- [end:condition]


# --8<-- [start:guided]
def guided(
    network: Network,
    labels: Tensor,
    null: int,
    scale: float,
    rescale: float = 0.0,
) -> Callable[[Tensor, int], Tensor]:
    """Classifier-free guidance (Ho and Salimans 2022): combines answers with and without labels.

    The estimate is `eps_null + scale * (eps_label - eps_null)`: 1 is no guidance, 0 no label.
    Some courses write gamma for the scale, others omega = scale - 1.

    Args:
        network, labels: as for `condition`; the network was trained with some of its labels
            dropped.
        null: the label that stands for "no label".
        scale: how far to go from the answer without labels towards the one with them.
        rescale: 0..1, how far the result is brought back to the standard deviation that the
            answer with labels has in each image (Lin et al. 2024, "Common Diffusion Noise
            Schedules and Sample Steps are Flawed", section 3.4).

    Returns:
        (x, t) -> eps. Both answers come from one batch of 2 N images.
    """
    scale, rescale = arguments.number("scale", scale), arguments.number("rescale", rescale, 0, 1)
    both = condition(network, torch.cat([labels, torch.full_like(labels, null)]))

    def eps_fn(x: Tensor, t: int) -> Tensor:
        with_label, without = both(torch.cat([x, x]), t).chunk(2)
        result = without + scale * (with_label - without)
        if not rescale:
            return result
        spread, wanted = (e.std((1, 2, 3), keepdim=True) for e in (result, with_label))
        return result * (1 - rescale + rescale * wanted / spread)

    return eps_fn
    # --8<-- [end:guided]


# --8<-- [start:interval]
def in_interval(
    inside: Callable[[Tensor, int], Tensor],
    outside: Callable[[Tensor, int], Tensor],
    low: int,
    high: int,
) -> Callable[[Tensor, int], Tensor]:
    """One estimate at the times low..high, another at all others.

    Guidance at high noise costs variety, and at low noise it changes nothing. Without it, a step
    takes one evaluation of the network instead of two. (Kynkäänniemi et al. 2024, "Applying
    Guidance in a Limited Interval Improves Sample and Distribution Quality in Diffusion Models".)

    Raises:
        ValueError: the interval is empty.
    """
    low = arguments.integer("low", low, 0)
    high = arguments.integer("high", high, low)
    return lambda x, t: (inside if low <= t <= high else outside)(x, t)
    # --8<-- [end:interval]


# --8<-- [start:autoguided]
def autoguided(
    strong: Callable[[Tensor, int], Tensor],
    weak: Callable[[Tensor, int], Tensor],
    scale: float,
) -> Callable[[Tensor, int], Tensor]:
    """Guidance by a worse model of the same images, both with their labels.

    The estimate is `weak + scale * (strong - weak)`. What the two models share stays, and what
    only the weak one gets wrong is exaggerated away. (Karras et al. 2024, "Guiding a Diffusion
    Model with a Bad Version of Itself".)

    Args:
        strong, weak: estimates of one kind on one schedule; the weak model is smaller, or it was
            trained for a shorter time.
        scale: 1 is the strong model alone.
    """
    scale = arguments.number("scale", scale)

    def eps_fn(x: Tensor, t: int) -> Tensor:
        worse = weak(x, t)
        return worse + scale * (strong(x, t) - worse)

    return eps_fn
    # --8<-- [end:autoguided]


# --8<-- [start:as_eps]
def as_eps(
    estimate: Callable[[Tensor, int], Tensor], predicts: str, schedule: NoiseSchedule
) -> Callable[[Tensor, int], Tensor]:
    """Converts a prediction of another kind to one of the noise, which samplers need.

    Guidance can come before it or after: at fixed x and t, each kind is linear in the others.

    Args:
        estimate: (x, t) -> what the network predicts.
        predicts: "eps", "x0" or "v".
        schedule: of the network.
    """
    if arguments.choice("predicts", predicts, ["eps", "x0", "v"]) == "eps":
        return estimate
    convert = {"x0": schedule.eps_from_x0, "v": schedule.eps_from_v}[predicts]
    return lambda x, t: convert(x, t, estimate(x, t))
    # --8<-- [end:as_eps]
