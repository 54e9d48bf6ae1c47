"""`ddpm hybrid`: one digit from a distance, another one up close.

`.png` is a sheet of the images as they are; `.gif` recedes; `.npz` holds the arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import tyro

from ddpm import viz
from ddpm.animations import receding
from ddpm.commands.pictures import write_frames, write_images
from ddpm.commands.shared import SAMPLING, Sampling, check_out, one_label
from ddpm.techniques.hybrids import ACROSS, CONTRAST
from ddpm.techniques.hybrids import draw_hybrid as draw

EXAMPLES = (
    "ddpm hybrid --far 3 --near 8 --each 1 --out hybrid.gif",
    "ddpm hybrid --far 3 --near 8 --across 1 --each 4 --out small.png",
)


def hybrid(
    far: str = "3",
    near: str = "8",
    across: int = ACROSS,
    contrast: float = CONTRAST,
    sampling: Annotated[Sampling, tyro.conf.arg(name="")] = SAMPLING,
    out: Path = Path("hybrid.png"),
) -> None:
    """Draws images that are one digit from afar and another from near.

    Args:
        far: the digit to be seen from afar.
        near: the digit to be seen from near.
        across: near digits a side; 1 splits the frequencies of a single image.
        contrast: of the far digit, where there are several near ones.
        out: .png for a sheet, .gif to see it recede, .npz for the arrays.
    """
    check_out(out, force=sampling.force)
    model = sampling.load()
    labels = one_label(far, model), one_label(near, model)
    images = draw(model, *labels, sampling.each, across, contrast, **sampling.how())
    if out.suffix.lower() == ".gif":
        write_frames(out, receding(images))
    else:
        asked = torch.full((len(images),), -1 if labels[0] is None else labels[0])
        scale = viz.scale_for(model.recipe.scaling.image) if across < 3 else 1
        columns = min(4, len(images))
        write_images(
            out, images, asked, lambda: viz.sheet(viz.as_grid(images, columns), scale=scale)
        )
    print(f"{out}: {len(images)} images, {far} from afar and {near} from near")
