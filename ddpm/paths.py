"""Which times a sampler visits, from noise down to the image, as plain integers.

A path is a tuple `(t_0, t_1, ..., t_n)`: the sampler starts at `t_0`, and each of the n
transitions costs one network call (two for second-order rules). Every path ends at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
    _check(T, steps)
    return tuple(round(T * (steps - i) / steps) for i in range(steps + 1))
    # --8<-- [end:strided]


# --8<-- [start:spacings]
def uniform(T: int, steps: int) -> Path:
    """`steps` transitions by one and the same stride, T // steps, that end with 1 and 0.

    The first time is then below T: by less than two strides if `steps` divides T badly. This is
    the spacing of most programs ("leading"), and it begins where the image is not yet all noise.

    Raises:
        ValueError: `steps` is below 1 or above T.
    """
    _check(T, steps)
    return (*(i * (T // steps) + 1 for i in reversed(range(steps))), 0)


def quadratic(T: int, steps: int) -> Path:
    """`steps` transitions from T to 0 whose strides shrink evenly towards the image.

    Raises:
        ValueError: `steps` is below 1 or above T.

    Source: Song et al. 2021, "Denoising Diffusion Implicit Models", appendix D.2.
    """
    _check(T, steps)
    # Near 0 the squares lie closer than whole numbers do: there every time is visited.
    return tuple(max(i, round(T * (i / steps) ** 2)) for i in range(steps, -1, -1))


SPACINGS: Mapping[str, Callable[[int, int], Path]] = {
    "trailing": strided,
    "uniform": uniform,
    "quadratic": quadratic,
}
"""The ways to choose the times by the names that scripts accept; "trailing" always begins at T."""


def _check(T: int, steps: int) -> None:
    if not 1 <= steps <= T:
        raise ValueError(f"steps must be within 1..{T}, not {steps}")
    # --8<-- [end:spacings]
