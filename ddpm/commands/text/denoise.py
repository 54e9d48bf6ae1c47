"""`ddpm text denoise`: removes noise from an image in three ways, at several times.

`.png` is a sheet with a row for each time: the image, with noise, blurred, in one step and in many
steps; `.npz` holds the results of many steps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from ddpm.choices import Fit
from ddpm.commands.shared import check_image, check_out
from ddpm.commands.text.shared import TEXT_SAMPLING, TextSampling, write

EXAMPLES = (
    "ddpm text denoise --image me.jpg --t 250 500 750 --out denoised.png",
    'ddpm text denoise --image me.jpg --t 690 --prompt "a high quality photo" --each 4',
)


def denoise(
    image: Path,
    t: tuple[int, ...] = (250, 500, 750),
    prompt: str = "a high quality photo",
    fit: Fit = "crop",
    options: Annotated[TextSampling, tyro.conf.arg(name="")] = TEXT_SAMPLING,
    out: Path = Path("denoised.png"),
) -> None:
    """Adds the noise of each time to an image and removes it by a blur, in one step and in many.

    The blur has the width that is best for this image and time.

    Args:
        image: your image, of any size.
        t: how much noise, from 1 to the model's T, which is 1000 for IF.
        prompt: what the image is.
        fit: how an image that is not square is cut: cropped to its middle, or padded.
        out: .png for a sheet, .npz for the results of many steps.
    """
    check_out(out, (".png", ".npz"), "--out", options.force, {"--image": image})
    check_image(image)
    options.check(prompt)
    if min(t, default=0) < 1:
        raise ValueError(f"--t must be at least 1, not {min(t, default='none')}")

    import torch  # here and below: what help and the errors above do not need

    from ddpm.baselines import sharpest, ways
    from ddpm.commands.pictures import check_room, own_image
    from ddpm.techniques.denoising import add_noise

    model, (label,) = options.load(prompt)
    shape = model.recipe.scaling.image_shape
    check_room(out, options.each, options.each * len(t), shape)
    picture, _ = own_image(model, image, fit)
    given = picture.expand(options.each, *shape)
    rows = []
    for time in t:
        noisy = add_noise(model, given, time, options.seed)
        sigma = sharpest(model, given[:1], time)
        rows.append(
            {"input": given} | ways(model, noisy, time, sigma, label=label, **options.how())
        )
    columns = {name: torch.cat([row[name] for row in rows]) for name in rows[0]}
    names = [f"t = {time}" for time in t for _ in range(options.each)]
    write(out, columns["iterative"], columns, names)
    print(f"{out}: {options.each} noises of t = {', '.join(map(str, t))}")
