"""`ddpm sample`: digits out of noise.

The ending of `--out` decides: `.png` is a sheet, `.gif` the way from noise to digits, `.npz` the
arrays `images` in [0, 1] and `labels` (N,). Grey images are (N, H, W), colour ones (N, 3, H, W).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ddpm.commands.shared import check_out, check_sampling, parse_labels
from ddpm.timesteps import SPACINGS

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

EXAMPLES = (
    "ddpm sample --labels 0123456789 --each 10 --out digits.png",
    "ddpm sample --labels 3 --each 4 --out three.gif",
)


def sample(
    model: str = "digits",
    labels: str | None = None,
    each: int = 1,
    steps: int | None = None,
    sampler: str | None = None,
    spacing: str = "trailing",
    guidance: float | None = None,
    clip: bool = False,
    weights: Literal["raw", "averaged"] | None = None,
    seed: int = 0,
    device: str | None = None,
    force: bool = False,
    out: Path = Path("digits.png"),
) -> None:
    """Generates digits with a trained model.

    Args:
        model: the name of a bundled model (attention, attention-class, class, denoiser, digits,
            digits-fast, digits-faster, resunet or time; see `ddpm models`), or the path of a
            weights file.
        labels: the digits to generate, such as 0123456789, or the names of the model's own classes
            with commas between them; all by default.
        each: how many of each (of all, for a model without labels).
        steps: from noise to image, at most the T that the model was trained with; each costs a
            network call, with heun two; the model's own by default, 25 for digits.
        sampler: ancestral, beta-noise, no-noise, ddim, heun, heun-eps, dpm-solver or renoise; the
            model's own by default, ddim for digits.
        spacing: how the steps are spread over the times: trailing (evenly, from T), uniform
            (evenly, ending with 1) or quadratic (denser towards the image).
        guidance: the scale of guidance towards the label; 1 is no guidance; the model's own by
            default, 1.4 for digits. Only for models that were also trained without labels.
        clip: clamp the predicted clean image to the range of images at every step.
        weights: the last step's weights or their running average; the better set by default.
        seed: of the noise; the same seed gives the same images.
        device: cpu, cuda, mps ...; a GPU or another accelerator by default if there is one, else
            the CPU.
        force: overwrite a file even if this program did not make it.
        out: .png for a sheet, .gif for the states from noise to digits, .npz for the arrays.
    """
    check_out(out, force=force)
    if spacing not in SPACINGS:
        raise ValueError(f"unknown spacing '{spacing}'; there are {', '.join(SPACINGS)}")
    chosen = parse_labels(labels, check_sampling(model, each, steps, sampler, seed, guidance))

    import torch  # here and below: what help and the errors above do not need

    from ddpm import viz
    from ddpm.commands.pictures import check_room, write_frames, write_images
    from ddpm.histories import GIF_FRAMES, pick_frames, sample_history
    from ddpm.loading import load

    diffusion = load(model, device, weights, steps)
    steps = diffusion.recipe.steps if steps is None else steps
    path = diffusion.path(steps, spacing)
    count = each * len(chosen or [0])
    check_room(out, each, count, diffusion.recipe.scaling.image_shape, GIF_FRAMES)

    gif = out.suffix.lower() == ".gif"
    times = pick_frames(path) if gif else set()
    images, history = sample_history(
        diffusion,
        chosen,
        each,
        steps,
        sampler,
        seed,
        guidance,
        keep=times,
        progress=True,
        spacing=spacing,
        clip=clip,
    )

    across = each if chosen and each <= 20 else None
    called = diffusion.recipe.names
    names = [called[label] if called else str(label) for label in chosen or () if across]

    def as_sheet(x: Tensor) -> Image.Image:
        scale = viz.scale_for(x.shape[-1])
        down = "label" if names else ""
        return viz.sheet(viz.as_grid(x, across), rows=names, down=down, scale=scale)

    if gif:
        frames = [viz.title_bar(as_sheet(history[t]), f"t = {t}") for t in path if t in times]
        write_frames(out, frames)
    else:
        all_labels = [label for label in chosen or [-1] for _ in range(each)]
        write_images(out, images, torch.tensor(all_labels), lambda: as_sheet(images))
    print(f"{out}: {len(images)} images, {steps} steps each")
