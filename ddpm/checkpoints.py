"""The state of a training, and its checkpoints on disk."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ddpm.averages import Averages
from ddpm.files import write_tensors
from ddpm.outputs import WAY_OUT
from ddpm.reading import printable
from ddpm.recipes import Recipe
from ddpm.stored import LARGEST_HEADER, check_tensors, open_tensors, read_header, read_tensors


@dataclass(eq=False)
class Run:
    """Everything that changes while training, and so everything a checkpoint holds.

    Attributes:
        averages: of the lengths that the recipe names, none for most.
        data: `ddpm.trainings.digest` of the images that are trained on; empty if it is not known.
        plan: how many epochs, and how many steps if they were limited, the training is to have;
            None before it starts, and for checkpoints of the first release. Where it is None,
            any number of epochs may follow.
    """

    recipe: Recipe
    network: nn.Module
    averaged: nn.Module
    averages: Averages
    optimizer: torch.optim.AdamW
    log: list[dict[str, Any]]
    data: str = ""
    plan: tuple[int, int | None] | None = None

    @classmethod
    def start(cls, recipe: Recipe, device: torch.device | str = "cpu") -> Run:
        """A run before its first step, with the weights that the recipe's seed gives.

        Raises:
            ValueError: the recipe has a value that no file of weights may have.
        """
        Recipe.from_dict(recipe.to_dict())  # now, not hours later when its weights are loaded
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.training.seed)
            network = recipe.make_network().to(device)
        if recipe.training.channels_last:
            network = network.to(memory_format=torch.channels_last)
        averaged = copy.deepcopy(network).requires_grad_(False)
        fused = torch.device(device).type in ("cpu", "cuda")
        settings = recipe.training
        optimizer = torch.optim.AdamW(
            trained(network), settings.rate, weight_decay=settings.weight_decay, fused=fused
        )
        averages = Averages(network, settings.lengths)
        return cls(recipe, network, averaged, averages, optimizer, [])

    def networks(self) -> dict[str, nn.Module]:
        """All weights of a checkpoint, by the names that they have there."""
        return {"network": self.network, "averaged": self.averaged}

    def optimizers(self) -> dict[str, torch.optim.AdamW]:
        """All optimisers of a checkpoint, by the names that they have there."""
        return {"optimizer": self.optimizer}

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return len(self.log)

    def save(self, path: str | Path) -> None:
        """Writes a checkpoint, all or nothing."""
        tensors = self._weights()
        for name, optimizer in self.optimizers().items():
            for i, state in optimizer.state_dict()["state"].items():
                tensors |= {f"{name}/{i}/{k}": v for k, v in state.items()}
        values = {
            "recipe": self.recipe.to_dict(),
            "log": self.log,
            "data": self.data,
            "plan": self.plan,
        }
        header = {name: json.dumps(value) for name, value in values.items()}
        write_tensors(path, {k: v.contiguous() for k, v in tensors.items()}, header)

    def restore(self, path: str | Path) -> None:
        """Continues from a checkpoint of the same recipe, which may now be trained for longer.

        Raises:
            ValueError: the file is no checkpoint, or of another recipe, or of other images than
                `data` says.
        """
        from ddpm.forms import Entry, check

        try:
            with open_tensors(path) as file:
                theirs = Recipe.from_dict(read_header(file, "recipe"))
                log = read_header(file, "log", LARGEST_HEADER)
                check(list[Entry], log)
                there = file.metadata()
                data = read_header(file, "data") if "data" in there else ""
                plan = read_header(file, "plan") if "plan" in there else None
                if data:
                    check(str, data)
                check(tuple[int, int | None] | None, plan)
                if [entry["epoch"] for entry in log] != [*range(1, len(log) + 1)]:
                    raise ValueError("the epochs of its log are not 1, 2, 3, ...")
                if _trained_part(theirs) == _trained_part(self.recipe):
                    names = file.keys()
                    started = [
                        of
                        for of in self.optimizers()
                        if (log and of == "optimizer") or any(n.startswith(f"{of}/") for n in names)
                    ]
                    check_tensors(file, self._expected(started))
                    tensors = read_tensors(file)
        except (ValueError, OSError) as error:
            reason = printable(str(error), 300)
            raise ValueError(
                f"'{printable(str(path))}' is no checkpoint of a training: {reason}"
            ) from error
        if differ := _differences(_trained_part(theirs), _trained_part(self.recipe)):
            raise ValueError(
                f"'{printable(str(path))}' is from another recipe or other settings than"
                f" {self.recipe.name} ({printable(', '.join(differ))}): {WAY_OUT}"
            )
        if self.data and data and data != self.data:
            raise ValueError(
                f"'{printable(str(path))}' is of a training on other images: {WAY_OUT}"
            )
        for name, network in self.networks().items():
            network.load_state_dict(_under(tensors, f"{name}/"))
        for name, optimizer in self.optimizers().items():
            optimizer.state.clear()
            fused = optimizer.defaults["fused"]
            for i, parameter in enumerate(_steered(optimizer) if name in started else []):
                saved = _under(tensors, f"{name}/{i}/")
                # A fused step walks through memory, so the moments take their parameter's layout.
                optimizer.state[parameter] = {
                    # Only a fused step counts on the device.
                    # A copy: the file is mapped into memory as long as its own tensors are in use.
                    "step": saved["step"].to(parameter.device if fused else "cpu", copy=True),
                    **{
                        moment: torch.empty_like(parameter, requires_grad=False).copy_(
                            saved[moment]
                        )
                        for moment in ("exp_avg", "exp_avg_sq")
                    },
                }
        self.averages.load(_under(tensors, "averages/"))
        self.log, self.plan = log, (plan[0], plan[1]) if plan else None
        self.data = self.data or data

    def _weights(self) -> dict[str, Tensor]:
        """The weights of all networks and averages, by their names in a checkpoint."""
        tensors = {
            f"{name}/{k}": v
            for name, network in self.networks().items()
            for k, v in network.state_dict().items()
        }
        return tensors | {f"averages/{k}": v for k, v in self.averages.state().items()}

    def _expected(self, started: list[str]) -> dict[str, Tensor]:
        """Tensors of the shapes that a checkpoint holds, by name."""
        tensors = self._weights()
        for name in started:
            for i, parameter in enumerate(_steered(self.optimizers()[name])):
                tensors[f"{name}/{i}/step"] = torch.zeros(())
                tensors |= {f"{name}/{i}/{m}": parameter for m in ("exp_avg", "exp_avg_sq")}
        return tensors


def trained(network: nn.Module) -> list[nn.Parameter]:
    """The parameters that training changes: all that are not frozen."""
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def _steered(optimizer: torch.optim.AdamW) -> list[nn.Parameter]:
    """The parameters of an optimiser, in the order of its state."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _trained_part(recipe: Recipe) -> dict[str, Any]:
    """The part of a recipe that decides how it is trained, without the settings of sampling."""
    sampling = ("weights", "sampler", "steps", "guidance")
    return {key: value for key, value in recipe.to_dict().items() if key not in sampling}


def _differences(theirs: dict[str, Any], ours: dict[str, Any], within: str = "") -> list[str]:
    """The settings that differ, each with both values, as far as a line holds them."""
    found: list[str] = []
    for name in sorted(theirs.keys() | ours.keys()):
        one, other = theirs.get(name), ours.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            found += _differences(one, other, f"{within}{name}.")
        elif one != other:
            values = [f"{value}" for value in (one, other)]
            short = all(len(value) < 40 for value in values)
            found.append(f"{within}{name} " + (" instead of ".join(values) if short else "differs"))
    return found


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
