"""Which times a sampler visits, from noise down to the image, as plain integers.

A path is a tuple `(t_0, t_1, ..., t_n)`: the sampler starts at `t_0`, and each of its
transitions to less noise costs one network call (two for second-order rules). Every path ends at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ddpm import arguments

Timesteps = tuple[int, ...]


LONGEST = 1_000_000
"""Times of a path; more are taken for a mistake."""


# --8<-- [start:every]
def every(T: int) -> Timesteps:
    """All times T, T - 1, ..., 1, 0: the n = T steps that the model was trained for."""
    return tuple(range(arguments.integer("T", T, 1), -1, -1))
    # --8<-- [end:every]


# --8<-- [start:strided]
def strided(T: int, steps: int) -> Timesteps:
    """`steps` transitions from T to 0 with strides as even as whole numbers allow.

    Raises:
        ValueError: `steps` is below 1 or above T.
    """
    _check(T, steps)
    return tuple(round(T * (steps - i) / steps) for i in range(steps + 1))
    # --8<-- [end:strided]


# --8<-- [start:spacings]
def uniform(T: int, steps: int) -> Timesteps:
    """`steps` transitions by one and the same stride, T // steps, that end with 1 and 0.

    The first time is then below T: by less than two strides if `steps` divides T badly. This is
    the spacing of most programs ("leading"), and it begins where the image is not yet all noise.

    Raises:
        ValueError: `steps` is below 1 or above T.
    """
    _check(T, steps)
    return (*(i * (T // steps) + 1 for i in reversed(range(steps))), 0)


def quadratic(T: int, steps: int) -> Timesteps:
    """`steps` transitions from T to 0 whose strides shrink evenly towards the image.

    Raises:
        ValueError: `steps` is below 1 or above T.

    Source: Song et al. 2021, "Denoising Diffusion Implicit Models", appendix D.2.
    """
    _check(T, steps)
    # Near 0 the squares lie closer than whole numbers do: there every time is visited.
    return tuple(max(i, round(T * (i / steps) ** 2)) for i in range(steps, -1, -1))


SPACINGS: Mapping[str, Callable[[int, int], Timesteps]] = {
    "trailing": strided,
    "uniform": uniform,
    "quadratic": quadratic,
}
"""The ways to choose the times by the names that scripts accept; "trailing" always begins at T."""


def _check(T: int, steps: int) -> None:
    arguments.integer("steps", steps, 1, arguments.integer("T", T, 1))
    # --8<-- [end:spacings]


# --8<-- [start:from_time]
def from_time(path: Sequence[int], t: int) -> Timesteps:
    """The part of a falling path that begins at t: t itself, and all its times below.

    Raises:
        ValueError: t lies above the path, or below 0.
    """
    path = arguments.times("path", path)
    t = arguments.integer("t", t, 0, path[0])
    return (t, *(s for s in path if s < t))
    # --8<-- [end:from_time]


# --8<-- [start:resampled]
def resampled(path: Sequence[int], jump: int, repeats: int) -> Timesteps:
    """A path whose every `jump` transitions are taken `repeats` times, and the last one once.

    After each walk of `jump` transitions but the last it goes back to where the walk began, in
    one stride that adds noise. The walks are counted from the end: the first may be shorter, and
    only the transition to 0 is not repeated. `repeats` of 1 leaves the path as it is.

    Raises:
        ValueError: `jump` or `repeats` is below 1, or there are more than `LONGEST` times.

    Source: Lugmayr et al. 2022, "RePaint", section 4.2 (jump length j, r resamplings).
    """
    path = arguments.times("path", path)
    jump = arguments.integer("jump", jump, 1)
    repeats = arguments.integer("repeats", repeats, 1, LONGEST // len(path))
    visited, start, last = [path[0]], 0, len(path) - 2
    for end in range(last % jump or jump, last + 1, jump):
        walk = path[start + 1 : end + 1]
        visited += [*walk, *(path[start], *walk) * (repeats - 1)]
        start = end
    return (*visited, *path[start + 1 :])
    # --8<-- [end:resampled]
