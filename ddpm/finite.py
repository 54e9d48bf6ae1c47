"""Results that are no images: where sampling broke, and what usually causes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch import Tensor

from ddpm.sampling import State


def watched(states: Iterable[State]) -> Iterator[State]:
    """The same states, for as long as their images are finite.

    A GPU is asked at the end only, since it would have to wait for each answer.

    Raises:
        FloatingPointError: with the time at which it broke, and what usually causes it.
    """
    marks: list[tuple[str, Tensor]] = []
    for k, state in enumerate(states):
        fine = state.x.isfinite().all() & state.x0.isfinite().all()
        marks.append((f"at t = {state.t}, after {k} steps", fine))
        if state.x.device.type == "cpu" or state.t == 0:
            broken = [where for where, fine in marks if not bool(fine)]
            if broken:
                raise FloatingPointError(
                    f"the images were no longer finite {broken[0]}; usual causes are a guidance"
                    " far from 1, damaged weights, or too few steps for heun"
                )
            marks.clear()
        yield state
