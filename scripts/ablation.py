"""What each choice of the flagship was worth: `python -m scripts.ablation [NAME ...]`.

Every row is a short training from the same seed on the same images, times and noise, that
differs from the first row in one thing; then a thousand digits are drawn from the same noise.
"""

from __future__ import annotations

import dataclasses
import time
from functools import lru_cache
from typing import Annotated, Any

import torch
import tyro
from matplotlib.figure import Figure as Plot

from ddpm import viz
from ddpm.checkpoints import Run
from ddpm.commands.shared import run
from ddpm.data import Digits, bundled, mnist
from ddpm.devices import default_device, fast_arithmetic
from ddpm.files import write_json
from ddpm.model import Diffusion
from ddpm.recipes import DIGITS, RESUNET, Recipe
from ddpm.records import how
from ddpm.training import train
from scripts.workshop.judge import verdict
from scripts.workshop.records import RESULTS, read_json
from scripts.workshop.registry import figure

EACH = 100
SEED = 1


def change(training: dict[str, Any] | None = None, **fields: Any) -> Recipe:
    """The flagship's recipe with other settings."""
    settings = dataclasses.replace(DIGITS.training, **(training or {}))
    return dataclasses.replace(DIGITS, training=settings, **fields)


def network(width: int, blocks: int) -> Recipe:
    """The flagship's recipe with another size of network."""
    return change(options={**DIGITS.options, "width": width, "blocks": blocks})


SMALL = dataclasses.replace(
    RESUNET,
    options={**RESUNET.options, "width": 24},
    training=dataclasses.replace(RESUNET.training, rate=1e-3),
    sampler="ddim",
    steps=25,
    guidance=DIGITS.guidance,
)
FROZEN = dataclasses.replace(SMALL, options={**SMALL.options, "frozen": True})

# --8<-- [start:rows]
ROWS: dict[str, tuple[str, Recipe]] = {
    "digits": ("the recipe as it is", DIGITS),
    "last-weights": ("the last weights, not their average", change(weights="raw")),
    "eps": ("predicts the noise", change(predicts="eps")),
    "linear": ("linear schedule", change(schedule="linear")),
    "linear-eps": (
        "linear schedule, predicts the noise",
        change(schedule="linear", predicts="eps"),
    ),
    "x0": ("predicts the image", change(predicts="x0")),
    "min-snr": ("loss weighted by min-SNR 5", change({"min_snr": 5.0})),
    "lower-rate": ("rate of 1e-3", change({"rate": 1e-3})),
    "batch-128": ("half the batch, twice the steps", change({"batch": 128})),
    "wide": ("64 channels, one block a level", network(64, 1)),
    "small": ("32 channels", network(32, 2)),
    "no-dropout": ("labels never dropped, no guidance", change(label_dropout=0, guidance=1)),
    "shifted": ("digits shifted by up to one pixel", DIGITS),
    "balanced": ("as many of each digit", DIGITS),
    "resunet": ("course B's network, 24 features, rate of 1e-3", SMALL),
    "resunet-frozen": ("the same, embeddings frozen", FROZEN),
}
# --8<-- [end:rows]


def shifted(digits: Digits) -> Digits:
    """Each digit moved by -1, 0 or 1 pixel in both directions at random."""
    generator = torch.Generator().manual_seed(SEED)
    moves = torch.randint(-1, 2, (len(digits), 2), generator=generator)
    images = digits.images.clone()
    for dy, dx in [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]:
        these = (moves == torch.tensor([dy, dx])).all(1)
        images[these] = digits.images[these].roll((dy, dx), (1, 2))
    return Digits(images, digits.labels)


def balanced(digits: Digits) -> Digits:
    """As many of each digit, in all as many as before: some are left out, some come twice."""
    generator = torch.Generator().manual_seed(SEED)
    size, chosen = len(digits) // 10, []
    for label in range(10):
        places = (digits.labels == label).nonzero()[:, 0]
        order = torch.randperm(len(places), generator=generator)
        chosen.append(places[order.repeat(2)[:size]])
    return digits[torch.cat(chosen)]


