"""`ddpm text sdedit`: turns a picture into another one, by noise and a prompt.

`.png` is a sheet: a row for each version, a column for each strength; `.npz` the array.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

from ddpm.choices import Fit
from ddpm.commands.shared import check_image, check_out
from ddpm.commands.text.shared import TEXT_SAMPLING, TextSampling, write

EXAMPLES = (
    "ddpm text sdedit --image me.jpg --strength 0.96 0.9 0.84 0.78 0.69 0.39",
    'ddpm text sdedit --picture house --prompt "a rocket ship" --out rocket.png',
)

STRENGTHS = (0.96, 0.9, 0.84, 0.78, 0.69, 0.39)


def sdedit(
    image: Path | None = None,
    picture: Literal["house", "spiral", "letter"] = "house",
    strength: tuple[float, ...] = STRENGTHS,
    prompt: str = "a high quality photo",
    fit: Fit = "crop",
    options: Annotated[TextSampling, tyro.conf.arg(name="")] = TEXT_SAMPLING,
    out: Path = Path("edited.png"),
) -> None:
    """Adds noise to a picture and lets the model remove it again, towards a prompt.

    Args:
        image: your image, of any size; without it, `--picture` is used.
        picture: without an image, which drawing to use, white on black.
        strength: 0 gives the picture back, 1 keeps nothing of it; several give several columns.
        prompt: what it should become.
        fit: how an image that is not square is cut: cropped to its middle, or padded.
        out: .png for a sheet, .npz for the array.
    """
    check_out(out, (".png", ".npz"), "--out", options.force, {"--image": image})
    check_image(image)
    options.check(prompt)
    wrong = [each for each in strength if not 0 <= each <= 1]
    if wrong or not strength:
        raise ValueError(f"--strength must be within 0..1, not {wrong[0] if wrong else 'none'}")

    import torch  # here and below: what help and the errors above do not need

    from ddpm.commands.pictures import check_room, own_image
    from ddpm.drawings import drawing
    from ddpm.images import fit_grey
    from ddpm.techniques.sdedit import sdedit as edit

    model, (label,) = options.load(prompt)
    scaling, each = model.recipe.scaling, options.each
    check_room(out, each, each * len(strength), scaling.image_shape)
    if image is None:
        given = fit_grey(drawing(picture, scaling.image), scaling)
    else:
        given, _ = own_image(model, image, fit)
    columns = {
        f"{share:g}": edit(model, given, share, label, each, **options.how()) for share in strength
    }
    images = torch.cat([*columns.values()])
    write(out, images, {**columns, "input": given.expand(each, *scaling.image_shape)})
    print(f"{out}: {each} versions at strength {', '.join(columns)}")
