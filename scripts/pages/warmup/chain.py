"""The warm-up's Gaussian Markov chains."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]


BETAS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
"""A forward process of six steps, so coarse that every coefficient can be seen."""


# --8<-- [start:chain]
def chain_covariance(length: int) -> Array:
    """Of x_i = x_(i-1) + y_i from x_0 = 0, the y_i being of variance 1: the smaller index."""
    index = np.arange(1, length + 1)
    return np.minimum.outer(index, index).astype(float)


def chain_precision(length: int) -> Array:
    """The inverse of the covariance: what multiplies x_i x_j in minus twice the log density."""
    precision = 2 * np.eye(length) - np.eye(length, k=1) - np.eye(length, k=-1)
    precision[-1, -1] = 1  # nothing comes after the last
    return precision


def draw_chain(count: int, length: int, generator: np.random.Generator) -> Array:
    """Chains (count, length), each a running sum of standard normal numbers."""
    return generator.standard_normal((count, length)).cumsum(axis=1)
    # --8<-- [end:chain]


# --8<-- [start:forward]
def forward_covariance(betas: tuple[float, ...]) -> Array:
    """Of x_1 .. x_T of the forward process from a fixed x_0: (T, T).

    x_t is what is left of x_s, for s <= t, plus noise that has nothing to do with x_s. So
    the covariance is sqrt(alpha_bar_t / alpha_bar_s) times the variance of x_s.
    """
    kept = np.cumprod(1 - np.array(betas))
    t, s = np.maximum.outer(kept, kept), np.minimum.outer(kept, kept)  # kept falls with time
    return np.sqrt(s / t) * (1 - t)


def draw_forward(count: int, betas: tuple[float, ...], generator: np.random.Generator) -> Array:
    """Chains (count, T) of the forward process from x_0 = 0, step by step."""
    x, way = np.zeros(count), []
    for beta in betas:
        x = np.sqrt(1 - beta) * x + np.sqrt(beta) * generator.standard_normal(count)
        way.append(x)
    return np.stack(way, axis=1)


def weights_of_others(covariance: Array, i: int) -> Array:
    """How the mean of x_i, given all the others, is put together from them: (T - 1,)."""
    precision = np.linalg.inv(covariance)
    return -np.delete(precision[i], i) / precision[i, i]
    # --8<-- [end:forward]


LENGTH = 4
"""Variables of the chain."""
