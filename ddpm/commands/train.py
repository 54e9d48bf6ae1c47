"""`ddpm train`: trains a recipe, or continues a training that was stopped.

Writes three files: the weights (`--out`, a `.safetensors` file), beside them the log as
`.json`, and a checkpoint from which the same command continues after a stop.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Annotated, Literal

import tyro

from ddpm.choices import check_recipe
from ddpm.commands.shared import read_data
from ddpm.outputs import WAY_OUT, Outputs

EXAMPLES = (
    "ddpm train digits --data bundled --epochs 1 --out quick.safetensors",
    "ddpm train digits --data bundled --steps 40 --restart --out quick.safetensors",
)


def train_recipe(
    recipe: Annotated[str, tyro.conf.arg(metavar="RECIPE")],
    /,
    epochs: int | None = None,
    data: str = "mnist",
    size: int | None = None,
    channels: Literal[1, 3] | None = None,
    steps: int | None = None,
    seed: int | None = None,
    device: str | None = None,
    restart: bool = False,
    force: bool = False,
    out: Path | None = None,
) -> None:
    """Trains a recipe, or continues where the training was stopped.

    Started by `torchrun --nproc-per-node N -m ddpm train RECIPE`, N processes share each batch.

    Args:
        recipe: digits, digits-large, digits-backgrounds, digits-fast, digits-faster, attention,
            attention-class, resunet, resunet-large, denoiser, time or class.
        epochs: passes over the data, and of a student some updates of a stage each; the
            recipe's number by default.
        data: mnist, for all of it; bundled, for the 5,000 digits that come with the package; or
            a folder with one subfolder of images for each class. The last tenth of each class
            of bundled digits or your images is for validation, not for training.
        size: side in pixels of the squares that a folder's images become; the recipe's, 28, by
            default.
        channels: 3 for a folder of colour images; 1 makes them grey, which is the default. Grey
            images work best as bright ink on a dark background.
        steps: of the optimiser in all, spread evenly over the epochs, so that few images are passed
            over more often; by default an epoch is one pass.
        seed: of weights, order, times and noise; the recipe's by default.
        device: cpu, cuda, mps ...; a GPU or another accelerator by default if there is one, else
            the CPU.
        restart: start again even though a checkpoint is there.
        force: overwrite files even if they are not this training's.
        out: the weights' file, ending in .safetensors; runs/RECIPE.safetensors by default.
    """
    check_recipe(recipe)
    if epochs is not None and epochs < 1:
        raise ValueError(f"--epochs must be at least 1, not {epochs}")
    if steps is not None and steps < 1:
        raise ValueError(f"--steps must be at least 1, not {steps}")
    if seed is not None and not 0 <= seed < 4000:
        raise ValueError(f"--seed must be within 0..3999, not {seed}")
    outputs = Outputs(out or Path("runs") / f"{recipe}.safetensors")
    first = os.environ.get("RANK", "0") == "0"  # of those that torchrun started
    if first and (out or Path("runs").exists()):
        outputs.check(recipe, restart, force)

    own = data not in ("mnist", "bundled")
    if not own and (size is not None or channels is not None):
        raise ValueError("--size and --channels are for a folder of your own images")
    if size is not None and size < 1:
        raise ValueError(f"--size must be at least 1, not {size}")
    if own and not Path(data).is_dir():
        raise ValueError(f"no folder '{data}' with one subfolder of images per class")

    from tqdm import tqdm  # here and below: what help and the errors above do not need

    from ddpm.devices import as_device
    from ddpm.processes import processes
    from ddpm.recipes import recipe as find_recipe
    from ddpm.trainings import begin, count_steps, digest, finish, images_of, keep, reports

    chosen = find_recipe(recipe)
    if first and chosen.training.show and outputs.images.parent.exists():
        outputs.check_images(force)
    if seed is not None:
        settings = dataclasses.replace(chosen.training, seed=seed)
        chosen = dataclasses.replace(chosen, training=settings)
    if own:
        image = chosen.scaling.image if size is None else size
        chosen = chosen.for_images(image, channels or chosen.scaling.channels)
    training, validation, names = read_data(data, chosen.scaling)
    if out is None:
        Path("runs").mkdir(exist_ok=True)
    if names:
        chosen = chosen.for_classes(names)
    with outputs.alone(), processes(as_device(device)) as (shared, where):
        state = begin(chosen, where, outputs, force)
        state.data = digest(training)
        if outputs.checkpoint.is_file() and not restart:
            state.restore(outputs.checkpoint)
            if images_of(outputs.log) not in (None, len(training)):
                raise ValueError(
                    f"'{outputs.checkpoint}' is of a training on other images: {WAY_OUT}"
                )
            if shared.first:
                print(f"going on from {outputs.checkpoint} after epoch {state.epoch}")
                if state.epoch >= (epochs or chosen.training.epochs):
                    print(f"{state.epoch} epochs are done already: nothing is left to train")
        if own and shared.first and steps is None:
            count_steps(state, len(training), epochs)
        bar: tqdm | None = None
        try:
            for progress in reports(state, training, validation, epochs, shared, steps):
                if not shared.first:
                    continue
                if bar is None:
                    title = f"{recipe}, epoch {progress.epoch}"
                    bar = tqdm(total=progress.steps, unit="step", desc=title)
                speed = f"{progress.images_per_second:.0f} images/s"
                bar.set_postfix_str(f"loss {progress.loss:.4f}, {speed}")
                bar.update(progress.step - bar.n)
                if entry := progress.entry:
                    bar.set_postfix_str(
                        f"train {progress.loss:.4f}, validation {entry['validation_raw']:.4f}"
                        f" (averaged {entry['validation_averaged']:.4f}), {speed}"
                    )
                    bar = bar.close()
                    held_out = validation if own else None
                    keep(state, where, outputs, len(training), shared.count, held_out)
        finally:
            if bar is not None:
                bar.close()
        if shared.first:
            finish(state, where, training, validation, shared.count, outputs)
