"""Averages of the weights whose length is chosen after the training ("post-hoc EMA").

While it trains, a run keeps two averages that look back over a fixed share of the training, and
saves them from time to time. A sum of the saved averages is the average of any other length, as
closely as least squares can make it.

Source: Karras et al. 2024, "Analyzing and Improving the Training Dynamics of Diffusion Models",
section 3 and appendix C.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ddpm import arguments
from ddpm.files import write_tensors
from ddpm.outputs import header_of
from ddpm.recipes import Recipe
from ddpm.stored import check_tensors, open_tensors, read_header, read_tensors

LONGEST = 0.28
"""The greatest length: an average of all weights since the first step has 0.289."""


# --8<-- [start:exponent]
def exponent(length: float) -> float:
    """The power gamma of an average of that length: step i counts like i^gamma - (i - 1)^gamma.

    Args:
        length: the standard deviation of the average's weights over the steps, as a share of the
            training, above 0 and at most `LONGEST` (the paper's sigma_rel, equation 123).
    """
    length = arguments.number("length", length, 1e-3, LONGEST)
    inverse = length**-2
    return float(max(np.roots([1, 7, 16 - inverse, 12 - inverse]).real))
    # --8<-- [end:exponent]


TRAINED = ("network", "options", "training", "scaling", "predicts")
"""The parts that must agree between recipes for their weights to come from one training."""


class Averages:
    """Running averages of a network's weights, one for each length.

    Attributes:
        weights: by length, in the order of the network's parameters, in float32.
    """

    def __init__(self, network: nn.Module, lengths: Sequence[float]):
        if lengths and any(True for _ in network.buffers()):
            raise ValueError("lengths must be empty: this network's buffers cannot be averaged")
        self.names = [name for name, _ in network.named_parameters()]
        self.exponents = {length: exponent(length) for length in lengths}
        self.weights: dict[float, list[Tensor]] = {
            length: [parameter.detach().clone() for parameter in network.parameters()]
            for length in lengths
        }

    # --8<-- [start:update]
    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Adds the weights after step 1, 2, ...; those before the first step do not count."""
        theirs: list[Tensor] = list(network.parameters())
        for length, gamma in self.exponents.items():
            decay = (1 - 1 / step) ** (gamma + 1)
            torch._foreach_lerp_(self.weights[length], theirs, 1 - decay)
            # --8<-- [end:update]

    def state(self) -> dict[str, Tensor]:
        """All averages by "LENGTH/NAME", for a checkpoint."""
        return {
            f"{length:g}/{name}": value
            for length, values in self.weights.items()
            for name, value in zip(self.names, values, strict=True)
        }

    @torch.no_grad()
    def load(self, state: dict[str, Tensor]) -> None:
        """The inverse of `state`."""
        for name, value in self.state().items():
            value.copy_(state[name])

    def save(self, folder: Path, recipe: Recipe, step: int, plan: object) -> Path:
        """Saves the averages in half precision, as a file of their own in the folder."""
        folder.mkdir(exist_ok=True)
        path = folder / f"{step:08}.safetensors"
        tensors = {name: value.half().contiguous() for name, value in self.state().items()}
        header = {"recipe": recipe.to_dict(), "step": step, "plan": plan}
        write_tensors(path, tensors, {key: json.dumps(value) for key, value in header.items()})
        return path


def folder_of(weights: Path) -> Path:
    """The folder in which a training saves its averages, by the name of its weights."""
    return weights.with_suffix(".averages")


def due(snapshots: int, epoch: int, epochs: int) -> bool:
    """Whether averages are saved after an epoch: `snapshots` times in all, also at the end."""
    return snapshots * epoch // epochs > snapshots * (epoch - 1) // epochs


def clear(folder: Path) -> None:
    """Removes what an earlier training saved; other files stay."""
    for path in folder.glob("*.safetensors"):
        if "step" in header_of(path):
            path.unlink()


# --8<-- [start:combination]
@dataclass(frozen=True)
class Profile:
    """Which steps an average looks back on.

    Attributes:
        step: the last one.
        length: see `exponent`.
    """

    step: int
    length: float


def product(one: Profile, other: Profile) -> float:
    """The integral of the product of two profiles over all steps (the paper's equation 128).

    A profile is (gamma + 1) t^gamma / step^(gamma + 1) up to its step, and 0 after it.
    """
    first, last = sorted((one, other), key=lambda profile: profile.step)
    a, b = exponent(first.length), exponent(last.length)
    shared = (first.step / last.step) ** b / last.step
    return (a + 1) * (b + 1) / (a + b + 1) * shared


def combination(kept: Sequence[Profile], wanted: Profile) -> list[float]:
    """How much of each kept average to take so that their sum is nearest to the wanted one.

    Nearest by the integral of the squared difference of the profiles. The shares add up to 1, so
    that a weight which never changed stays as it is.

    Raises:
        ValueError: nothing is kept, or a profile twice.
    """
    if not kept or len({*kept}) < len(kept):
        raise ValueError(f"kept must be one or more different profiles, not {len(kept)} of them")
    count = len(kept)
    system, right = np.zeros((count + 1, count + 1)), np.ones(count + 1)
    for i, one in enumerate(kept):
        right[i] = product(one, wanted)
        for j, other in enumerate(kept):
            system[i, j] = product(one, other)
    system[count, :count] = system[:count, count] = 1  # the last unknown is Lagrange's multiplier
    scale = np.sqrt(np.append(system.diagonal()[:count], 1))
    shares = np.linalg.lstsq(system / np.outer(scale, scale), right / scale, rcond=1e-12)[0] / scale
    return [float(share) for share in shares[:count]]
    # --8<-- [end:combination]


def kept_in(folder: Path, recipe: Recipe) -> dict[Profile, tuple[Path, str]]:
    """What a training saved: the files and the names in them, by profile.

    Raises:
        ValueError: a file is damaged or of another recipe or plan, or there is none.
    """
    found: dict[Profile, tuple[Path, str]] = {}
    plans = set()
    for path in sorted(folder.glob("*.safetensors")):
        with open_tensors(path) as file:
            theirs = Recipe.from_dict(read_header(file, "recipe"))
            if any(getattr(theirs, part) != getattr(recipe, part) for part in TRAINED):
                raise ValueError(f"'{path}' is of another recipe than '{recipe.name}'")
            step = arguments.integer("step", read_header(file, "step"), 1)
            plans.add(json.dumps(read_header(file, "plan")))
        for length in recipe.training.lengths:
            found[Profile(step, length)] = path, f"{length:g}/"
    if not found:
        raise ValueError(f"'{folder}' holds no averages of '{recipe.name}'")
    if len(plans) > 1:
        raise ValueError(f"'{folder}' holds averages of trainings of {len(plans)} lengths")
    return found


@torch.no_grad()
def reconstruct(folder: Path, recipe: Recipe, length: float) -> nn.Module:
    """The network with the average of that length at the training's last step.

    Args:
        folder: where a training saved its averages.
        recipe: of that training.
        length: see `exponent`.

    Raises:
        ValueError: as `kept_in` and `combination`.
    """
    kept = kept_in(folder, recipe)
    wanted = Profile(max(profile.step for profile in kept), length)
    network = recipe.make_network()
    names = dict(network.named_parameters())
    prefixes = [f"{kept_length:g}/" for kept_length in recipe.training.lengths]
    expected = {f"{prefix}{name}": p for prefix in prefixes for name, p in names.items()}
    total = {name: torch.zeros_like(p, dtype=torch.float64) for name, p in names.items()}
    for share, (path, prefix) in zip(combination([*kept], wanted), kept.values(), strict=True):
        with open_tensors(path) as file:
            check_tensors(file, expected)
            for name, value in read_tensors(file, prefix).items():
                total[name] += share * value.double()
    for name, parameter in names.items():
        parameter.copy_(total[name])
    return network
