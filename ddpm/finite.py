"""Results that are no images: where sampling broke, and what usually causes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from ddpm.sampling import State


def watched(states: Iterable[State]) -> Iterator[State]:
    """The same states, for as long as their images are finite.

    On a GPU only the last state is checked, since each check would make it wait.

    Raises:
        FloatingPointError: with the time at which it broke, and what usually causes it.
    """
    places: list[str] = []
    marks: list[Tensor] = []
    for k, state in enumerate(states):
        places.append(f"at t = {state.t}, after {k} steps")
        # Of the largest alone, since NaN is larger than all: a tenth of the time of asking each.
        marks.append(torch.maximum(state.x.abs().amax(), state.x0.abs().amax()))
        kind = state.x.device.type
        if kind == "cpu" or (state.t == 0 and kind != "meta"):  # where there are no numbers
            fine = torch.stack(marks).isfinite().tolist()
            if not all(fine):
                raise FloatingPointError(
                    f"the images were no longer finite {places[fine.index(False)]}; usual causes"
                    " are a guidance far from 1, damaged weights, or too few steps for heun"
                )
            places.clear()
            marks.clear()
        yield state
