"""Figures about the networks."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import torch
from matplotlib.figure import Figure as Plot
from matplotlib.patches import FancyBboxPatch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from ddpm import viz
from ddpm.devices import default_device
from ddpm.model import Diffusion
from ddpm.recipes import RECIPES, Recipe
from ddpm.recipes import recipe as find_recipe
from scripts.workshop.formulas import PIXELS, weights_of
from scripts.workshop.records import read_json, results_file
from scripts.workshop.registry import figure, measurement


@dataclass
class Part:
    """One of a network's own layers or groups of layers, as a run of the network showed it.

    Attributes:
        name: what its class calls it.
        shape: channels, height and width of what it returns; () before it has run.
        sources: the parts and inputs ("x", "t", "label") whose results reached it.
    """

    name: str
    shape: tuple[int, ...] = ()
    sources: set[str] = field(default_factory=set)


class _Origins(TorchFunctionMode):
    """Tracks which parts each tensor was made from, through all operations between parts."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[int, set[str]] = {}
        self.alive: list[Tensor] = []  # a tensor that is gone may pass its id on

    def of(self, values: Any) -> set[str]:
        tensors = [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]
        return set().union(*(self.known.get(id(tensor), set()) for tensor in tensors))

    def mark(self, values: Any, names: set[str]) -> None:
        for tensor in tree_leaves(values):
            if isinstance(tensor, Tensor):
                self.known[id(tensor)] = names
                self.alive.append(tensor)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.mark(result, self.of((args, kwargs)))
        return result


@torch.no_grad()
def trace(recipe: Recipe) -> list[Part]:
    """The parts of a recipe's network in the order in which they run, found by running it."""
    network, origins, parts = recipe.make_network().eval(), _Origins(), []
    inputs = {
        "x": torch.randn(1, 1, recipe.scaling.size, recipe.scaling.size),
        "t": torch.ones(1),
        "label": torch.zeros(1, dtype=torch.int64) if recipe.classes else None,
    }
    for name, value in inputs.items():
        origins.mark(value, {name})

    def watch(module: nn.Module, part: Part) -> None:
        def before(_: nn.Module, given: Any) -> None:
            part.sources |= origins.of(given)

        def after(_: nn.Module, given: Any, result: Tensor) -> None:
            part.shape = tuple(result.shape[1:])
            origins.mark(result, {part.name})
            parts.append(part)

        module.register_forward_pre_hook(before)
        module.register_forward_hook(after)

    for name, child in network.named_children():
        several = child.named_children() if isinstance(child, nn.ModuleList) else [("", child)]
        for number, module in several:
            watch(module, Part(f"{name} {number}".strip()))
    with origins:
        network(*inputs.values())
    return parts


def diagram(recipe: Recipe) -> Plot:
    """A network as a row of boxes, one level down for each halving of the resolution."""
    parts = trace(recipe)
    told = {part.name for part in parts if len(part.shape) == 1}  # the embeddings' vectors
    boxes = {part.name: part for part in parts if part.name not in told}
    levels = sorted({part.shape[-1] for part in boxes.values()}, reverse=True)
    plot, (axes,) = viz.plot(height=0.6 + 1.05 * len(levels))
    letters = min(9.0, 130 / len(boxes))
    places = {
        name: (place, -levels.index(part.shape[-1]))
        for place, (name, part) in enumerate(boxes.items())
    }
    for name, part in boxes.items():
        x, y = places[name]
        hears = part.sources & (told | {"t", "label"})
        colour = viz.BLUE if hears else viz.INK
        axes.add_patch(
            FancyBboxPatch(
                (x - 0.3, y - 0.36), 0.6, 0.72, boxstyle="round,pad=0.02,rounding_size=0.1",
                facecolor="none", edgecolor=colour, linewidth=1.6,
            )
        )  # fmt: skip
        axes.text(
            x, y, f"{name}\n{part.shape[0]} ch.", rotation=90, ha="center", va="center",
            fontsize=letters, color=colour,
        )  # fmt: skip
        # A set of names has another order in each run, so the arrows follow the boxes' order.
        for source in [name for name in boxes if name in part.sources]:
            x0, y0 = places[source]
            far, level = x - x0 > 1, y == y0
            lift = 0.38 if far and level else 0.2 * far  # over the boxes between, if any
            aside = 0.0 if far and level else 0.33
            axes.annotate(
                "",
                (x - aside, y + lift),
                (x0 + aside, y0 + lift),
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": viz.VERMILION if far else viz.INK,
                    "linewidth": 1.2,
                    "shrinkA": 0,
                    "shrinkB": 0,
                    "connectionstyle": f"arc3,rad={-0.4 / (x - x0) ** 0.5 if far and level else 0}",
                },
            )
    for size in levels:
        axes.text(-0.5, -levels.index(size) + 0.44, f"{size}x{size}", fontsize=9, color=viz.INK)
    axes.set(xlim=(-0.6, len(boxes) - 0.4), ylim=(-len(levels) + 0.4, 1.0))
    axes.set_axis_off()
    return plot


