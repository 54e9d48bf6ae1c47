"""The warm-up: a chain of Gaussians and a small Bayes net, by formula, enumeration and sampling."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure as Plot
from matplotlib.patches import Ellipse

from ddpm import viz
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, figure, measurement

Array = npt.NDArray[np.floating[Any]]

LENGTH, DRAWS = 4, 100_000
"""Variables of the chain, and how many chains are drawn."""

BETAS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
"""A forward process of six steps, so coarse that every coefficient can be seen."""

WORLDS = 10_000
"""How many worlds are drawn from the Bayes net; few, so that the error of sampling shows."""


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


@figure(
    "gaussian-chain",
    "warmup",
    caption="The covariance of the chain has no zero in it; its inverse, the precision, has a zero"
    " wherever two variables are not neighbours. Sampling finds the same.",
    made="Computed by the formulas, and from 100,000 chains drawn by adding up normal numbers.",
    alt="Four tables of four by four numbers, as heat maps. The covariance, by formula, holds the"
    " smaller of row and column, from 1 to 4. The precision has 2, 2, 2, 1 on its diagonal, minus"
    " 1 beside it, and 0 elsewhere. Beside each stands the sampled one, the same to about 0.03.",
    results=("warmup",),
)
def gaussian_chain() -> Plot:
    """Covariance and precision, exact and sampled."""
    result = read_json("warmup")
    plot, _ = viz.plot(height=6.6)
    plot.clear()
    for row, (name, largest) in enumerate({"covariance": 4.0, "precision": 2.0}.items()):
        for column, way in enumerate(("exact", "sampled")):
            axes = plot.add_subplot(2, 2, 1 + 2 * row + column)
            values = np.array(result[name][way])
            axes.imshow(values, cmap="PuOr", vmin=-largest, vmax=largest)
            for i, j in product(range(LENGTH), repeat=2):
                text = f"{values[i, j]:.2f}" if way == "sampled" else f"{values[i, j]:.0f}"
                dark = abs(values[i, j]) > 0.6 * largest
                axes.text(
                    j, i, text.replace("-", "\N{MINUS SIGN}"), ha="center", va="center",
                    fontsize=14, color="white" if dark else "black",
                )  # fmt: skip
            axes.set_title(f"{name}, {'formula' if way == 'exact' else 'sampled'}", color=viz.INK)
            names = [f"$x_{i}$" for i in range(1, LENGTH + 1)]
            axes.set_xticks(range(LENGTH), names)
            axes.set_yticks(range(LENGTH), names)
            axes.grid(False)
            axes.spines[:].set_visible(False)
    return plot


@figure(
    "two-chains",
    "warmup",
    caption="Above, the plain chain spreads for ever; below, the forward process shrinks before"
    " each draw, and ends as standard normal noise wherever it began.",
    made="Eight chains from each of two starts, with noise of variance 0.04 in each of 150 steps;"
    " the bands are two standard deviations about the mean, by formula.",
    alt="Two plots of paths against the step from 0 to 150. In both, paths start at 3 and at minus"
    " 3. In the upper one they spread, and the bands about 3 and minus 3 widen without end. In the"
    " lower one the paths drift towards 0 and mix, and both bands end between minus 2 and 2.",
    settings={"seed": SEED, "steps": 150, "beta": 0.04},
)
def two_chains() -> Plot:
    """Paths of a random walk and of a forward process from the same starts."""
    steps, beta, starts = 150, 0.04, (3.0, -3.0)
    noise = np.random.default_rng(SEED).standard_normal((2, 8, steps))
    plot, panels = viz.plot(height=6.8, panels=2)
    index = np.arange(steps + 1)
    for axes, kept, name in zip(
        panels, (1.0, 1 - beta), ("no shrinking", "shrinking"), strict=True
    ):
        share = kept**index
        variance = index * beta if kept == 1 else 1 - share
        for start, colour, draws in zip(starts, (viz.BLUE, viz.VERMILION), noise, strict=True):
            x = np.full((8, steps + 1), start)
            for t in range(steps):
                x[:, t + 1] = np.sqrt(kept) * x[:, t] + np.sqrt(beta) * draws[:, t]
            mean, spread = np.sqrt(share) * start, 2 * np.sqrt(variance)
            axes.fill_between(index, mean - spread, mean + spread, color=colour, alpha=0.18, lw=0)
            axes.plot(index, x.T, color=colour, linewidth=0.8, alpha=0.8)
        axes.set(ylabel="$x_t$", xlim=(0, steps), ylim=(-11, 11), title=name)
        axes.title.set_color(viz.INK)
    panels[1].set_xlabel("step t")
    return plot


@figure(
    "bayes-net",
    "warmup",
    caption="Each variable with its probabilities given its parents: sixteen products of four"
    " numbers are the whole joint distribution.",
    made="Drawn from the tables of the script.",
    alt="A graph of four circles. T and M are above, S and B below. Arrows lead from T to S, from"
    " M to S and from M to B. Beside T and M stand the probabilities 0.4 and 0.1, below S those of"
    " the four cases of T and M: 1, 0.6, 0.8 and 0.1; below B those of M: 1 and 0.1.",
    settings={"P_S": {f"{t}{m}": p for (t, m), p in P_S.items()}},
)
def bayes_net() -> Plot:
    """The graph with its tables."""
    plot, (axes,) = viz.plot(height=4.6)
    places = {"T": (0.9, 3.0), "M": (3.5, 3.0), "S": (2.2, 1.5), "B": (4.8, 1.5)}
    for name, (x, y) in places.items():
        axes.add_patch(Ellipse((x, y), 0.8, 0.8, facecolor="none", edgecolor=viz.BLUE, lw=2.2))
        axes.text(x, y, name, ha="center", va="center", fontsize=20, color=viz.BLUE)
    for parent, child in (("T", "S"), ("M", "S"), ("M", "B")):
        start, end = np.array(places[parent]), np.array(places[child])
        gap = 0.45 * (end - start) / np.linalg.norm(end - start)  # from circle to circle
        axes.annotate(
            "", tuple(end - gap), tuple(start + gap),
            arrowprops={"arrowstyle": "-|>", "color": viz.INK, "lw": 2, "shrinkA": 0,
                        "shrinkB": 0},
        )  # fmt: skip

    def write(x: float, y: float, text: str, side: str = "center") -> None:
        axes.text(x, y, text, ha=side, va="top", fontsize=14, color=viz.INK, linespacing=1.5)

    signs = {1: "+", 0: "\N{MINUS SIGN}"}
    axes.text(0.9, 3.55, f"P(+t) = {P_T}", ha="center", fontsize=14, color=viz.INK)
    axes.text(3.5, 3.55, f"P(+m) = {P_M}", ha="center", fontsize=14, color=viz.INK)
    cases = [f"P(+s | {signs[t]}t, {signs[m]}m) = {p:g}" for (t, m), p in P_S.items()]
    write(2.0, 0.98, "\n".join(cases))
    write(4.75, 0.98, "\n".join(f"P(+b | {signs[m]}m) = {p:g}" for m, p in P_B.items()))
    axes.set(xlim=(0, 5.9), ylim=(-0.65, 3.9), aspect="equal")
    axes.set_axis_off()
    return plot


@figure(
    "posteriors",
    "warmup",
    caption="Enumeration (bars) and sampling (dots, with two standard errors) agree; the rarer the"
    " condition, the fewer worlds are left and the larger is the error.",
    made="Worlds drawn from the net, 10,000; each dot uses those in which the condition holds.",
    alt="Nine conditional probabilities as rows, with an orange bar at the enumerated value and a"
    " blue dot at the sampled one, whose error lines cover the bar. At the right stands how many of"
    " the 10,000 worlds were left.",
    results=("warmup",),
)
def posteriors() -> Plot:
    """Every query, by enumeration and by sampling."""
    queries = read_json("warmup")["queries"]
    plot, (axes,) = viz.plot(height=5.6)
    for row, entry in enumerate(queries.values()):
        axes.plot([entry["exact"]] * 2, [row - 0.32, row + 0.32], color=viz.ORANGE, linewidth=4)
        axes.errorbar(
            entry["sampled"], row, xerr=2 * entry["error"], fmt="o", color=viz.BLUE, capsize=4
        )
        axes.text(1.03, row, f"{entry['kept']:,}", va="center", fontsize=13, color=viz.INK)
    names = [
        f"P({name})".replace(" given ", " | ").replace(",", ", ").replace("-", "\N{MINUS SIGN}")
        for name in queries
    ]
    axes.set_yticks(range(len(queries)), names, fontsize=13)
    axes.text(1.03, -0.85, "worlds", fontsize=13, color=viz.INK)
    axes.set(xlim=(0, 1), ylim=(len(queries) - 0.4, -0.6), xlabel="probability")
    return plot
