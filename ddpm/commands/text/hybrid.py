"""`ddpm text hybrid`: one prompt from a distance, another one up close.

`.png` is a sheet of the images as they are and as they look from a distance, `.gif` recedes,
`.npz` holds the array.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from ddpm import arguments
from ddpm.commands.shared import check_out
from ddpm.commands.text.shared import TEXT_SAMPLING, TextSampling, write

EXAMPLES = (
    'ddpm text hybrid --far "a lithograph of a skull" --near "a lithograph of waterfalls"',
    'ddpm text hybrid --far "a man wearing a hat" --near "a rocket ship" --out hybrid.gif',
)


def hybrid(
    far: str = "a lithograph of a skull",
    near: str = "a lithograph of waterfalls",
    sigma: float = 2.0,
    options: Annotated[TextSampling, tyro.conf.arg(name="")] = TEXT_SAMPLING,
    out: Path = Path("hybrid.png"),
) -> None:
    """Samples images whose low frequencies show one prompt and whose high ones show another.

    Args:
        far: what to see from a distance.
        near: what to see up close.
        sigma: of the Gaussian that divides them, in pixels.
        out: .png for a sheet, .gif to see it recede, .npz for the array.
    """
    check_out(out, force=options.force)
    arguments.number("--sigma", sigma, 0, 1000)
    options.check(far, near)

    from ddpm.animations import receding
    from ddpm.commands.pictures import check_room, write_frames
    from ddpm.techniques.hybrids import draw_hybrid, gaussian

    model, (label_far, label_near) = options.load(far, near)
    check_room(out, options.each, options.each, model.recipe.scaling.image_shape)
    blur = gaussian(sigma)
    how = options.how()
    images = draw_hybrid(model, label_far, label_near, options.each, 1, blur=blur, **how)
    if out.suffix.lower() == ".gif":
        write_frames(out, receding(images))
    else:
        write(out, images, {"up close": images, "from a distance": blur(images, 0)})
    print(f"{out}: {len(images)} images, {far} from a distance and {near} up close")
