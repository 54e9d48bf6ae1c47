"""What the commands of text-to-image share: options, the model, and their sheets.

Nothing here imports torch, so help and errors in the arguments do not wait for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ddpm.choices import LAST_SEED, PER_SEED, SAMPLER_NAMES
from ddpm.commands.program import UNSET
from ddpm.text_pipelines import check_model

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from ddpm.text_to_image import TextToImage

MODEL = "DeepFloyd/IF-I-L-v1.0"


@dataclass(frozen=True)
class TextSampling:
    """The options that all commands on a text-to-image model share.

    Attributes:
        model: a pixel-space text-to-image pipeline of diffusers: a local folder, or a name on the
            hub, from which it is fetched once.
        each: how many versions of each.
        guidance: how strongly to follow the prompt; 1 is no guidance.
        negative: a prompt to move away from.
        steps: from noise to image; each costs a network call for two images.
        sampler: learned (ancestral, with the variance that the network predicts), ancestral,
            beta-noise, no-noise, ddim, heun, heun-eps, dpm-solver or renoise.
        batch: how many images go through the network together; fewer take less memory.
        seed: of the noise; the same seed gives the same images.
        device: cpu, cuda, mps ...; a GPU or another accelerator by default if there is one, else
            the CPU.
        force: overwrite a file even if this program did not make it.
    """

    model: str = MODEL
    each: int = 4
    guidance: float = 7.0
    negative: str = ""
    steps: int = 33
    sampler: str = "learned"
    batch: int = 4
    seed: int = 0
    device: Annotated[str | None, UNSET] = None
    force: bool = False

    def check(self, *prompts: str) -> None:
        """Looks at the options and the prompts, as far as this can be done without torch.

        Raises:
            ValueError: one is out of range, the model is none, or the extra is not installed.
        """
        for name, value, most in (
            ("each", self.each, PER_SEED),
            ("steps", self.steps, PER_SEED),
            ("batch", self.batch, PER_SEED),
        ):
            if not 1 <= value <= most:
                raise ValueError(f"--{name} must be within 1..{most:,}, not {value}")
        if self.sampler not in ("learned", *SAMPLER_NAMES):
            known = ", ".join(("learned", *SAMPLER_NAMES))
            raise ValueError(f"unknown sampler '{self.sampler}'; there are {known}")
        if not 0 <= self.seed <= LAST_SEED:
            raise ValueError(f"seed must be within 0..{LAST_SEED}, not {self.seed}")
        if not math.isfinite(self.guidance):
            raise ValueError(f"--guidance must be a finite number, not {self.guidance}")
        if not prompts or not all(prompt.strip() for prompt in prompts):
            raise ValueError("--prompt must have words, such as 'a high quality photo'")
        check_model(self.model)

    def load(self, *prompts: str, progress: bool = True) -> tuple[TextToImage, list[int]]:
        """The model and the numbers of the prompts.

        Raises:
            ValueError: it cannot be loaded, does not fit into memory, or a prompt is too long.
        """
        from ddpm.text_pipelines import load_text

        variance = self.sampler == "learned"
        text = load_text(self.model, prompts, self.negative, self.device, variance, progress)
        if self.steps > text.schedule.T:
            raise ValueError(f"steps must be within 1..{text.schedule.T}, not {self.steps}")
        return text, [text.label(prompt) for prompt in prompts]

    def how(self) -> dict[str, Any]:
        """What the functions of `ddpm.techniques` get: see `How` there."""
        from ddpm.variance import learned

        return {
            "guidance": self.guidance,
            "steps": self.steps,
            "sampler": learned if self.sampler == "learned" else self.sampler,
            "seed": self.seed,
            "batch": self.batch,
        }


TEXT_SAMPLING = TextSampling()


SHOWN = 128
"""About how many pixels of a screen an image takes on a sheet."""


def write(
    out: Path,
    images: Tensor,
    columns: dict[str, Tensor] | None = None,
    rows: Sequence[str] = (),
    across: int = 5,
) -> None:
    """Writes images (N, C, H, W) as `.npz`, or what stands in named columns as a sheet.

    Args:
        out: where to.
        images: of an array, and of a sheet without `columns`, in rows of `across`.
        columns: images by their names, the same number in each.
        rows: a label for each row.
    """
    import torch

    from ddpm import viz
    from ddpm.commands.pictures import write_images

    def sheet() -> Image.Image:
        scale = viz.scale_for(images.shape[-1], SHOWN)
        if columns is None:
            return viz.sheet(viz.as_grid(images, min(len(images), across)), scale=scale)
        lines = torch.cat([viz.as_grid(x, 1) for x in columns.values()], dim=1)
        return viz.sheet(lines, rows=rows, columns=[*columns], scale=scale)

    write_images(out, images, torch.full((len(images),), -1), sheet)
