"""`ddpm train`: trains a recipe, or goes on where it was stopped.

Writes three files: the weights (`--out`, a `.safetensors` file), beside them the log as
`.json`, and a checkpoint from which the same command goes on after a stop.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import torch
import tyro
from tqdm import tqdm

from ddpm.checkpoints import Run
from ddpm.commands.shared import check_out
from ddpm.data import Digits, bundled, folder, mnist, split_off
from ddpm.denoiser import add_noise, denoise, held_out
from ddpm.devices import default_device
from ddpm.files import write_json
from ddpm.histories import sample_history
from ddpm.images import read_pictures, write_pictures
from ddpm.model import Diffusion
from ddpm.processes import processes
from ddpm.recipes import recipe as find_recipe
from ddpm.records import how
from ddpm.training import train, validate

EXAMPLES = (
    "ddpm train digits --data bundled --epochs 1 --out quick.safetensors",
    "ddpm train digits --data bundled --epochs 2 --out quick.safetensors",
)


def train_recipe(
    recipe: Annotated[str, tyro.conf.arg(metavar="RECIPE")],
    /,
    epochs: int | None = None,
    data: str = "mnist",
    seed: int | None = None,
    device: str | None = None,
    restart: bool = False,
    out: Path | None = None,
) -> None:
    """Trains a recipe, or goes on where it was stopped.

    Started by `torchrun --nproc-per-node N -m ddpm train RECIPE`, N processes share each batch.

    Args:
        recipe: its name, such as digits or attention-class.
        epochs: passes over the data; the recipe's number by default.
        data: mnist, for all of it; bundled, for the 5,000 digits that come with the package; or
            a folder with one subfolder of images for each class, which become grey and 28x28
            pixels (bright ink on a dark ground draws best). Of bundled digits and own images
            the last tenth of each class is not trained on but checked on.
        seed: of weights, order, times and noise; the recipe's by default.
        device: cpu or cuda; a GPU by default if there is one.
        restart: begin anew even though a checkpoint is there.
        out: the weights' file, ending in .safetensors; runs/RECIPE.safetensors by default.
    """
    chosen = find_recipe(recipe)
    if epochs is not None and epochs < 1:
        raise ValueError(f"--epochs must be at least 1, not {epochs}")
    if seed is not None:
        if not 0 <= seed < 4000:
            raise ValueError(f"--seed must be within 0..3999, not {seed}")
        settings = dataclasses.replace(chosen.training, seed=seed)
        chosen = dataclasses.replace(chosen, training=settings)
    if out:
        check_out(out, (".safetensors",))

    training, validation, names = read_data(data)
    if out is None:
        out = Path("runs") / f"{recipe}.safetensors"
        out.parent.mkdir(exist_ok=True)
        check_out(out, (".safetensors",))
    checkpoint = out.with_suffix(".checkpoint.safetensors")
    if names:
        chosen = chosen.for_classes(names)
    with processes(torch.device(device) if device else default_device()) as (shared, where):
        state = Run.start(chosen, where)
        if checkpoint.is_file() and not restart:
            state.restore(checkpoint)
            if _images_of(out) not in (None, len(training)):
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
                log = _log(state, where, len(training), shared.count)
                write_json(out.with_suffix(".json"), log)
                if state.epoch in chosen.training.show:
                    keep_images(state, where, out.with_suffix(".npz"))
        if shared.first:
            finish(state, where, training, validation, shared.count, out)


def read_data(data: str) -> tuple[Digits, Digits, tuple[str, ...]]:
    """What to train on, what to check on, and the classes' names if they are not the digits.

    Args:
        data: "mnist", "bundled", or a folder of folders of images.
    """
    if data == "mnist":
        return mnist("train"), bundled(), ()
    digits, names = (bundled(), ()) if data == "bundled" else folder(data)
    return *split_off(digits), names


def keep_images(state: Run, device: torch.device, path: Path) -> None:
    """Adds to `path` what the averaged weights draw now: four of each digit, or 40 of any.

    A denoiser draws nothing: it takes the noise off one held-out digit of each class.
    """
    model = Diffusion(state.recipe, copy.deepcopy(state.averaged), device)
    if model.recipe.T == 1:
        images = denoise(model, add_noise(held_out(), 0.5))
    else:
        labels = list(range(model.recipe.classes)) or None
        images, _ = sample_history(
            model, labels, 4 if labels else 40, model.recipe.steps, None, seed=0
        )
    # After a restart, or if this epoch is trained again, its images replace the old ones.
    kept = read_pictures(path) if path.is_file() and state.epoch > 1 else {}
    earlier = {name: kept[name] for name in kept if int(name) < state.epoch}
    write_pictures(path, earlier | {str(state.epoch): images})


def finish(
    state: Run,
    device: torch.device,
    training: Digits,
    validation: Digits,
    count: int,
    out: Path,
) -> None:
    """Measures the trained model once more, in float32, and writes its weights and its log."""
    recipe = state.recipe
    log = _log(state, device, len(training), count)
    log["float32"] = {
        "validation_raw": validate(state.network, recipe, validation, exact=True),
        "validation_averaged": validate(state.averaged, recipe, validation, exact=True),
    }
    sets = {"raw": state.network, "averaged": state.averaged}
    model = Diffusion(recipe, sets.pop(recipe.weights), device, header=_header(log))
    write_json(out.with_suffix(".json"), log)
    model.save(out, sets)
    print(f"{out}: {log['parameters']:,} parameters, {state.epoch} epochs")


def _images_of(out: Path) -> int | None:
    """On how many images the training was whose log lies beside `out`; None without one."""
    log = out.with_suffix(".json")
    return json.loads(log.read_text())["images"] if log.is_file() else None


def _log(state: Run, device: torch.device, images: int, count: int) -> dict[str, Any]:
    seconds = sum(entry["seconds"] for entry in state.log)
    parameters = sum(p.numel() for p in state.network.parameters())
    return {
        "recipe": state.recipe.to_dict(),
        "parameters": parameters,
        "images": images,
        "processes": count,
        "epochs": state.log,
        "how": how(device, state.recipe.training.seed, seconds),
    }


def _header(log: dict[str, Any]) -> dict[str, Any]:
    last = log["epochs"][-1]
    return {"images": log["images"], "last": last, "float32": log["float32"], "how": log["how"]}
