"""The source's frequency split where it has room: on digits of 56x56."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ddpm.augmentation import enlarged
from ddpm.bundle import bundled_models
from ddpm.data import bundled
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.recipes import recipe
from ddpm.techniques.hybrids import HYBRID_GUIDANCE, draw_hybrid, gaussian
from scripts.pages.hybrids.measurements import EACH, from_afar, stretched
from scripts.workshop.judge import judge, rows
from scripts.workshop.records import ROOT, read_json
from scripts.workshop.registry import SEED, NotHere, measurement

MODELS = ("digits-large", "digits-backgrounds")

SHARES_OF_SIDE = {
    "the source's": 2 / 64,
    "as at 28x28": 1.25 / 28,
    "wider": 3.5 / 56,
    "widest": 5 / 56,
}
"""The Gaussian's sigma as a share of the image's side."""

PAIRS = [(a, b) for a in range(10) for b in range(10) if a != b]


def file_of(name: str) -> Path | None:
    """Where a model's weights are: with the package, or where `ddpm train` wrote them."""
    if name in bundled_models():
        return Path(name)
    path = ROOT / "runs" / f"{name}.safetensors"
    return path if path.is_file() else None


@cache
def model_of(name: str) -> Diffusion:
    """A trained model; an untrained one, to see that all works, where there is none."""
    path = file_of(name)
    return Diffusion(recipe(name)) if path is None else load(str(path))


# --8<-- [start:reading]
def details(images: Tensor) -> Tensor:
    """The details of single large images, up close: (N, 1, 28, 28)."""
    sigma = 3.0 * images.shape[-1] / 28  # as much of the digit as for tiles of 28x28
    fine = stretched((images - gaussian(sigma)(images, 0)).clamp(min=0))
    return F.avg_pool2d(fine, images.shape[-1] // 28)


def read_single(images: Tensor, far: Tensor, near: Tensor) -> tuple[Tensor, Tensor]:
    """Whether each is read as `far` from a distance, and as `near` by its details: bool (N,)."""
    return judge().read(from_afar(images)) == far, judge().read(details(images)) == near
    # --8<-- [end:reading]


def one_split(name: str, share: float, pairs: int, each: int) -> dict[str, Any]:
    """How often hybrids by one split of one model are read as both their digits."""
    model = model_of(name)
    far, near = torch.tensor(PAIRS[:: len(PAIRS) // pairs][:pairs]).T.repeat_interleave(each, 1)
    blur = gaussian(share * model.recipe.scaling.image)
    with fast_arithmetic(default_device()):
        images = draw_hybrid(
            model, far.tolist(), near.tolist(), len(far), across=1, blur=blur, seed=SEED
        )
    right_far, right_near = read_single(images, far, near)
    both = (right_far & right_near).float()
    shares = both.unflatten(0, (pairs, each)).mean(1)
    return {
        "sigma": share * model.recipe.scaling.image,
        "far": float(right_far.float().mean()),
        "near": float(right_near.float().mean()),
        "both": float(both.mean()),
        "error": float(shares.std() / pairs**0.5),
        "half": int((shares >= 0.5).sum()),
        "count": len(far),
    }


def better(row: dict[str, Any], mosaic: float) -> bool:
    """Whether a split is better than the mosaic by the classifier: by two standard errors.

    Fixed before anything was measured. Whether it also looks better, only people can judge.
    """
    return bool(row["both"] > mosaic + 2 * row["error"])


@measurement
def large_hybrids(quick: bool) -> dict[str, Any]:
    """Hybrids of 56x56 by the source's split, over all pairs of different digits.

    Models that have not been trained are left out. A quick run measures them untrained.
    """
    pairs, each = (3, 1) if quick else (len(PAIRS), EACH)
    names = [name for name in MODELS if quick or file_of(name)]
    if not names:
        raise NotHere(f"no weights of {' or '.join(MODELS)}: ddpm train {MODELS[0]} makes them")
    jobs = {
        f"{name}, {words}": partial(one_split, name, share, pairs, each)
        for name in names
        for words, share in [*SHARES_OF_SIDE.items()][: 1 if quick else None]
    }
    settings = {
        "models": {name: model_of(name).header.get("last", {}) for name in names},
        "pairs": pairs,
        "each": each,
        "guidance": HYBRID_GUIDANCE,
    }
    table = rows("large_hybrids-quick" if quick else "large_hybrids", settings, jobs)
    mosaic = read_json("hybrids")["mean"]
    digits = bundled()[::10]
    clean = enlarged(digits.images, 56)[:, None].float() / 255
    real = read_single(clean, digits.labels, digits.labels)
    return {
        "rows": {key: row | {"better": better(row, mosaic)} for key, row in table.items()},
        "best": max(table, key=lambda key: table[key]["both"]),
        "mosaic": mosaic,
        "real": {k: float(r.float().mean()) for k, r in zip(("far", "near"), real, strict=True)},
        **settings,
    }
