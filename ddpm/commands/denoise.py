"""`ddpm denoise`: removes noise in three ways.

`.png` is a sheet of the image, the noisy one, a Gaussian blur, one step and many steps; `.npz`
holds the results of many steps.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ddpm.choices import Fit
from ddpm.commands.shared import SAMPLING, Sampling, check_image, check_out, one_label

if TYPE_CHECKING:
    from PIL import Image

EXAMPLES = (
    "ddpm denoise --t 500 --each 4 --out denoised.png",
    "ddpm denoise --t 750 --label 3 --each 4 --out threes.npz",
)


def denoise(
    image: Path | None = None,
    t: int = 500,
    label: str | None = None,
    fit: Fit = "ink",
    show_input_: Annotated[Path | None, tyro.conf.arg(name="show-input")] = None,
    sampling: Annotated[Sampling, tyro.conf.arg(name="")] = SAMPLING,
    out: Path = Path("denoised.png"),
) -> None:
    """Adds the noise of time t to an image and removes it by a blur, in one step and in many.

    The blur has the width that is best for held-out digits, or for your image itself if the model
    makes images of another shape.

    Args:
        image: your image, of any size and background; a held-out 3 by default, in the size of the
            model's images. A model of grey images sees it in grey, one of colour images in its own
            colours; a grey image then has three equal channels.
        t: how much noise, from 1 to the model's T.
        label: the label of the image; by default the model gets none.
        fit: how a large image is cut: around the ink, padded, or cropped to its middle. An image
            in colour is cropped unless it is padded.
        show_input_: a .png to write what the network saw to; none by default.
        out: .png for a sheet, .npz for the results of many steps.
    """
    given_files = {"--image": image}
    check_out(out, (".png", ".npz"), "--out", sampling.force, given_files)
    if show_input_:
        all_files = {**given_files, "--out": out}
        check_out(show_input_, (".png",), "--show-input", sampling.force, all_files)
    check_image(image)
    known = sampling.check()
    if not 1 <= t <= known.T:
        raise ValueError(f"--t must be within 1..{known.T}, not {t}")
    wanted = one_label(label, known)

    import torch  # here and below: what help and the errors above do not need

    from ddpm import viz
    from ddpm.baselines import sharpest, ways
    from ddpm.classifiers import SHAPE
    from ddpm.commands.pictures import check_room, own_image, show_input, write_images
    from ddpm.data import held_out
    from ddpm.images import fit_grey
    from ddpm.techniques.denoising import add_noise

    model = sampling.load()
    scaling = model.recipe.scaling
    check_room(out, sampling.each, sampling.each, scaling.image_shape)
    if image is None:
        picture = fit_grey(held_out(3), scaling)
    else:
        picture, _ = own_image(model, image, fit)
    given = picture.expand(sampling.each, *scaling.image_shape)
    noisy = add_noise(model, given, t, sampling.seed)
    # Held-out images, to find the best blur with, are there for digits only.
    sigma = None if scaling.image_shape == SHAPE else sharpest(model, given[:1], t)
    results = ways(model, noisy, t, sigma, label=wanted, **sampling.how())
    if show_input_:
        show_input(show_input_, {"input": picture})

    def sheet() -> Image.Image:
        columns = {"input": given, **results}
        lines = torch.cat([viz.as_grid(x[:8], 1) for x in columns.values()], dim=1)
        names = ["input", "noisy", "blur", "one", "many"]
        return viz.sheet(lines, columns=names, scale=viz.scale_for(scaling.image))

    labels = torch.full((sampling.each,), -1 if wanted is None else wanted)
    write_images(out, results["iterative"], labels, sheet)
    print(f"{out}: {sampling.each} noises of t = {t}")
