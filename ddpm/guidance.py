"""From a network that wants a time and a label to the plain noise estimate of a sampler."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


# --8<-- [start:condition]
def condition(
    network: nn.Module,
    labels: Tensor | None = None,
    network_time: Callable[[Tensor], Tensor] = Tensor.float,
) -> Callable[[Tensor, int], Tensor]:
    """Binds labels to a network: the sampler that gets the result never sees them.

    Args:
        network: called as `network(x, t, label)`.
        labels: integers (N,) on the network's device, or None for a network without labels.
        network_time: from our times (N,) to the network's own, `Recipe.network_time`.

    Returns:
        (x, t) -> eps, for images (N, C, H, W) and one time t.
    """

    def eps_fn(x: Tensor, t: int) -> Tensor:
        times = torch.full((len(x),), t, device=x.device)
        return network(x, network_time(times), labels)

    return eps_fn
    # --8<-- [end:condition]


# --8<-- [start:guided]
def guided(
    network: nn.Module,
    labels: Tensor,
    null: int,
    scale: float,
    network_time: Callable[[Tensor], Tensor] = Tensor.float,
) -> Callable[[Tensor, int], Tensor]:
    """Classifier-free guidance (Ho and Salimans 2022): asks with the labels and without them.

    The estimate is `eps_null + scale * (eps_label - eps_null)`: 1 is no guidance, 0 no label.
    Some courses write gamma for the scale, others omega = scale - 1.

    Args:
        network, labels, network_time: as for `condition`; the network was trained with some of
            its labels dropped.
        null: the label that stands for "not told".
        scale: how far to go from the answer without labels towards the one with them.

    Returns:
        (x, t) -> eps. Both questions are one batch of 2 N images.
    """
    both = condition(network, torch.cat([labels, torch.full_like(labels, null)]), network_time)

    def eps_fn(x: Tensor, t: int) -> Tensor:
        with_label, without = both(torch.cat([x, x]), t).chunk(2)
        return without + scale * (with_label - without)

    return eps_fn
    # --8<-- [end:guided]
