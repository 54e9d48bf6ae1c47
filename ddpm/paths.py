"""Which times a sampler visits, from noise down to the image, as plain integers.

A path is a tuple `(t_0, t_1, ..., t_n)`: the sampler starts at `t_0`, and each of the n
transitions costs one network call (two for second-order rules). Every path ends at 0.
"""

from __future__ import annotations

Path = tuple[int, ...]


# --8<-- [start:every]
def every(T: int) -> Path:
    """All times T, T - 1, ..., 1, 0: the n = T steps that the model was trained for."""
    return tuple(range(T, -1, -1))
    # --8<-- [end:every]


# --8<-- [start:strided]
def strided(T: int, steps: int) -> Path:
    """`steps` transitions from T to 0 with strides as even as whole numbers allow.

    Raises:
        ValueError: `steps` is below 1 or above T.
    """
    if not 1 <= steps <= T:
        raise ValueError(f"steps must be within 1..{T}, not {steps}")
    return tuple(round(T * (steps - i) / steps) for i in range(steps + 1))
    # --8<-- [end:strided]
