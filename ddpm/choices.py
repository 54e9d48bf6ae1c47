"""The names that an option can take, and some defaults, without importing torch.

The tables with the things themselves need torch: `SAMPLERS`, `RECIPES`, `VIEWS`, `named_masks`.
Help and errors in the arguments only need their names. A test compares the two.
"""

from __future__ import annotations

import sys
from typing import Literal

SAMPLER_NAMES = (
    "ancestral",
    "beta-noise",
    "no-noise",
    "ddim",
    "heun",
    "heun-eps",
    "dpm-solver",
    "renoise",
)
"""The keys of `ddpm.sampling.SAMPLERS`."""

RECIPE_NAMES = (
    "digits",
    "digits-large",
    "digits-backgrounds",
    "digits-fast",
    "digits-faster",
    "attention",
    "attention-class",
    "resunet",
    "resunet-large",
    "denoiser",
    "time",
    "class",
)
"""The keys of `ddpm.recipes.RECIPES`."""

VIEW_NAMES = (
    "identity",
    "rotate_180",
    "flip_vertical",
    "flip_horizontal",
    "rotate_90",
    "transpose",
    "negation",
)
"""The keys of `ddpm.techniques.views.VIEWS`; "patches:SEED" is a view, too."""

MASK_NAMES = ("top", "bottom", "left", "stripe", "hole", "freehand")
"""The keys of `ddpm.masks.named_masks()`."""

PER_SEED = 1_000_000
"""Images of one seed: `ddpm.noise.PER_SEED`."""

LAST_SEED = 4293
"""The largest seed of `ddpm.noise.image_seeds`."""

Fit = Literal["ink", "pad", "crop"]
"""How a large image is cut to a square: see `ddpm.images`."""

ACROSS, CONTRAST, SHARES = 4, 0.6, (1.0, 0.5)
"""Of hybrids on a larger canvas: tiles a side, the far digit's contrast, and its share of the
averages at t = T and at t = 0. Chosen by trials; see the page on hybrids."""


def check_recipe(name: str) -> None:
    """Refuses the name of a recipe that does not exist.

    Raises:
        ValueError: there is none, nor has a program added one to `ddpm.recipes.RECIPES`.
    """
    known = getattr(sys.modules.get("ddpm.recipes"), "RECIPES", RECIPE_NAMES)
    if name not in known:
        raise ValueError(f"unknown recipe '{name}'; there are {', '.join(known)}")


def check_view(name: str) -> None:
    """Refuses the name of a view that does not exist.

    Raises:
        ValueError: it is neither one of `VIEW_NAMES` nor "patches:SEED".
    """
    kind, _, seed = name.partition(":")
    if name not in VIEW_NAMES and not (kind == "patches" and (seed or "0").isdecimal()):
        known = ", ".join(VIEW_NAMES)
        raise ValueError(f"unknown view '{name}'; there are {known} and patches:SEED")
