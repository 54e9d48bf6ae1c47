"""Figures of the warm-up."""

from __future__ import annotations

from itertools import product

import numpy as np
from matplotlib.figure import Figure as Plot
from matplotlib.patches import Ellipse

from ddpm import viz
from scripts.pages.warmup.chain import LENGTH
from scripts.pages.warmup.net import P_B, P_M, P_S, P_T
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, figure


@figure(
    "gaussian-chain",
    "warmup",
    caption="The covariance of the chain has no zeros. Its inverse, the precision, has a zero"
    " wherever two variables are not neighbours. Sampling finds the same.",
    made="Computed by the formulas, and from 100,000 random chains.",
    alt="Four tables of four by four numbers, as heat maps. The covariance, by formula, holds the"
    " smaller of row and column, from 1 to 4. The precision has 2, 2, 2, 1 on its diagonal, minus"
    " 1 beside it, and 0 elsewhere. The sampled matrix beside each agrees to about 0.03.",
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
    caption="Above: the plain chain spreads without end. Below: the forward process shrinks before"
    " it adds noise, and it ends as standard normal noise from both starts.",
    made="Eight chains from each of two starts, with noise of variance 0.04 in each of 150 steps."
    " The bands are two standard deviations around the mean, by formula.",
    alt="Two plots of paths against the step from 0 to 150. In both, paths start at 3 and at minus"
    " 3. In the upper plot they spread, and the bands around 3 and minus 3 get wider without end."
    " In the lower plot the paths move towards 0 and mix, and both bands end between minus 2"
    " and 2.",
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
    caption="Each variable with its probabilities given its parents. Sixteen products of four"
    " numbers make the whole joint distribution.",
    made="Plotted from the tables of the script.",
    alt="A graph of four circles. T and M are above, S and B below. Arrows lead from T to S, from"
    " M to S and from M to B. T and M have the probabilities 0.4 and 0.1. S has four, for the"
    " cases of T and M: 1, 0.6, 0.8 and 0.1. B has two, for the cases of M: 1 and 0.1.",
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
    caption="Enumeration (bars) and sampling (dots, with two standard errors) agree. The rarer the"
    " condition, the fewer worlds are left, and the larger the error is.",
    made="Sampled: 10,000 random worlds. Each dot uses those in which the condition holds.",
    alt="Nine conditional probabilities as rows, with an orange bar at the enumerated value and a"
    " blue dot at the sampled value, whose error lines cover the bar. At the right is the number of"
    " the 10,000 worlds that were left.",
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
