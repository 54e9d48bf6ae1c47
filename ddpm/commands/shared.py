"""What all commands share: options, labels, and one line for bad input.

Nothing here imports torch, so help and errors in the arguments do not wait for it.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ddpm.bundle import Outline, outline, weights_file
from ddpm.choices import LAST_SEED, PER_SEED, SAMPLER_NAMES
from ddpm.commands.program import UNSET
from ddpm.outputs import check_output, say_replaced

if TYPE_CHECKING:
    from ddpm.data import Digits, Scaling
    from ddpm.model import Diffusion


@dataclass(frozen=True)
class Sampling:
    """The options that all editing scripts and illusions share.

    Attributes:
        model: the name of a bundled model (attention, attention-class, class, denoiser, digits,
            digits-fast, digits-faster, resunet or time; see `ddpm models`), or the path of a
            weights file.
        each: how many versions to generate.
        guidance: how strongly to follow a label; 1 is no guidance; by default the model's
            own, 1.4 for digits, but 4 for hybrid and 10 for anagram.
        steps: from noise to image, at most the T that the model was trained with; the model's own
            by default, 25 for digits.
        sampler: ancestral, beta-noise, no-noise, ddim, heun, heun-eps, dpm-solver or renoise; by
            default ancestral for inpaint, anagram and hybrid, and otherwise the model's own.
        clip: clamp the predicted clean image to the range of images at every step.
        weights: the last step's weights or their running average; the better set by default.
        seed: of the noise; the same seed gives the same images.
        device: cpu, cuda, mps ...; a GPU or another accelerator by default if there is one, else
            the CPU.
        force: overwrite a file even if this program did not make it.
    """

    model: str = "digits"
    each: int = 8
    guidance: Annotated[float | None, UNSET] = None
    steps: Annotated[int | None, UNSET] = None
    sampler: Annotated[str | None, UNSET] = None
    clip: bool = False
    weights: Annotated[Literal["raw", "averaged"] | None, UNSET] = None
    seed: int = 0
    device: Annotated[str | None, UNSET] = None
    force: bool = False

    def check(self) -> Outline:
        """What the model's file says about it, after a look at the options.

        Raises:
            ValueError: an option is out of range, or there is no such model.
        """
        how = {name: value for name, value in self.how().items() if name != "clip"}
        return check_sampling(self.model, self.each, **how)

    def load(self) -> Diffusion:
        """The model.

        Raises:
            ValueError: its file is damaged or of another format, or there is no such device.
        """
        from ddpm.loading import load

        return load(self.model, self.device, self.weights, self.steps)

    def how(self) -> dict[str, Any]:
        """What the functions of `ddpm.techniques` get: see `How` there."""
        return {
            "guidance": self.guidance,
            "steps": self.steps,
            "sampler": self.sampler,
            "seed": self.seed,
            "clip": self.clip,
        }


SAMPLING = Sampling()


def check_sampling(
    model: str,
    each: int = 1,
    steps: int | None = None,
    sampler: str | None = None,
    seed: int = 0,
    guidance: float | None = None,
) -> Outline:
    """What a model's file says about it, after a look at the options for sampling.

    Raises:
        ValueError: an option is out of range, or there is no such model, or its file is damaged.
    """
    if each < 1:
        raise ValueError(f"--each must be at least 1, not {each}")
    if each > PER_SEED:
        raise ValueError(f"--each must be at most {PER_SEED:,}, the images of a seed, not {each}")
    if sampler is not None and sampler not in SAMPLER_NAMES:
        raise ValueError(f"unknown sampler '{sampler}'; there are {', '.join(SAMPLER_NAMES)}")
    if not 0 <= seed <= LAST_SEED:
        raise ValueError(f"seed must be within 0..{LAST_SEED}, not {seed}")
    if guidance is not None and not math.isfinite(guidance):
        raise ValueError(f"--guidance must be a finite number, not {guidance}")
    known = outline(weights_file(model))
    if known is None:  # whatever is wrong with the file, `load` can say it
        from ddpm.loading import load

        recipe = load(model, "cpu").recipe
        known = Outline(recipe.name, recipe.T, recipe.classes, recipe.names)
    if steps is not None and not 1 <= steps <= known.T:
        raise ValueError(f"steps must be within 1..{known.T}, not {steps}")
    return known


def check_image(path: Path | None) -> None:
    """Refuses the path of an image where there is no file.

    Raises:
        ValueError: there is none.
    """
    if path is not None and not path.is_file():
        raise ValueError(f"no image '{path}'" + (": it is a folder" if path.is_dir() else ""))


def warn(text: str) -> None:
    """Prints a warning on standard error."""
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


def parse_labels(text: str | None, model: Outline) -> list[int] | None:
    """The labels a reader typed; all that the model knows if None.

    Digits are typed without anything between them, "37" being a 3 and a 7; the names of other
    classes with commas, "cat,dog".

    Raises:
        ValueError: not a label of this model, or labels for a model without.
    """
    names = model.names
    if not model.classes:
        if text:
            raise ValueError(f"'{model.name}' knows no labels: leave --labels out")
        return None
    if text is None:
        return list(range(model.classes))
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


def one_label(text: str | None, model: Outline) -> int | None:
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


def read_data(data: str, scaling: Scaling) -> tuple[Digits, Digits, tuple[str, ...]]:
    """What to train on, what to check on, and the classes' names if they are not the digits.

    Args:
        data: "mnist", "bundled", or a folder of folders of images.
        scaling: the side of the images, to which digits are enlarged, and a folder's channels.
    """
    from ddpm.augmentation import of_size
    from ddpm.data import bundled, folder, mnist, split_off

    if data in ("mnist", "bundled"):
        own, held_out = (mnist("train"), bundled()) if data == "mnist" else split_off(bundled())
        return of_size(own, scaling.image), of_size(held_out, scaling.image), ()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        digits, names = folder(data, scaling.image, scaling.channels)
    for warning in caught:
        warn(str(warning.message))
    return *split_off(digits), names
