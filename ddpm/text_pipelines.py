"""Pipelines of diffusers: which ones are taken, where they come from, and where they fit.

Nothing here imports torch or diffusers before it needs them.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ddpm.reading import parse_json, printable
from ddpm.text_memory import parameters, plan, said, weights_files

if TYPE_CHECKING:
    from ddpm.super_resolution import SuperResolution
    from ddpm.text_to_image import TextToImage

EXTRA = ("diffusers", "transformers", "sentencepiece", "accelerate")
LATENT = ("vae", "vqvae", "movq", "vqgan")
NEEDED = ("unet", "scheduler", "tokenizer", "text_encoder")
TOKENS = 77
"""The length of the prompts that IF was trained with, in its tokenizer's pieces of words."""

UNUSED = ("safety_checker", "feature_extractor", "watermarker")
"""What works on finished images; the page on text-to-image says what a licence asks for."""


def check_parts(name: str, parts: Iterable[str]) -> None:
    """Refuses a pipeline by its parts, before any weights are read.

    Raises:
        ValueError: it works on latents, or it takes no prompts.
    """
    parts = {*parts}
    if parts & {*LATENT}:
        raise ValueError(
            f"'{name}' works on latents, and views and blurs act on pixels: take a model of pixels,"
            " such as DeepFloyd/IF-I-L-v1.0"
        )
    for part in NEEDED:
        if part not in parts:
            raise ValueError(f"'{name}' is no text-to-image pipeline of pixels: it has no {part}")


def check_pixels(pipeline: Any, extra: int = 0, variance: bool = False) -> Any:
    """The configuration of a pipeline's U-Net, if it takes images, `extra` channels and a prompt.

    Raises:
        ValueError: it does not, or it predicts no variance although `variance` is asked for.
    """
    name = type(pipeline).__name__
    check_parts(name, pipeline.components)
    config = pipeline.unet.config
    channels = config.in_channels - extra
    if channels not in (1, 3) or config.out_channels not in (channels, 2 * channels):
        raise ValueError(
            f"the U-Net of '{name}' takes {config.in_channels} channels and gives"
            f" {config.out_channels}: it does not denoise plain images"
        )
    if variance and config.out_channels == channels:
        raise ValueError(f"the U-Net of '{name}' predicts no variance: choose another sampler")
    return config


def check_length(tokenizer: Any, prompt: str) -> None:
    """Refuses a prompt whose end the text encoder would not see.

    Raises:
        ValueError: it has more than `TOKENS` tokens.
    """
    if (count := len(tokenizer(prompt.lower().strip()).input_ids)) > TOKENS:
        start = printable(prompt[:30])
        raise ValueError(f"a prompt has up to {TOKENS} tokens, not {count}: shorten '{start}...'")


def check_model(model: str) -> None:
    """Refuses a model as far as can be seen without torch and without a network.

    Args:
        model: a local folder as `save_pretrained` writes it, or a name on the hub.

    Raises:
        ValueError: the extra is not installed, or the folder holds no fitting pipeline.
    """
    missing = [name for name in EXTRA if util.find_spec(name) is None]
    if missing:
        raise ValueError(f"{missing[0]} is not installed: pip install 'ddpm[text]'")
    if Path(model).is_dir():
        check_index(Path(model))
    elif Path(model).exists() or model.count("/") != 1 or not all(model.split("/")):
        raise ValueError(f"no folder '{printable(model)}', nor is it a name on the hub, OWNER/NAME")


def check_index(folder: Path) -> None:
    """Refuses the folder of another pipeline."""
    if not (folder / "model_index.json").is_file():
        raise ValueError(f"'{folder}' holds no pipeline: it has no model_index.json")
    text = (folder / "model_index.json").read_text(encoding="utf-8")
    index = parse_json(text, f"'{folder / 'model_index.json'}'")
    if not isinstance(index, dict):
        raise ValueError(f"'{folder}' holds no pipeline: its model_index.json lists no parts")
    there = [part for part, kind in index.items() if isinstance(kind, list) and any(kind)]
    check_parts(printable(str(index.get("_class_name")), 60), there)


