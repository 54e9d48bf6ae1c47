"""`ddpm sdedit`: turns any picture into one of the model's images, such as a digit.

`.png` is a sheet, `.npz` the arrays. Without an image, one of three drawings is taken.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

from ddpm.choices import Fit
from ddpm.commands.shared import SAMPLING, Sampling, check_image, check_out, one_label

EXAMPLES = (
    "ddpm sdedit --picture house --strength 0.7 --each 4 --out edited.png",
    "ddpm sdedit --picture spiral --strength 0.8 --label 3 --out threes.npz",
)


def sdedit(
    image: Path | None = None,
    picture: Literal["house", "spiral", "letter"] = "house",
    strength: float = 0.7,
    label: str | None = None,
    fit: Fit = "ink",
    show_input_: Annotated[Path | None, tyro.conf.arg(name="show-input")] = None,
    options: Annotated[Sampling, tyro.conf.arg(name="")] = SAMPLING,
    out: Path = Path("edited.png"),
) -> None:
    """Adds noise to a picture and lets the model remove it again: the result is a digit.

    Args:
        image: your image, of any size and background; without it, `--picture` is used. A model
            of grey images sees it in grey, one of colour images in its own colours; a grey image
            then has three equal channels.
        picture: without an image, which drawing to use, white on black.
        strength: 0 gives the picture back, 1 keeps nothing of it.
        label: the digit that it becomes; by default the model gets no label.
        fit: how a large image is cut: around the ink, padded, or cropped to its middle. An image
            in colour is cropped unless it is padded.
        show_input_: a .png to write what the network saw to; none by default.
        out: .png for a sheet, .npz for the arrays.
    """
    given_files = {"--image": image}
    check_out(out, (".png", ".npz"), "--out", options.force, given_files)
    if show_input_:
        all_files = {**given_files, "--out": out}
        check_out(show_input_, (".png",), "--show-input", options.force, all_files)
    if not 0 <= strength <= 1:
        raise ValueError(f"--strength must be within 0..1, not {strength:g}")
    check_image(image)
    wanted = one_label(label, options.check())

    import torch  # here and below: what help and the errors above do not need

    from ddpm.commands.pictures import check_room, own_image, show_input, write_images
    from ddpm.drawings import drawing
    from ddpm.images import fit_grey
    from ddpm.techniques.sdedit import sdedit as draw
    from ddpm.viz import lead_sheet

    model = options.load()
    check_room(out, options.each, options.each, model.recipe.scaling.image_shape)
    if image is None:
        scaling = model.recipe.scaling
        given = fit_grey(drawing(picture, scaling.image), scaling)
    else:
        given, _ = own_image(model, image, fit)
    images = draw(model, given, strength, wanted, options.each, **options.how())
    if show_input_:
        show_input(show_input_, {"input": given})
    labels = torch.full((len(images),), -1 if wanted is None else wanted)
    write_images(out, images, labels, lambda: lead_sheet({"input": given}, images))
    print(f"{out}: {len(images)} versions at strength {strength:g}")
