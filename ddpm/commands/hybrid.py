"""`ddpm hybrid`: one digit from a distance, another one up close.

`.png` is a sheet of the images as they are; `.gif` recedes; `.npz` holds the arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from ddpm import arguments
from ddpm.choices import ACROSS, CONTRAST
from ddpm.commands.shared import SAMPLING, Sampling, check_out, one_label

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
    """Generates images that are one digit from a distance and another up close.

    Args:
        far: the digit to see from a distance.
        near: the digit to see up close.
        across: near digits along a side; 1 splits the frequencies of a single image.
        contrast: of the far digit, if there are several near ones.
        out: .png for a sheet, .gif to see it recede, .npz for the arrays.
    """
    check_out(out, force=sampling.force)
    arguments.number("--contrast", contrast)
    if not (1 <= across <= 8 and 0 < contrast <= 1):
        raise ValueError(
            "a hybrid takes 1..8 tiles across and a contrast above 0 and up to 1,"
            f" not {across} and {contrast:g}"
        )
    known = sampling.check()
    labels = one_label(far, known), one_label(near, known)

    import torch  # here and below: what help and the errors above do not need

    from ddpm import viz
    from ddpm.animations import receding
    from ddpm.commands.pictures import check_room, write_frames, write_images
    from ddpm.techniques.hybrids import draw_hybrid as draw

    model = sampling.load()
    channels, side, _ = model.recipe.scaling.image_shape
    check_room(out, sampling.each, sampling.each, (channels, side * across, side * across))
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
