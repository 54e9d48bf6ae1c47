"""The figures of the page on text-to-image: the source's experiments, with a model's own weights.

Where the weights are not on the machine these figures are skipped, and the page says so. The
pictures that are edited are samples and drawings, so nothing else is needed.
"""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ddpm import viz
from ddpm.baselines import sharpest, ways
from ddpm.masks import hidden, named_masks
from ddpm.techniques.anagrams import draw_anagram
from ddpm.techniques.denoising import add_noise
from ddpm.techniques.hybrids import draw_hybrid, gaussian
from ddpm.techniques.inpainting import inpaint
from ddpm.techniques.sdedit import sdedit
from ddpm.techniques.views import through, view
from ddpm.timesteps import from_time
from ddpm.variance import learned
from scripts.pages.text.model import (
    FALLS,
    FIRE,
    HAT,
    HOW,
    OLD,
    PHOTO,
    ROCKET,
    SKULL,
    VILLAGE,
    label,
    model,
    pictures,
    weights,
)  # fmt: skip
from scripts.workshop.registry import figure

STARTS = (1, 3, 5, 7, 10, 20)
STRENGTHS = tuple((991 - 30 * start) / 1000 for start in STARTS)
TIMES = (250, 500, 750)


def sheet(columns: dict[str, Tensor], rows: tuple[str, ...] = ()) -> Image.Image:
    """Named columns of images (N, C, H, W)."""
    cells = torch.cat([viz.as_grid(x, 1) for x in columns.values()], dim=1)
    return viz.sheet(cells, rows, [*columns], scale=viz.scale_for(cells.shape[-1], 128))


WORDS: dict[str, Any] = {
    "made": "A text-to-image model of pixels, guidance 7, 33 steps with the learned variance unless"
    " the picture says otherwise; seed 0, nothing picked.",
    "settings": {"seed": 0, "steps": 33, "guidance": 7},
    "shares": "text",
    "pipeline": weights,
}


@figure(
    "text-steps",
    "text",
    caption="The same prompts and noise with 5, 10 and 20 steps.",
    alt="Three rows for three prompts, and a column for each number of steps.",
    **WORDS,
)
def text_steps() -> Image.Image:
    """A row for each prompt."""
    labels = [label(prompt) for prompt in (VILLAGE, HAT, ROCKET)]
    how = {key: value for key, value in HOW.items() if key != "steps"}
    return sheet({f"{n}": model().sample(labels=labels, steps=n, **how) for n in (5, 10, 20)})


@figure(
    "text-denoising",
    "text",
    caption="Noise of three times, removed by a blur, in one step and in many.",
    alt="A row for each of three times; columns from the noisy image to that of many steps.",
    **WORDS,
)
def text_denoising() -> Image.Image:
    """A row for each time."""
    given = pictures()["photo"][None]
    rows = []
    for t in TIMES:
        noisy = add_noise(model(), given, t)
        sigma = sharpest(model(), given, t)
        rows.append({"input": given} | ways(model(), noisy, t, sigma, label=label(PHOTO), **HOW))
    columns = {name: torch.cat([row[name] for row in rows]) for name in rows[0]}
    return sheet(columns, tuple(f"t = {t}" for t in TIMES))


@figure(
    "text-ladder",
    "text",
    caption="From the noise of t = 690 down, every fifth step of the sampler.",
    alt="One row of images, which starts with much noise and ends with a clean image.",
    **WORDS,
)
def text_ladder() -> Image.Image:
    """The states of one trajectory."""
    path = from_time(model().path(HOW["steps"]), 690)
    x = add_noise(model(), pictures()["photo"][None], 690)
    eps_fn = model().eps_fn([label(PHOTO)], HOW["guidance"])
    states = model().states(x=x, path=path, eps_fn=eps_fn, sampler=learned)
    shown = {
        f"{s.t}": model().to_images(s.x) for k, s in enumerate(states) if k % 5 == 0 or s.t == 0
    }
    return sheet(shown)