DATA = {"shifted": shifted, "balanced": balanced}

SAME_TRAINING = {"last-weights": "digits"}
"""Rows that draw from the training of another row."""


@lru_cache(maxsize=1)
def trained(name: str, epochs: int) -> Run:
    """The training of one row, done."""
    state = Run.start(ROWS[name][1], default_device())
    digits = DATA.get(name, lambda same: same)(mnist("train"))
    for _ in train(state, digits, bundled()[:500], epochs):
        pass
    return state


def measure(name: str, epochs: int) -> dict[str, Any]:
    """Trains one row and draws from it."""
    recipe, device = ROWS[name][1], default_device()
    state = trained(SAME_TRAINING.get(name, name), epochs)
    seconds = sum(entry["seconds"] for entry in state.log)
    model = Diffusion(recipe, state.network if recipe.weights == "raw" else state.averaged, device)
    asked = torch.arange(10).repeat(EACH)
    with fast_arithmetic(device):
        images = model.sample(labels=asked, seed=SEED).float()
    return {
        "change": ROWS[name][0],
        **verdict(images, asked),
        "loss": state.log[-1][f"validation_{recipe.weights}"],
        "parameters": sum(p.numel() for p in state.network.parameters()),
        "seconds": seconds,
        "images_per_second": state.log[-1]["images_per_second"],
    }


def ablation(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    epochs: int = 2,
    list_: Annotated[bool, tyro.conf.arg(name="list")] = False,
) -> None:
    """Trains and measures rows of the table, and records each as soon as it is done.

    Args:
        names: which; all by default.
        epochs: passes over the 55,000 digits in each.
        list_: only list their names.
    """
    if list_:
        for name, (words, _) in ROWS.items():
            print(f"{name:14} {words}")
        return
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        raise ValueError(f"unknown row '{unknown[0]}'; --list shows all")
    if epochs < 1:
        raise ValueError(f"--epochs must be at least 1, not {epochs}")
    for name in names or ROWS:
        started = time.perf_counter()
        row = measure(name, epochs)
        row["how"] = how(default_device(), DIGITS.training.seed, time.perf_counter() - started)
        path = RESULTS / "ablation.json"
        before = read_json("ablation") if path.is_file() else {}
        rows = before["rows"] if before.get("epochs") == epochs else {}  # others do not compare
        rows = {key: {**rows, name: row}[key] for key in ROWS if key in rows or key == name}
        write_json(path, {"epochs": epochs, "count": 10 * EACH, "rows": rows, "how": row["how"]})
        print(f"{name:14} read right {row['accuracy']:.1%}, FID {row['fid']:.3f}")


@figure(
    "what-mattered",
    "digits",
    caption="What each choice is worth: the distance from real digits after short trainings. Each"
    " row differs from the first in one thing, the last two only from each other.",
    made="The rows of the table, each trained on as many images.",
    alt="A bar chart on a logarithmic axis of the Fréchet distance of each row, the"
    " recipe's own bar in another colour; each bar has its number at its end.",
    results=("ablation",),
)
def what_mattered() -> Plot:
    """The Fréchet distance of every row."""
    rows = read_json("ablation")["rows"]
    plot, (axes,) = viz.plot(height=0.9 + 0.36 * len(rows))
    names = [*reversed(rows)]
    values = [rows[name]["fid"] for name in names]
    colours = [viz.VERMILION if name == "digits" else viz.BLUE for name in names]
    axes.barh(names, values, color=colours, height=0.65)
    for place, value in enumerate(values):
        axes.text(value * 1.08, place, f"{value:.3g}", va="center", fontsize=13)
    axes.set(xscale="log", xlabel="Fréchet distance, lower is better")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(right=2.2 * max(values))
    axes.grid(axis="y", visible=False)
    return plot


if __name__ == "__main__":
    run(ablation)
