"""What all commands share: options, labels, and one line for bad input."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.outputs import check_output, say_replaced
from ddpm.sampling import SAMPLERS


@dataclass(frozen=True)
class Sampling:
    """The options that all editing scripts and illusions share.

    Attributes:
        model: the name of a bundled model, or the path of a weights file.
        each: how many versions to draw.
        guidance: how strongly to insist on a label, 1 being not at all; the script's own by
            default.
        steps: from noise to image, at most the T that the model was trained with; the model's own
            number by default.
        sampler: ancestral, beta-noise, no-noise, ddim, heun, heun-eps or dpm-solver; the script's
            own by default.
        weights: the last step's weights or their running average; the better set by default.
        seed: of the noise; the same seed draws the same images.
        device: cpu, cuda, mps ...; a GPU or another accelerator by default if there is one, else
            the CPU.
        force: overwrite a file even if this program did not make it.
    """

    model: str = "digits"
    each: int = 8
    guidance: float | None = None
    steps: int | None = None
    sampler: str | None = None
    weights: Literal["raw", "averaged"] | None = None
    seed: int = 0
    device: str | None = None
    force: bool = False

    def load(self) -> Diffusion:
        """The model, after the options have been looked at.

        Raises:
            ValueError: an option is out of range, or there is no such model.
        """
        if self.each < 1:
            raise ValueError(f"--each must be at least 1, not {self.each}")
        if self.sampler is not None and self.sampler not in SAMPLERS:
            raise ValueError(f"unknown sampler '{self.sampler}'; there are {', '.join(SAMPLERS)}")
        return load(self.model, self.device, self.weights)

    def how(self) -> dict[str, Any]:
        """What the functions of `ddpm.techniques` are told: see `How` there."""
        return {
            "guidance": self.guidance,
            "steps": self.steps,
            "sampler": self.sampler,
            "seed": self.seed,
        }


SAMPLING = Sampling()


def warn(text: str) -> None:
    """Says something to think about on standard error, and goes on."""
    print(f"warning: {text}", file=sys.stderr)


def check_out(
    out: Path,
    endings: Sequence[str] = (".png", ".gif", ".npz"),
    option: str = "--out",
    force: bool = False,
    others: Mapping[str, Path | None] | None = None,
) -> Path:
    """The path, if it ends as it should and may be written; asked before any work is done.

    A file that this program made is replaced, and the command says so; another needs `force`.

    Args:
        out: where to write.
        endings: those that are allowed.
        option: what the user called `out`.
        force: whether a file that this program did not make may be replaced.
        others: further inputs and outputs, by their option; none of them may be `out`.

    Raises:
        ValueError: another ending, a name that is too long, a folder that is missing or cannot be
            written to, one of the others, or a file of the user's.
    """
    if out.suffix.lower() not in endings:
        raise ValueError(f"{option} must end in {', '.join(endings)}, not '{out.name}'")
    if check_output(out, option, force, others):
        say_replaced(out)
    return out


def parse_labels(text: str | None, model: Diffusion) -> list[int] | None:
    """The labels a reader typed; all that the model knows if None.

    Digits are typed without anything between them, "37" being a 3 and a 7; the names of other
    classes with commas, "cat,dog".

    Raises:
        ValueError: not a label of this model, or labels for a model without.
    """
    names = model.recipe.names
    if not model.recipe.classes:
        if text:
            raise ValueError(f"'{model.recipe.name}' knows no labels: leave --labels out")
        return None
    if text is None:
        return list(range(model.recipe.classes))
    if names:
        asked = [name.strip() for name in text.split(",")]
        unknown = [name for name in asked if name not in names]
        if unknown:
            known = ", ".join(names)
            raise ValueError(f"--labels takes names out of {known}, not '{unknown[0]}'")
        return [names.index(name) for name in asked]
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"--labels takes digits, such as 0123456789, not '{text}'")
    return [int(character) for character in text]


def one_label(text: str | None, model: Diffusion) -> int | None:
    """A single label that a reader typed; None if none was.

    Raises:
        ValueError: not one label of this model.
    """
    if text is None:
        return None
    labels = parse_labels(text, model)
    if not labels or len(labels) != 1:
        raise ValueError(f"give one label, not '{text}'")
    return labels[0]
