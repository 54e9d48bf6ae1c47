"""`ddpm denoise`: takes noise off in three ways.

`.png` is a sheet of the image, the noisy one, a Gaussian blur, one step and many steps; `.npz`
holds the results of many steps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import tyro

from ddpm import viz
from ddpm.baselines import ways
from ddpm.commands.shared import SAMPLING, Sampling, check_out, one_label, show_input, write_images
from ddpm.data import held_out
from ddpm.images import Fit, bring, read_image
from ddpm.techniques.denoising import add_noise

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
    """Adds the noise of time t to an image and takes it off by a blur, in one step and in many.

    Args:
        image: your image, of any size and ground; a held-out 3 by default.
        t: how much noise, from 1 to the model's T.
        label: what the image is; by default the model is told nothing.
        fit: how a large image is cut: around the ink, padded, or cropped to its middle.
        show_input_: a .png to write what the network saw to.
        out: .png for a sheet, .npz for the results of many steps.
    """
    check_out(out, (".png", ".npz"))
    if show_input_:
        check_out(show_input_, (".png",), "--show-input")
    model = sampling.load()
    if not 1 <= t <= model.recipe.T:
        raise ValueError(f"--t must be within 1..{model.recipe.T}, not {t}")
    wanted = one_label(label, model)
    picture = held_out(3) if image is None else bring(read_image(image), fit)[0]
    given = picture.expand(sampling.each, 1, -1, -1)
    noisy = add_noise(model, given, t, sampling.seed)
    results = ways(model, noisy, t, label=wanted, **sampling.how())
    if show_input_:
        show_input(show_input_, {"input": picture})
    lines = torch.stack([given, *results.values()], dim=1)[:8, :, 0]
    sheet = viz.sheet(lines, columns=["input", "noisy", "blur", "one", "many"])
    labels = torch.full((sampling.each,), -1 if wanted is None else wanted)
    write_images(out, results["iterative"], labels, sheet)
    print(f"{out}: {sampling.each} noises of t = {t}")
