"""Every model of the package as a named recipe: what is trained, on what, and how."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ddpm import arguments
from ddpm.data import Scaling
from ddpm.settings import Recipe, Training
from ddpm.stages import Distillation, Stage

# --8<-- [start:attention]
ATTENTION = Recipe(
    name="attention",
    network="attention_unet",
    options={"width": 16},
    T=1000,
    scaling=Scaling(size=32, mean=0.5, std=0.5),  # [-1, 1]
    time_shift=1,  # the network was built to count from 0
    # The last step's. The averaged weights have a lower loss; the samples of attention-class are
    # recognised about equally often by either set.
    weights="raw",
    training=Training(epochs=20, batch=128, rate=1e-3),
)

ATTENTION_CLASS = dataclasses.replace(
    ATTENTION,
    name="attention-class",
    options={"width": 16, "classes": 10},
    classes=10,
)
# --8<-- [end:attention]

# --8<-- [start:unet]
DENOISER = Recipe(
    name="denoiser",
    network="unet",
    options={"width": 128, "time": False},
    schedule="single",  # one step of noise, sigma = 0.5 on a clean image in [0, 1]
    T=1,
    scaling=Scaling(size=28, mean=0.0, std=1.0),
    predicts="x0",
    input_scale=1.25**0.5,  # sqrt(0.8) x_0 + sqrt(0.2) eps becomes x_0 + 0.5 eps
    steps=1,
    training=Training(epochs=5, batch=256, rate=1e-4, show=(1, 5)),
)

TIME = Recipe(
    name="time",
    network="unet",
    options={"width": 64, "time": True},
    T=300,
    scaling=Scaling(size=28, mean=0.0, std=1.0),  # [0, 1]
    time_scale=300,
    steps=300,
    training=Training(epochs=20, batch=128, rate=1e-3, rate_decay=0.1 ** (1 / 20), show=(5, 20)),
)

CLASS = dataclasses.replace(
    TIME,
    name="class",
    options={"width": 64, "time": True, "classes": 10},
    classes=10,
    label_dropout=0.1,
    guidance=5.0,
)
# --8<-- [end:unet]

# --8<-- [start:resunet]
RESUNET = Recipe(
    name="resunet",
    network="resunet",
    options={"width": 128, "classes": 10},
    T=400,
    scaling=Scaling(size=28, mean=0.1307, std=0.3081),
    time_scale=400,
    classes=10,
    label_dropout=0.1,
    sampler="beta-noise",
    steps=400,
    guidance=3.0,  # omega = 2
    training=Training(epochs=10, batch=256, rate=1e-4, show=tuple(range(1, 11))),
)

RESUNET_LARGE = dataclasses.replace(
    RESUNET,
    name="resunet-large",
    options={"width": 256, "classes": 10},
    T=600,
    time_scale=600,
    label_dropout=0.2,
    steps=600,
    guidance=4.0,  # omega = 3
)
# --8<-- [end:resunet]

# --8<-- [start:digits]
DIGITS = Recipe(
    name="digits",
    network="digits_unet",
    options={"width": 48, "blocks": 2, "classes": 10, "blocks14": 3},
    schedule="cosine",
    T=1000,
    scaling=Scaling(size=28, mean=0.5, std=0.5),  # [-1, 1]
    predicts="v",
    classes=10,
    label_dropout=0.1,
    sampler="ddim",
    steps=25,
    guidance=1.4,
    training=Training(
        epochs=90,
        batch=128,
        rate=0.002,
        one_cycle=True,
        weight_decay=0.01,
        average=0.999,
        lengths=(0.03, 0.1),
        snapshots=24,
    ),
)
# --8<-- [end:digits]

# --8<-- [start:large]
DIGITS_LARGE = dataclasses.replace(
    DIGITS,
    name="digits-large",
    options={**DIGITS.options, "patch": 4},
    # Half the range of `digits`: the same digit on four times as many pixels takes twice the noise
    # to hide (Hoogeboom et al. 2023, "simple diffusion", section 3.1).
    scaling=Scaling(size=56, mean=0.5, std=1.0, image=56),
    training=dataclasses.replace(DIGITS.training, strokes=0.8, epochs=16, lengths=(), snapshots=0),
)

DIGITS_BACKGROUNDS = dataclasses.replace(
    DIGITS_LARGE,
    name="digits-backgrounds",
    training=dataclasses.replace(DIGITS_LARGE.training, backgrounds=1.0),
)
# --8<-- [end:large]

# --8<-- [start:digits_fast]
FOLD = Stage("fold", epochs=5, updates=60, rate=3e-4, average=0.98)

DIGITS_FAST = dataclasses.replace(
    DIGITS,
    name="digits-fast",
    options={**DIGITS.options, "paces": 4},  # nothing told, or one of three numbers of steps
    label_dropout=0.0,  # it knows labels only: guidance is in its weights
    steps=4,
    guidance=1.0,
    training=Training(epochs=25, rate=3e-4),
    distillation=Distillation(
        teacher="digits",
        stages=(
            FOLD,
            Stage(
                "shortcut",
                epochs=10,
                updates=100,
                rate=3e-4,
                average=0.99,
                steps=(16, 8, 4),
            ),
            Stage(
                "frechet",
                epochs=10,
                updates=60,
                rate=3e-5,
                steps=(16, 8, 4),
                imitation=0.2,
            ),
        ),
        guidance=1.6,
        interval=(1, 700),
        serves=(4, 8, 16),
    ),
)
# --8<-- [end:digits_fast]

# --8<-- [start:digits_faster]
DIGITS_FASTER = dataclasses.replace(
    DIGITS_FAST,
    name="digits-faster",
    options={**DIGITS.options, "paces": 3},
    steps=1,
    training=Training(epochs=60, rate=2e-4),
    distillation=Distillation(
        teacher="digits-fast",
        stages=(
            Stage(
                "frechet",
                epochs=60,
                updates=50,
                rate=2e-4,
                steps=(2, 1),
                critics=(12, 16, 20, 24),
                pairs=49_152,
                imitation=0.3,
            ),
        ),
        serves=(1, 2),
    ),
)
# --8<-- [end:digits_faster]

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        DIGITS,
        DIGITS_LARGE,
        DIGITS_BACKGROUNDS,
        DIGITS_FAST,
        DIGITS_FASTER,
        ATTENTION,
        ATTENTION_CLASS,
        RESUNET,
        RESUNET_LARGE,
        DENOISER,
        TIME,
        CLASS,
    )
}


def recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ValueError: there is none.
    """
    return RECIPES[arguments.choice("recipe", name, [*RECIPES])]
