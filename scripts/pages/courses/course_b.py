"""Figures of course B's two networks: samples epoch by epoch, and five strengths of guidance."""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image

from ddpm import viz
from ddpm.devices import fast_arithmetic
from ddpm.images import read_pictures, write_pictures
from ddpm.loading import load
from scripts.workshop.records import ROOT, results_file
from scripts.workshop.registry import SEED, digest_of, figure, measurement

OMEGAS = (0.1, 0.5, 1.0, 3.0, 5.0)
"""The source's strengths of guidance."""

EACH = 10
"""Samples of each label at each strength."""


@measurement
def omegas(quick: bool) -> dict[str, Any]:
    """Samples of course B's network at the source's strengths, in the source's 400 steps."""
    model, digest = load("resunet"), digest_of("weights/resunet.safetensors")
    name = "omegas-quick" if quick else f"omegas-{digest.removeprefix('sha256:')[:8]}"
    partial = ROOT / "runs" / f"{name}.npz"  # each strength takes minutes
    kept = read_pictures(partial) if partial.is_file() else {}
    how: dict[str, Any] = {"labels": torch.arange(10).repeat_interleave(EACH), "seed": SEED}
    for omega in OMEGAS[:1] if quick else OMEGAS:
        if f"{omega:g}" not in kept:
            with fast_arithmetic(model.device):
                images = model.sample(guidance=1 + omega, steps=2 if quick else None, **how)
            kept[f"{omega:g}"] = images.float()
            partial.parent.mkdir(exist_ok=True)
            write_pictures(partial, kept)
    if not quick:
        write_pictures(results_file("omegas.npz"), kept)
    partial.unlink()
    return {"steps": model.recipe.steps, "each": EACH, "weights": digest}


@figure(
    "omega-sweep",
    "courses",
    caption="Ten samples of each label at course B's five strengths of guidance ω, from the same"
    " noise.",
    made="The model `resunet` in 400 steps with sigma = sqrt(beta).",
    alt="Five blocks, one below the other, for ω = 0.1, 0.5, 1, 3 and 5, each with ten samples of"
    " each label. In the first, strokes are thin and some samples are no digit or another one."
    " From ω = 3 on each is the digit asked for, in thicker strokes. At ω = 5 the ten samples"
    " of a label differ less than at 0.1.",
    results=("omegas.npz",),
    settings={"seed": 0},
)
def omega_sweep() -> Image.Image:
    """Ten of every digit at the source's five strengths."""
    kept = read_pictures(results_file("omegas.npz"))
    blocks = [images[:, 0].unflatten(0, (10, EACH)) for images in kept.values()]
    rows = [f"ω = {omega}" if label == 0 else "" for omega in kept for label in range(10)]
    return viz.sheet(torch.cat(blocks), rows=rows, across="ten samples of each label", scale=1)


@figure(
    "resunet-epochs",
    "courses",
    caption="One row of samples after each epoch, always from the same noise.",
    made="Kept while the bundled model was trained: 400 steps with sigma = sqrt(beta), guidance 3"
    " and the averaged weights.",
    alt="Ten rows, one for each epoch, of samples for the labels 0 to 9. The first row is broken"
    " strokes. From the second on, most can be read as their label, and the strokes become"
    " cleaner. In the last row the 2 is still in two pieces and the 9 has a stroke too many.",
    results=("training/resunet.npz",),
    settings={"seed": 0},
)
def resunet_epochs() -> Image.Image:
    """One sample of each digit after each epoch."""
    return _one_of_each("resunet")


@figure(
    "resunet-large-epochs",
    "courses",
    caption="One row of samples of the large network after each epoch, always from the same noise:"
    " 256 features, T = 600 and ω = 3.",
    made="Kept while it was trained: 600 steps with sigma = sqrt(beta), guidance 4 and the"
    " averaged weights, always from the same noise.",
    alt="Ten rows, one for each epoch, of samples for the labels 0 to 9. The first row is broken"
    " strokes. In the second most can be read as their label, and from the third row on all of"
    " them. Later rows are cleaner: in the last, each of the ten is a complete digit.",
    results=("training/resunet-large.npz",),
    settings={"seed": 0},
)
def resunet_large_epochs() -> Image.Image:
    """One sample of each digit by the large network after each epoch."""
    return _one_of_each("resunet-large")


def _one_of_each(name: str) -> Image.Image:
    """One sample of each label after each epoch, a row for each."""
    kept = read_pictures(results_file(f"training/{name}.npz"))
    rows = torch.stack([images[:, 0] for images in kept.values()])
    columns = [str(digit) for digit in range(10)]
    return viz.sheet(rows, rows=list(kept), columns=columns, down="epoch", across="label")
