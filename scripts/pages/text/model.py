"""The model of the figures on text-to-image, whose weights do not come with this project."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

from torch import Tensor

from ddpm.drawings import drawing
from ddpm.images import fit_grey
from ddpm.text_pipelines import check_model, load_text
from ddpm.text_to_image import TextToImage
from ddpm.variance import learned

MODEL = os.environ.get("DDPM_TEXT_MODEL", "DeepFloyd/IF-I-L-v1.0")
"""A name on the hub, or a folder."""

PHOTO, VILLAGE, HAT, ROCKET, OLD, FIRE, SKULL, FALLS = PROMPTS = (
    "a high quality photo",
    "an oil painting of a snowy mountain village",
    "a man wearing a hat",
    "a rocket ship",
    "an oil painting of an old man",
    "an oil painting of people around a campfire",
    "a lithograph of a skull",
    "a lithograph of waterfalls",
)

HOW: dict[str, Any] = {"steps": 33, "guidance": 7.0, "sampler": learned, "seed": 0, "batch": 5}
"""The setting of all samples, unless a figure says otherwise."""


@cache
def weights() -> dict[str, str]:
    """The model and its weights, by the digest of the U-Net's files.

    Raises:
        ValueError: they are not on this machine.
    """
    check_model(MODEL)
    folder = Path(MODEL)
    if not folder.is_dir():
        from huggingface_hub import try_to_load_from_cache

        index = try_to_load_from_cache(MODEL, "model_index.json")
        if not isinstance(index, str):
            raise ValueError(
                f"the weights of {MODEL} are not on this machine; the page on text-to-image says"
                " how to get them, and DDPM_TEXT_MODEL names a folder or another model"
            )
        folder = Path(index).parent
    digest = hashlib.sha256()
    for file in sorted((folder / "unet").glob("*.safetensors")):
        digest.update(file.read_bytes())
    return {"model": MODEL if folder != Path(MODEL) else folder.name, "unet": digest.hexdigest()}


@cache
def model() -> TextToImage:
    """The model, with all prompts encoded."""
    weights()
    return load_text(MODEL, PROMPTS, variance=True)


def label(prompt: str) -> int:
    """The number of a prompt."""
    return model().label(prompt)


@cache
def pictures() -> dict[str, Tensor]:
    """What is edited: a sample in the place of a photo, and two drawings, (3, H, W) in [0, 1]."""
    scaling = model().recipe.scaling
    sketches = {
        name: fit_grey(drawing(name, scaling.image), scaling) for name in ("house", "spiral")
    }
    return {"photo": model().sample(labels=[label(PHOTO)], **HOW)[0], **sketches}
