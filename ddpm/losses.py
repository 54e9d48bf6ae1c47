"""What training minimises, and how large it is on held-out images."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm.data import Digits
from ddpm.devices import fast_arithmetic
from ddpm.recipes import Recipe
from ddpm.schedule import NoiseSchedule


# --8<-- [start:loss]
def loss(
    network: nn.Module,
    recipe: Recipe,
    schedule: NoiseSchedule,
    x0: Tensor,
    labels: Tensor,
    t: Tensor,
    eps: Tensor,
    weight: Tensor | None = None,
) -> Tensor:
    """The mean squared error of the network's estimate at times t.

    For a network that predicts the noise this is equation 14 of Ho et al. 2020.

    Args:
        x0, eps: clean images in the network's range and standard normal noise, (N, C, H, W).
        labels, t: integer tensors (N,); t within 1..T.
        weight: how much each time 0..T counts, (T + 1,); all the same by default.

    Returns:
        One number: the mean over images, channels and pixels.
    """
    x_t = schedule.add_noise(x0, t, eps)
    estimate = recipe.ask(network, x_t, t, labels)
    if recipe.predicts == "eps":
        target = eps
    else:
        target = x0 if recipe.predicts == "x0" else schedule.velocity(x0, t, eps)
    if weight is None:
        return F.mse_loss(estimate.float(), target)
    return (weight[t] * (estimate.float() - target).square().mean((1, 2, 3))).mean()
    # --8<-- [end:loss]


# --8<-- [start:x0_loss]
def predicted_x0(
    recipe: Recipe, schedule: NoiseSchedule, answer: Tensor, x: Tensor, t: Tensor
) -> Tensor:
    """The clean image (N, C, H, W) that a network's answer to x at times t (N,) implies."""
    answer = answer.float()
    if recipe.predicts == "x0":
        return answer
    convert = {"eps": schedule.x0_from_eps, "v": schedule.x0_from_v}[recipe.predicts]
    return convert(x, t, answer)


def x0_loss(x0: Tensor, target: Tensor, schedule: NoiseSchedule, t: Tensor) -> Tensor:
    """The mean squared error of predicted clean images, weighted by SNR + 1 at their times.

    In terms of the velocity it is the plain mean squared error, since v is off by
    1 / sqrt(1 - alpha_bar) times as much as x_0. (Salimans and Ho 2022, section 4.)

    Args:
        x0, target: (N, C, H, W).
        t: integer (N,), each 1..T.
    """
    return ((x0 - target) / schedule.sigma(t, x0)).square().mean()
    # --8<-- [end:x0_loss]


def min_snr_weight(recipe: Recipe) -> Tensor | None:
    """The weight of each time 0..T by its signal-to-noise ratio, of mean 1; None for no weights.

    Source: Hang et al. 2023, "Efficient Diffusion Training via Min-SNR Weighting Strategy".
    """
    if not recipe.training.min_snr:
        return None
    alpha_bar = recipe.make_schedule().alpha_bar
    snr = alpha_bar / (1 - alpha_bar).clamp(min=1e-12)
    of_x0 = snr.clamp(max=recipe.training.min_snr)
    weight = {"eps": of_x0 / snr, "x0": of_x0, "v": of_x0 / (snr + 1)}[recipe.predicts]
    return (weight / weight[1:].mean()).float()


@torch.no_grad()
def validate(
    network: nn.Module, recipe: Recipe, digits: Digits, batch: int = 500, exact: bool = False
) -> float:
    """The loss on held-out digits, always with the same times and the same noise.

    Computed with the arithmetic of training, or, if `exact`, in float32 like sampling.

    The times are spread evenly over 1..T, then dealt to the images at random: with times
    drawn one by one, two models' losses would differ less than two draws.
    """
    device = next(network.parameters()).device
    generator = torch.Generator().manual_seed(0)
    count, schedule = len(digits), recipe.make_schedule()
    times = (torch.arange(count) * recipe.T // count + 1)[
        torch.randperm(count, generator=generator)
    ]
    network.eval()
    total = 0.0
    for start in range(0, count, batch):
        part = slice(start, start + batch)
        x0 = recipe.scaling.to_network(digits.images[part])
        eps = torch.randn(x0.shape, generator=generator)
        arguments = (v.to(device) for v in (x0, digits.labels[part], times[part], eps))
        with nullcontext() if exact else fast_arithmetic(device):
            total += len(x0) * float(loss(network, recipe, schedule, *arguments))
    return total / count
