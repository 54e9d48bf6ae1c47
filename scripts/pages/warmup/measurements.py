"""The warm-up's numbers, exact and by sampling."""

from __future__ import annotations

from typing import Any

import numpy as np

from scripts.pages.warmup.chain import (
    BETAS,
    LENGTH,
    Array,
    chain_covariance,
    chain_precision,
    draw_chain,
    draw_forward,
    forward_covariance,
    weights_of_others,
)
from scripts.pages.warmup.net import (
    BLANKETS,
    QUERIES,
    beyond_the_blanket,
    draw_worlds,
    enumerated,
    joint,
    sampled,
)
from scripts.workshop.registry import SEED, measurement

WORLDS = 10_000
"""How many worlds are sampled from the Bayes net; few, so that the error of sampling shows."""


def both_ways(exact: Array, found: Array) -> dict[str, Any]:
    """A matrix by formula and by sampling, and how far apart they are."""
    off = float(np.abs(exact - found).max())
    return {"exact": exact.tolist(), "sampled": found.tolist(), "off": off}


@measurement
def warmup(quick: bool) -> dict[str, Any]:
    """The warm-up's chain and Bayes net: what was derived, against what sampling finds."""
    generator = np.random.default_rng(SEED)
    draws = 2000 if quick else DRAWS
    covariance = np.cov(draw_chain(draws, LENGTH, generator).T)
    forward = np.cov(draw_forward(draws, BETAS, generator).T)
    middle = 2  # x_3, whose neighbours are x_2 and x_4
    exact, found = (weights_of_others(c, middle) for c in (forward_covariance(BETAS), forward))
    others = [f"x{t}" for t in range(1, len(BETAS) + 1) if t != middle + 1]
    worlds = draw_worlds(WORLDS, generator)
    return {
        "draws": draws,
        "covariance": both_ways(chain_covariance(LENGTH), covariance),
        "precision": both_ways(chain_precision(LENGTH), np.linalg.inv(covariance)),
        "neighbours": {
            name: {"exact": abs(round(float(e), 9)), "sampled": float(f)}
            for name, e, f in zip(others, exact, found, strict=True)
        },
        "betas": list(BETAS),
        "worlds": WORLDS,
        "queries": {
            name: {"exact": enumerated(*asked), **sampled(worlds, *asked)}
            for name, asked in QUERIES.items()
        },
        "blankets": {name: beyond_the_blanket(name, b) for name, b in BLANKETS.items()},
        "without_s": beyond_the_blanket("t", "m"),
    }


DRAWS = 100_000
"""How many chains are sampled."""


def derived() -> dict[str, Any]:
    """The two rows of the joint table that one of the queries adds up."""
    table = joint()
    with_mains_failed, without = float(table[1, 1, 1, 1]), float(table[1, 1, 0, 1])
    return {"failed": with_mains_failed, "fine": without, "both": with_mains_failed + without}
