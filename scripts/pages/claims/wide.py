"""Course B's larger network and its frozen embeddings, against the network that is bundled."""

from __future__ import annotations

from typing import Any

import torch

from ddpm.data import Digits, bundled, mnist
from ddpm.devices import fast_arithmetic
from ddpm.loading import load
from ddpm.losses import loss, validate
from ddpm.model import Diffusion
from ddpm.recipes import recipe
from ddpm.schedule import NoiseSchedule
from scripts.workshop.formulas import ratio
from scripts.workshop.judge import COUNT, draw_fast, natural_labels, verdict
from scripts.workshop.quality import kept
from scripts.workshop.records import ROOT, read_json, read_log
from scripts.workshop.registry import SEED, digest_of, measurement
from scripts.workshop.wide import trained_here, wide_model

CHAINS = (400, 600)
"""Steps of course B's two networks: the longer chain has more times with little to learn."""


# --8<-- [start:larger]
def loss_at_levels(model: Diffusion, digits: Digits, T: int) -> float:
    """The loss of a network over the noise levels of course B's schedule with T steps.

    A level is noise over signal, in pixels of 0 to 1, so that networks with other chains and other
    scales of their pixels are asked about the same pictures.
    """
    b = recipe("resunet").scaling.std
    own, theirs = model.schedule, NoiseSchedule.linear(T)
    a = model.recipe.scaling.std
    here = torch.tensor([a * ratio(own, t) for t in range(1, own.T + 1)]).log()
    wanted = torch.tensor([b * ratio(theirs, t) for t in range(1, T + 1)]).log()
    times = (here[None] - wanted[:, None]).abs().argmin(1) + 1
    generator = torch.Generator().manual_seed(SEED)
    spread = (torch.arange(len(digits)) * T // len(digits))[
        torch.randperm(len(digits), generator=generator)
    ]
    total = 0.0
    for start in range(0, len(digits), 500):
        part = slice(start, start + 500)
        x0 = model.recipe.scaling.to_network(digits.images[part])
        eps = torch.randn(x0.shape, generator=generator)
        given = (v.to(model.device) for v in (x0, digits.labels[part], times[spread[part]], eps))
        with torch.no_grad(), fast_arithmetic(model.device):
            mean = loss(model.network, model.recipe, own, *given)
        total += len(x0) * float(mean)
    return total / len(digits)
    # --8<-- [end:larger]


@measurement
def larger(quick: bool) -> dict[str, Any]:
    """The losses of course B's two networks over the noise levels of T = 400 and of T = 600.

    On the validation digits. The larger network's weights are not bundled: on a machine that has
    not trained it, its loss on its own chain is that of its log, and the rest is left out.
    """
    digits = bundled()[:: 25 if quick else 1]
    losses = {"resunet": {str(T): loss_at_levels(load("resunet"), digits, T) for T in CHAINS}}
    quality = {}
    if trained_here("resunet-large") and not quick:
        model = wide_model("resunet-large")
        losses["resunet-large"] = {str(T): loss_at_levels(model, digits, T) for T in CHAINS}
        quality = {name: quality_of(name) for name in losses}
    else:
        log = read_json("training/resunet-large")
        losses["resunet-large"] = {"600": log["float32"]["validation_averaged"]}
    return {
        "losses": losses,
        "quality": quality,
        "count": len(digits),
        "weights": digest_of("weights/resunet.safetensors"),
    }


@measurement
def frozen(quick: bool) -> dict[str, Any]:
    """Course B's network with embeddings that were trained and with embeddings that were not."""
    names = ("resunet",) if quick else ("resunet", "resunet-frozen")
    digits = mnist("test")[: 100 if quick else 10_000]
    rows = {}
    for name in names:
        model = wide_model(name)
        network = model.network
        rows[name] = {
            "loss": validate(network, model.recipe, digits, exact=True),
            "parameters": sum(p.numel() for p in network.parameters()),
            **({} if quick else quality_of(name)),
        }
    weights = digest_of("weights/resunet.safetensors")
    return {"rows": rows, "count": len(digits), "samples": COUNT, "weights": weights}


def quality_of(name: str) -> dict[str, Any]:
    """A network at its recipe's own setting, by a thousand samples."""
    if name == "resunet":
        return kept(name)
    model, asked = wide_model(name), natural_labels(COUNT)
    images, _ = draw_fast(model, asked, seed=SEED)
    last = read_log(ROOT / "runs" / f"{name}.json")["epochs"][-1]
    return {"epochs": last["epoch"], "validation": last["validation_averaged"],
            **verdict(images, asked)}  # fmt: skip
