"""`ddpm inpaint`: fills in the part of an image that a mask hides.

The mask is as large as the image, and white where it is to be filled in. Without an image, a
held-out digit is taken. `.png` is a sheet, `.npz` the arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from ddpm.choices import MASK_NAMES, Fit
from ddpm.commands.shared import SAMPLING, Sampling, check_image, check_out, one_label, warn

EXAMPLES = (
    "ddpm inpaint --mask bottom --label 7 --each 4 --out inpainted.png",
    "ddpm inpaint --mask freehand --repeats 10 --each 2 --out resampled.png",
)


def inpaint(
    image: Path | None = None,
    mask: str = "bottom",
    label: str | None = None,
    repeats: int | None = None,
    fit: Fit = "ink",
    show_input_: Annotated[Path | None, tyro.conf.arg(name="show-input")] = None,
    sampling: Annotated[Sampling, tyro.conf.arg(name="")] = SAMPLING,
    out: Path = Path("inpainted.png"),
) -> None:
    """Generates the hidden part of an image, so that it fits the rest.

    Args:
        image: your image, of any size and background; a held-out 7 by default, in the size of the
            model's images. A model of grey images sees it in grey, one of colour images in its own
            colours; a grey image then has three equal channels.
        mask: top, bottom, left, stripe, hole or freehand; or an image of the same size as yours,
            white where it is to be filled in.
        label: the label of the whole image; by default the model gets none.
        repeats: how often every step but the last is taken (RePaint's resampling). More repeats
            make the parts fit better, and each costs the same number of network calls. By default,
            if --steps is not given either, a third of the model's steps are taken three times.
        fit: how a large image is cut: around the ink, padded, or cropped to its middle. An image
            in colour is cropped unless it is padded.
        show_input_: a .png to write what the network saw to; none by default.
        out: .png for a sheet, .npz for the arrays.
    """
    given_files = {"--image": image, "--mask": Path(mask)}
    check_out(out, (".png", ".npz"), "--out", sampling.force, given_files)
    if show_input_:
        all_files = {**given_files, "--out": out}
        check_out(show_input_, (".png",), "--show-input", sampling.force, all_files)
    check_image(image)
    if mask not in MASK_NAMES and (image is None or not Path(mask).is_file()):
        there = ", ".join(MASK_NAMES)
        own = "give --image too" if image is None else "and no such file"
        raise ValueError(f"unknown mask '{mask}'; there are {there}; {own}")
    if repeats is not None and repeats < 1:
        raise ValueError(f"--repeats must be at least 1, not {repeats}")
    wanted = one_label(label, sampling.check())

    import torch  # here and below: what help and the errors above do not need

    from ddpm.commands.pictures import check_room, own_image, show_input, write_images
    from ddpm.data import held_out
    from ddpm.images import bring_mask, fit_grey, read_image
    from ddpm.masks import hidden, named_masks
    from ddpm.techniques.inpainting import inpaint as draw
    from ddpm.viz import lead_sheet

    model = sampling.load()
    scaling = model.recipe.scaling
    check_room(out, sampling.each, sampling.each, scaling.image_shape)
    if image is None:
        picture, place = fit_grey(held_out(7), scaling), None
    else:
        picture, place = own_image(model, image, fit)
    if place is None or mask in MASK_NAMES:
        new = named_masks(scaling.image)[mask]
    else:
        new = bring_mask(read_image(Path(mask)), place)
    if new.min() == new.max():
        warn("the mask hides all of the image" if new.max() else "the mask hides nothing")
    how = {**sampling.how(), "repeats": repeats}
    images = draw(model, picture, new, wanted, sampling.each, **how)
    kept = hidden(picture, new)
    if show_input_:
        show_input(show_input_, {"input": picture, "mask": new, "kept": kept})
    labels = torch.full((len(images),), -1 if wanted is None else wanted)
    lead = {"input": picture, "kept": kept}
    write_images(out, images, labels, lambda: lead_sheet(lead, images))
    print(f"{out}: {len(images)} versions")