def find(model: str, half: bool) -> Path:
    """The folder of a model, which is downloaded if it is not on this machine.

    Raises:
        ValueError: it is gated, needs a login, is not there, or cannot be reached.
    """
    if Path(model).is_dir():
        return Path(model)
    from diffusers import DiffusionPipeline
    from diffusers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()  # a line of our own says what is missing
    try:
        variant = "fp16" if half else None
        folder = DiffusionPipeline.download(model, variant=variant, use_safetensors=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise ValueError(why_not(model, error)) from error
    finally:
        logging.set_verbosity(before)
    check_index(Path(folder))
    return Path(folder)


def why_not(model: str, error: BaseException) -> str:
    """What to do when a model cannot be downloaded from the hub."""
    kinds = {type(each).__name__ for each in causes(error)}
    if "GatedRepoError" in kinds:
        return (
            f"'{model}' is gated: accept its licence on its page on the hub, then log in on this"
            " machine by `hf auth login`"
        )
    if "RepositoryNotFoundError" in kinds:
        return f"the hub has no '{model}', or shows it only after a login: `hf auth login`"
    return (
        f"'{model}' is not on this machine and the hub cannot be reached: fetch it where there is"
        f" a network by `hf download {model}`, and give its folder to --model"
    )


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def opened(folder: Path, dtype: Any, without: Sequence[str] = UNUSED) -> Any:
    """The pipeline of a folder on the CPU, without some of its parts."""
    from diffusers import DiffusionPipeline

    files = weights_files(folder, "unet")
    half = bool(files) and ".fp16" in files[0].name
    with warnings.catch_warnings():
        # Newer versions call it `dtype`, which older ones do not know.
        warnings.simplefilter("ignore", FutureWarning)
        return DiffusionPipeline.from_pretrained(
            folder,
            torch_dtype=dtype,
            variant="fp16" if half else None,
            use_safetensors=True,
            **dict.fromkeys(without),
        )


def load_text(
    model: str,
    prompts: Sequence[str],
    negative: str = "",
    device: str | None = None,
    variance: bool = False,
    progress: bool = False,
) -> TextToImage:
    """A text-to-image model with these prompts encoded and its text encoder dropped.

    What it computes with, and where, is chosen by the memory that is free, and said on standard
    error.

    Args:
        model: a local folder, or a name on the hub.
        prompts: all that will be asked for.
        negative, variance, progress: see `TextToImage`.
        device: where to compute; an accelerator by default if there is one.

    Raises:
        ValueError: it cannot be had, is no text-to-image model of pixels, or does not fit.
    """
    check_model(model)
    import psutil  # which accelerate needs
    import torch
    from transformers import AutoTokenizer

    from ddpm.devices import as_device
    from ddpm.text_to_image import TextToImage

    where = as_device(device)
    folder = find(model, half=where.type != "cpu")
    tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
    for prompt in (*prompts, negative):
        check_length(tokenizer, prompt)
    counts = parameters(folder, "text_encoder"), parameters(folder, "unet")
    memory = int(psutil.virtual_memory().available)
    free = int(torch.cuda.mem_get_info(where)[0]) if where.type == "cuda" else memory
    chosen = plan(where.type, *counts, memory, free)
    print(f"note: {said(chosen, where, counts[1])}", file=sys.stderr)
    pipeline = opened(folder, getattr(torch, chosen.dtype))
    encoder, unet = pipeline.text_encoder, pipeline.unet.eval()
    if chosen.encoder_on_cpu:
        encoder.to(torch.bfloat16)
    else:
        encoder.to(where)
    text = TextToImage(pipeline, negative, variance, progress)
    for prompt in prompts:
        text.label(prompt)
    del encoder
    text.drop_encoder()
    if chosen.layer_by_layer:
        from accelerate import cpu_offload

        cpu_offload(unet, where)
    else:
        unet.to(where)
    return text


def load_second(model: str, first: TextToImage) -> SuperResolution:
    """A second stage, which shares the first one's prompts and runs where it does.

    Raises:
        ValueError: it cannot be had, or is no second stage.
    """
    from ddpm.super_resolution import SuperResolution

    folder = find(model, half=first.device.type != "cpu")
    pipeline = opened(folder, first.pipeline.unet.dtype, (*UNUSED, "text_encoder"))
    if "image_noising_scheduler" not in pipeline.components:
        raise ValueError(f"'{type(pipeline).__name__}' is no second stage: it enlarges nothing")
    pipeline.unet.eval().to(first.device)
    return SuperResolution(pipeline, first, first.variance, first.progress)