@figure(
    "text-guidance",
    "text",
    caption="Five samples without guidance, and five with a scale of 7.",
    alt="Two rows of five images each.",
    **WORDS,
)
def text_guidance() -> Image.Image:
    """Two rows of five."""
    sets = [model().sample(labels=[label(PHOTO)] * 5, **{**HOW, "guidance": w}) for w in (1.0, 7.0)]
    cells = torch.cat([viz.as_grid(x, 5) for x in sets])
    return viz.sheet(cells, ["1", "7"], down="guidance", scale=viz.scale_for(cells.shape[-1], 128))


def ladders(prompts: dict[str, str]) -> Image.Image:
    """A row for each picture, towards its prompt, and a column for each place to start."""
    rows = []
    for name, prompt in prompts.items():
        given = pictures()[name]
        edits = [sdedit(model(), given, s, label(prompt), **HOW) for s in STRENGTHS]
        rows.append(torch.cat([*edits, given[None]]))
    columns = [f"i_start {start}" for start in STARTS] + ["input"]
    lines = torch.stack(rows).transpose(0, 1)
    return sheet(dict(zip(columns, lines, strict=True)), tuple(prompts))


@figure(
    "text-sdedit",
    "text",
    caption="Pictures with the noise of six places on the path, denoised as a photo.",
    alt="Three rows for a sample, a house and a spiral; from left to right more is kept.",
    **WORDS,
)
def text_sdedit() -> Image.Image:
    """Towards a plain photo."""
    return ladders(dict.fromkeys(("photo", "house", "spiral"), PHOTO))


@figure(
    "text-towards",
    "text",
    caption="The same towards another prompt for each picture.",
    alt="Three rows for a sample, a house and a spiral; from left to right more is kept.",
    **WORDS,
)
def text_towards() -> Image.Image:
    """Towards a rocket, a village and a hat."""
    return ladders({"photo": ROCKET, "house": VILLAGE, "spiral": HAT})


@figure(
    "text-inpainting",
    "text",
    caption="Three masks: the hidden part is filled in to go with the rest and with the prompt.",
    alt="Three rows with the image, its visible part and the completed image.",
    **WORDS,
)
def text_inpainting() -> Image.Image:
    """A row for each mask."""
    given, masks = pictures()["photo"], named_masks(model().recipe.scaling.image)
    names = ("hole", "top", "stripe")
    kept = torch.stack([hidden(given, masks[name]) for name in names])
    filled = [inpaint(model(), given, masks[name], label(PHOTO), **HOW) for name in names]
    return sheet({"input": given.expand_as(kept), "kept": kept, "filled in": torch.cat(filled)})


@figure(
    "text-anagrams",
    "text",
    caption="Three pairs of prompts, one upright and the other upside down.",
    alt="Three rows with an image and the same image turned or flipped.",
    **WORDS,
)
def text_anagrams() -> Image.Image:
    """A row for each pair."""
    pairs = {
        "flip_vertical": (OLD, FIRE),
        "rotate_180": (ROCKET, HAT),
        "flip_horizontal": (VILLAGE, SKULL),
    }
    upright, turned = [], []
    for name, pair in pairs.items():
        labels = [label(prompt) for prompt in pair]
        image = draw_anagram(model(), labels, ("identity", name), **HOW)
        upright.append(image)
        turned.append(through(image, view(name)))
    return sheet({"upright": torch.cat(upright), "turned": torch.cat(turned)}, tuple(pairs))


@figure(
    "text-hybrids",
    "text",
    caption="Three pairs of prompts, one up close and the other from a distance.",
    alt="Three rows with an image and the same image blurred.",
    **WORDS,
)
def text_hybrids() -> Image.Image:
    """A row for each pair."""
    blur = gaussian(2.0)
    pairs = ((SKULL, FALLS), (HAT, ROCKET), (OLD, VILLAGE))
    images = torch.cat(
        [draw_hybrid(model(), label(a), label(b), 1, 1, blur=blur, **HOW) for a, b in pairs]
    )
    return sheet({"up close": images, "from a distance": blur(images, 0)})
