"""`ddpm train`: trains a recipe, or goes on where it was stopped.

Writes three files: the weights (`--out`, a `.safetensors` file), beside them the log as
`.json`, and a checkpoint from which the same command goes on after a stop.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import tyro

from ddpm.choices import check_recipe
from ddpm.commands.shared import check_out, read_data

EXAMPLES = (
    "ddpm train digits --data bundled --epochs 1 --out quick.safetensors",
    "ddpm train digits --data bundled --epochs 2 --out quick.safetensors",
)


def train_recipe(
    recipe: Annotated[str, tyro.conf.arg(metavar="RECIPE")],
    /,
    epochs: int | None = None,
    data: str = "mnist",
    size: int | None = None,
    channels: Literal[1, 3] | None = None,
    seed: int | None = None,
    device: str | None = None,
    restart: bool = False,
    out: Path | None = None,
) -> None:
    """Trains a recipe, or goes on where it was stopped.

    Started by `torchrun --nproc-per-node N -m ddpm train RECIPE`, N processes share each batch.

    Args:
        recipe: digits, attention, attention-class, resunet, resunet-large, resunet-small,
            denoiser, time or class.
        epochs: passes over the data; the recipe's number by default.
        data: mnist, for all of it; bundled, for the 5,000 digits that come with the package; or
            a folder with one subfolder of images for each class. Of bundled digits and own images
            the last tenth of each class is not trained on but checked on.
        size: side in pixels of the squares that a folder's images become; the recipe's, 28, by
            default.
        channels: 3 for a folder of colour images; 1 makes them grey, which is the default. Grey
            images work best as bright ink on a dark background.
        seed: of weights, order, times and noise; the recipe's by default.
        device: cpu, cuda, mps ...; a GPU or another accelerator by default if there is one, else
            the CPU.
        restart: begin anew even though a checkpoint is there.
        out: the weights' file, ending in .safetensors; runs/RECIPE.safetensors by default.
    """
    check_recipe(recipe)
    if epochs is not None and epochs < 1:
        raise ValueError(f"--epochs must be at least 1, not {epochs}")
    if seed is not None and not 0 <= seed < 4000:
        raise ValueError(f"--seed must be within 0..3999, not {seed}")
    if out:
        check_out(out, (".safetensors",))

    own = data not in ("mnist", "bundled")
    if not own and (size is not None or channels is not None):
        raise ValueError("--size and --channels are for a folder of your own images")
    if size is not None and size < 1:
        raise ValueError(f"--size must be at least 1, not {size}")
    if own and not Path(data).is_dir():
        raise ValueError(f"no folder '{data}' with one subfolder of images per class")

    from tqdm import tqdm  # here and below: what help and the errors above do not need

    from ddpm.checkpoints import Run
    from ddpm.devices import as_device
    from ddpm.files import write_json
    from ddpm.processes import processes
    from ddpm.recipes import recipe as find_recipe
    from ddpm.training import train
    from ddpm.trainings import finish, images_of, keep_images, log_of

    chosen = find_recipe(recipe)
    if seed is not None:
        settings = dataclasses.replace(chosen.training, seed=seed)
        chosen = dataclasses.replace(chosen, training=settings)
    if own:
        image = chosen.scaling.image if size is None else size
        chosen = chosen.for_images(image, channels or chosen.scaling.channels)
    training, validation, names = read_data(data, chosen.scaling)
    if out is None:
        out = Path("runs") / f"{recipe}.safetensors"
        out.parent.mkdir(exist_ok=True)
        check_out(out, (".safetensors",))
    checkpoint = out.with_suffix(".checkpoint.safetensors")
    if names:
        chosen = chosen.for_classes(names)
    with processes(as_device(device)) as (shared, where):
        state = Run.start(chosen, where)
        if checkpoint.is_file() and not restart:
            state.restore(checkpoint)
            if images_of(out) not in (None, len(training)):
                raise ValueError(
                    f"'{checkpoint}' is of a training on other images:"
                    " --restart begins anew, another --out keeps both"
                )
            if shared.first:
                print(f"going on from {checkpoint} after epoch {state.epoch}")
        bar = None
        for progress in train(state, training, validation, epochs, shared):
            if not shared.first:
                continue
            if bar is None:
                title = f"{recipe}, epoch {progress.epoch}"
                bar = tqdm(total=progress.steps, unit="step", desc=title)
            speed = f"{progress.images_per_second:.0f} images/s"
            bar.set_postfix_str(f"loss {progress.loss:.4f}, {speed}")
            bar.update(progress.step - bar.n)
            if progress.entry:
                bar.set_postfix_str(
                    f"train {progress.loss:.4f}, validation {progress.entry['validation_raw']:.4f}"
                    f" (averaged {progress.entry['validation_averaged']:.4f}), {speed}"
                )
                bar = bar.close()
                state.save(checkpoint)
                write_json(
                    out.with_suffix(".json"), log_of(state, where, len(training), shared.count)
                )
                if state.epoch in chosen.training.show:
                    shown = validation if own else None
                    keep_images(state, where, out.with_suffix(".npz"), shown)
        if shared.first:
            finish(state, where, training, validation, shared.count, out)
