"""`ddpm text sample`: images out of noise and a prompt.

`.png` is a sheet with a row for each prompt, `.gif` the way from noise to images, `.npz` the array
`images` (N, C, H, W) in [0, 1].
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from ddpm.commands.shared import check_out
from ddpm.commands.text.shared import SHOWN, TEXT_SAMPLING, TextSampling, write
from ddpm.text_pipelines import check_model

EXAMPLES = (
    'ddpm text sample --prompt "an oil painting of a snowy mountain village" --steps 20',
    'ddpm text sample --prompt "a rocket ship" "a man wearing a hat" --each 5 --out two.gif',
)

SAMPLING = dataclasses.replace(TEXT_SAMPLING, steps=20)


def sample(
    prompt: tuple[str, ...] = ("an oil painting of a snowy mountain village",),
    enlarge: str | None = None,
    options: Annotated[TextSampling, tyro.conf.arg(name="")] = SAMPLING,
    out: Path = Path("text.png"),
) -> None:
    """Samples images for one prompt or for several.

    Args:
        prompt: what the images show; `--each` images of each.
        enlarge: a second stage, a local folder or a name on the hub such as
            DeepFloyd/IF-II-L-v1.0, by which the finished images get more pixels.
        out: .png for a sheet, .gif for the way from noise to images, .npz for the array.
    """
    check_out(out, force=options.force)
    options.check(*prompt)
    if enlarge is not None:
        check_model(enlarge)

    from ddpm import viz  # here and below: what help and the errors above do not need
    from ddpm.commands.pictures import check_room, write_frames
    from ddpm.histories import pick_frames, sample_history

    model, labels = options.load(*prompt, progress=False)
    how, path = options.how(), model.path(options.steps)
    check_room(out, options.each, options.each * len(prompt), model.recipe.scaling.image_shape)
    gif = out.suffix.lower() == ".gif"
    times = pick_frames(path) if gif else set()
    images, history = sample_history(model, labels, options.each, keep=times, progress=True, **how)
    if enlarge is not None:
        from ddpm.text_pipelines import load_second

        second = load_second(enlarge, model)
        each = [label for label in labels for _ in range(options.each)]
        images = second.enlarge(images, each, sampler=how["sampler"], seed=options.seed)

    if gif:
        grids = {t: viz.as_grid(history[t], options.each) for t in times}
        scale = viz.scale_for(images.shape[-1], SHOWN)
        sheets = {t: viz.sheet(grid, scale=scale) for t, grid in grids.items()}
        write_frames(out, [viz.title_bar(sheets[t], f"t = {t}") for t in path if t in times])
    else:
        write(out, images, across=options.each)
    print(f"{out}: {len(images)} images, {options.steps} steps each")
