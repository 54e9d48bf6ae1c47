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