ARCHITECTURES = {
    "digits": "`digits`, the flagship: residual blocks at 14x14 and 7x7",
    "attention-class": "`attention-class`: double convolutions and self-attention",
    "resunet": "`resunet`: residual blocks, time and label fused at four places",
    "class": "`class`: plain convolutions, and a vector at the bottom",
}
"""The recipes whose networks are drawn; those without labels lack only the parts
that get the label."""


def _register(name: str, words: str) -> None:
    @figure(
        f"network-{name}",
        "networks",
        caption=f"The network of {words}. Orange: skip connections. Blue: parts that get the time"
        " or the label.",
        made="Plotted from a run of the network itself: which parts ran, in which order, what they"
        " returned, and whose results reached them.",
        alt="A row of boxes from left to right, each with its name and its number of channels."
        " They step down with every halving of the image and up again with every doubling. Orange"
        " lines join equal sizes, and blue boxes get the time and the label.",
        settings={"recipe": name},
    )
    def draw_network() -> Plot:
        """A network's diagram."""
        return diagram(find_recipe(name))


for _name, _words in ARCHITECTURES.items():
    _register(_name, _words)


@measurement
def networks(quick: bool) -> dict[str, Any]:
    """Size, cost and speed of every recipe's network."""
    speeds, rows, device = read_json("bench")["training"], {}, default_device()
    for name, recipe in RECIPES.items():
        if recipe.distillation or recipe.scaling.image != 28:  # the flagship's network again
            continue
        model = Diffusion(recipe, device=device)
        size, n = recipe.scaling.size, 1 if quick else 64
        x = torch.randn(n, 1, size, size, device=device)
        t = torch.ones(n, dtype=torch.int64, device=device)
        labels = torch.zeros(n, dtype=torch.int64, device=device)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            recipe.ask(model.network, x, t, labels)
        calls = []
        for _ in range(3):
            started = time.perf_counter()
            with torch.no_grad():
                recipe.ask(model.network, x, t, labels)
            if device.type == "cuda":
                torch.cuda.synchronize()
            calls.append(n / (time.perf_counter() - started))
        rows[name] = {
            "parameters": sum(p.numel() for p in model.network.parameters()),
            "macs": counter.get_total_flops() // 2 // n,
            "calls": max(calls),
        }
        if name in speeds:  # those of models that are not bundled are not measured
            rows[name]["training"] = speeds[name]["ours"]
        if results_file(f"training/{name}").is_file():
            log = read_json(f"training/{name}")
            rows[name]["loss"] = log["epochs"][-1]["validation_averaged"]
    return {"networks": rows, "batch": n}


def derived() -> dict[str, Any]:
    """Where the weights and the work of the networks are."""
    of = find_recipe("class")
    unflatten, full = weights_of(of, "unflatten"), weights_of(of, "stem.1")
    width = of.options["width"]
    return {
        "unflatten": unflatten,
        "full": full,
        "full_work": full * 28**2,
        "digits_work": weights_of(find_recipe("digits"), "down14.0.conv1") * 14**2,
        "features": width * 28**2,
        "megabytes": width * 28**2 * 128 * 4 / 1e6,
        "span": 1 / PIXELS.std,
        "span_squared": 1 / PIXELS.std**2,
        "pairs": {str(side): side**4 for side in (7, 14, 28)},
    }
