"""What all scripts share: one line for bad input, and outputs told apart by their ending."""

from __future__ import annotations

import datetime
import inspect
import json
import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torchvision
import tyro
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.diffusion import SAMPLERS, Diffusion, load
from ddpm.files import atomic

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "site_assets"
RESULTS = ASSETS / "results"

GIF_FRAMES = 40
"""More frames make a GIF larger, not smoother to the eye."""


@dataclass(frozen=True)
class Drawing:
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
        device: cpu or cuda; a GPU by default if there is one.
    """

    model: str = "digits"
    each: int = 8
    guidance: float | None = None
    steps: int | None = None
    sampler: str | None = None
    weights: Literal["raw", "averaged"] | None = None
    seed: int = 0
    device: str | None = None

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


DRAWING = Drawing()


def run(command: Callable[..., Any]) -> None:
    """Makes a typed function the program: its arguments are the options.

    Bad input ends in one line on standard error and exit code 2. With `DDPM_TRACEBACK=1` it
    ends in the traceback instead.
    """
    # tyro puts what the docstring says of an argument beside it: above stands only the rest.
    description = inspect.cleandoc(command.__doc__ or "").partition("\nArgs:")[0]
    try:
        tyro.cli(command, description=description)
    except (ValueError, OSError) as error:
        if os.environ.get("DDPM_TRACEBACK"):
            raise
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


def warn(text: str) -> None:
    """Says something to think about on standard error, and goes on."""
    print(f"warning: {text}", file=sys.stderr)


def check_out(
    out: Path, endings: Sequence[str] = (".png", ".gif", ".npz"), option: str = "--out"
) -> Path:
    """The path, if it ends as it should and can be written to; asked before any work is done.

    Raises:
        ValueError: another ending, or a folder that is missing or cannot be written to.
    """
    if out.suffix.lower() not in endings:
        raise ValueError(f"{option} must end in {', '.join(endings)}, not '{out.name}'")
    if out.is_dir():
        raise ValueError(f"{option} '{out}' is a folder")
    try:
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise ValueError(f"cannot write '{out}': {error.strerror}") from error
    return out


def write_images(out: Path, images: Tensor, labels: Tensor, sheet: Image.Image) -> None:
    """Writes images as `.npz` (arrays `images` and `labels`) or their sheet as `.png`.

    Args:
        out: where to.
        images: (N, 1, 28, 28) in [0, 1].
        labels: (N,), -1 for images without a label.
        sheet: what a `.png` shows.
    """
    with atomic(out) as file:
        if out.suffix.lower() == ".npz":
            pixels = images[:, 0].float().numpy()
            np.savez_compressed(file, images=pixels, labels=labels.numpy())
        else:
            viz.write_png(sheet, file)


def write_frames(out: Path, frames: Iterable[Image.Image]) -> None:
    """Writes a GIF."""
    with atomic(out) as file:
        viz.write_gif(frames, file)


def pick_frames(path: Sequence[int], count: int = GIF_FRAMES) -> set[int]:
    """At most `count` of the times of a path, spread evenly, the first and the last included."""
    count = min(count, len(path))
    return {path[round(i * (len(path) - 1) / max(1, count - 1))] for i in range(count)}


def device_name(device: torch.device) -> str:
    """The device in words, for a record of what made a number."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} threads, {torch.backends.cpu.get_cpu_capability()}"


def how(device: torch.device, seed: int | None, seconds: float) -> dict[str, Any]:
    """The record that stands beside every number: what made it, where and when."""
    return {
        "command": shlex.join(["python", "-m", f"scripts.{Path(sys.argv[0]).stem}", *sys.argv[1:]]),
        "seed": seed,
        "device": device_name(device),
        "date": datetime.date.today().isoformat(),
        "seconds": round(seconds, 1),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "numpy": np.__version__,
        },
    }


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Writes a results file, all or nothing."""
    with atomic(path) as file:
        file.write_text(json.dumps(values, indent=1) + "\n")


def results_file(name: str) -> Path:
    """Where a results file is: `.json` is added to a name such as "training/attention"."""
    return RESULTS / (name if name.endswith(".npz") else f"{name}.json")


def read_json(name: str) -> dict[str, Any]:
    """A results file by its name, such as "training/attention"."""
    return json.loads(results_file(name).read_text())


def write_pictures(path: Path, pictures: dict[str, Tensor]) -> None:
    """Writes sets of images (N, 1, 28, 28) in [0, 1] by name as bytes in a `.npz`."""
    arrays: dict[str, Any] = {
        name: (images[:, 0] * 255).round().byte().numpy() for name, images in pictures.items()
    }
    with atomic(path) as file:
        np.savez_compressed(file, **arrays)


def read_pictures(path: Path) -> dict[str, Tensor]:
    """The inverse of `write_pictures`."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name])[:, None].float() / 255 for name in arrays}
