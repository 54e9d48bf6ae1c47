"""`ddpm text inpaint`: fills in the part of an image that a mask hides, by a prompt.

`.png` is a sheet, `.npz` the array.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from ddpm.choices import MASK_NAMES, Fit
from ddpm.commands.shared import check_image, check_out
from ddpm.commands.text.shared import TEXT_SAMPLING, TextSampling, write

EXAMPLES = (
    "ddpm text inpaint --image me.jpg --mask hole --out inpainted.png",
    'ddpm text inpaint --image me.jpg --mask mask.png --prompt "a man wearing a hat" --repeats 2',
)


def inpaint(
    image: Path,
    mask: str = "hole",
    prompt: str = "a high quality photo",
    repeats: int = 1,
    fit: Fit = "crop",
    options: Annotated[TextSampling, tyro.conf.arg(name="")] = TEXT_SAMPLING,
    out: Path = Path("inpainted.png"),
) -> None:
    """Fills in the hidden part of an image so that it fits the rest and a prompt.

    Args:
        image: your image, of any size.
        mask: top, bottom, left, stripe, hole or freehand; or an image as large as yours, white
            where it is to be filled in.
        prompt: what the whole image should show.
        repeats: how often each group of five steps is taken (RePaint's resampling).
        fit: how an image that is not square is cut: cropped to its middle, or padded.
        out: .png for a sheet, .npz for the array.
    """
    given_files = {"--image": image, "--mask": Path(mask)}
    check_out(out, (".png", ".npz"), "--out", options.force, given_files)
    check_image(image)
    options.check(prompt)
    if mask not in MASK_NAMES and not Path(mask).is_file():
        there = ", ".join(MASK_NAMES)
        raise ValueError(f"unknown mask '{mask}'; there are {there}; and no such file")
    if repeats < 1:
        raise ValueError(f"--repeats must be at least 1, not {repeats}")

    import torch  # here and below: what help and the errors above do not need

    from ddpm.commands.pictures import check_room, own_image
    from ddpm.images import bring_mask, read_image
    from ddpm.masks import hidden, named_masks
    from ddpm.techniques.inpainting import inpaint as fill

    model, (label,) = options.load(prompt)
    scaling = model.recipe.scaling
    check_room(out, options.each, options.each, scaling.image_shape)
    picture, place = own_image(model, image, fit)
    named = mask in MASK_NAMES
    new = named_masks(scaling.image)[mask] if named else bring_mask(read_image(Path(mask)), place)
    images = fill(model, picture, new, label, options.each, repeats=repeats, **options.how())
    shown = torch.stack([picture, hidden(picture, new)])[:, None].expand(-1, *images.shape)
    write(out, images, {"input": shown[0], "kept": shown[1], "filled in": images})
    print(f"{out}: {len(images)} images")
