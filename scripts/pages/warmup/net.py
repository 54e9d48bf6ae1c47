"""The warm-up's Bayes net."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from scripts.pages.warmup.chain import Array

# --8<-- [start:net]
VARIABLES = "tsmb"
"""The axes of the joint table: a test, the server stops, the mains fail, the bulb is dark."""


P_T, P_M = 0.4, 0.1


P_B = {1: 1.0, 0: 0.1}
"""P(+b | m) by m."""


P_S = {(1, 1): 1.0, (1, 0): 0.6, (0, 1): 0.8, (0, 0): 0.1}
"""P(+s | t, m) by (t, m)."""


def joint() -> Array:
    """P(t, s, m, b) as a table of shape (2, 2, 2, 2), 1 standing for +, by the factorisation."""
    table = np.zeros((2, 2, 2, 2))
    for t, s, m, b in product((0, 1), repeat=4):
        table[t, s, m, b] = (
            of(P_T, t) * of(P_M, m) * of(P_B[m], b) * of(P_S[t, m], s)
        )  # every variable given its parents
    return table


def of(plus: float, value: int) -> float:
    """The probability of a value, from that of +."""
    return plus if value else 1 - plus


Values = Mapping[str, int]


def enumerated(query: Values, given: Values) -> float:
    """P(query | given): add up the table where both hold, and where the condition holds."""
    table = joint()

    def total(values: Values) -> float:
        return float(table[tuple(values.get(name, slice(None)) for name in VARIABLES)].sum())

    return total({**query, **given}) / total(given)
    # --8<-- [end:net]


# --8<-- [start:draw]
def draw_worlds(count: int, generator: np.random.Generator) -> dict[str, npt.NDArray[np.int64]]:
    """Worlds from the net, parents before children."""

    def toss(plus: Any) -> npt.NDArray[np.int64]:
        return (generator.random(count) < plus).astype(np.int64)

    t, m = toss(P_T), toss(P_M)
    b = toss(np.array([P_B[0], P_B[1]])[m])
    s = toss(np.array([[P_S[t, m] for m in (0, 1)] for t in (0, 1)])[t, m])
    return {"t": t, "s": s, "m": m, "b": b}


def sampled(
    worlds: Mapping[str, npt.NDArray[np.int64]], query: Values, given: Values
) -> dict[str, float]:
    """The share of the worlds with the condition in which the query holds, and its error."""

    def hold(values: Values) -> npt.NDArray[np.bool_]:
        each = [worlds[name] == value for name, value in values.items()]
        return np.logical_and.reduce([np.ones(len(worlds["t"]), bool), *each])

    kept = int(hold(given).sum())
    share = float(hold({**query, **given}).sum() / kept)
    return {"kept": kept, "sampled": share, "error": float(np.sqrt(share * (1 - share) / kept))}
    # --8<-- [end:draw]


QUERIES: Mapping[str, tuple[Values, Values]] = {
    "-t,-s given -m,-b": ({"t": 0, "s": 0}, {"m": 0, "b": 0}),
    "+m given +b,+t,+s": ({"m": 1}, {"b": 1, "t": 1, "s": 1}),
    "+m": ({"m": 1}, {}),
    "+m given +t": ({"m": 1}, {"t": 1}),
    "+m given +s": ({"m": 1}, {"s": 1}),
    "+m given +s,+t": ({"m": 1}, {"s": 1, "t": 1}),
    "+m given +s,-t": ({"m": 1}, {"s": 1, "t": 0}),
    "+b given -m": ({"b": 1}, {"m": 0}),
    "+b given -m,+s": ({"b": 1}, {"m": 0, "s": 1}),
}
"""What is asked, and under which condition."""


def beyond_the_blanket(name: str, blanket: str) -> float:
    """How much P(+name | all others) differs at most from P(+name | blanket)."""
    others = [v for v in VARIABLES if v != name]
    gaps = []
    for values in product((0, 1), repeat=3):
        given = dict(zip(others, values, strict=True))
        if joint()[tuple(given.get(v, slice(None)) for v in VARIABLES)].sum() > 0:
            inside = {v: given[v] for v in blanket}
            gaps.append(abs(enumerated({name: 1}, given) - enumerated({name: 1}, inside)))
    return max(gaps)


BLANKETS = {"t": "sm", "s": "tm", "m": "tsb", "b": "m"}
"""Parents, children, and the children's other parents of each variable."""
