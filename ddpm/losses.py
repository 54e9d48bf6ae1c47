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
    change: Tensor | None = None,
) -> Tensor:
    """The mean squared error of the network's estimate at times t.

    For a network that predicts the noise this is equation 14 of Ho et al. 2020.

    Args:
        x0, eps: clean images in the network's range and standard normal noise, (N, C, H, W).
        labels, t: integer tensors (N,); t within 1..T.
        weight: how much each time 0..T counts, (T + 1,); all the same by default.
        change: how the images were changed, (N, AUGMENTS), for a network that gets this.

    Returns:
        One number: the mean over images, channels and pixels.
    """
    x_t = schedule.add_noise(x0, t, eps)
    estimate = recipe.ask(network, x_t, t, labels, change)
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


# --8<-- [start:weights]
def time_weight(recipe: Recipe) -> Tensor | None:
    """How much each time 0..T counts in the loss, (T + 1,), of mean 1 over the random times.

    Each weight is a function of the signal-to-noise ratio, given for the error of one quantity
    and converted to that of what the network predicts:

    - `min_snr`, for the image: min(SNR, min_snr) (Hang et al. 2023, "Efficient Diffusion Training
      via Min-SNR Weighting Strategy").
    - `p2`, for the noise: 1 / (p2 + SNR) (Choi et al. 2022, "Perception Prioritized Training of
      Diffusion Models", equation 8 with gamma = 1). As a function of the logarithm of SNR this is
      a sigmoid that falls at log p2 (Kingma and Gao 2023, "Understanding Diffusion Objectives as
      the ELBO with Simple Data Augmentation", appendix D).
    - `edm`, for the image: SNR + 1 / edm^2, where `edm` is the images' standard deviation (Karras
      et al. 2022, table 1). With 1 it is the velocity's own.

    Returns:
        None where all times count the same.

    Raises:
        ValueError: more than one of them is given.
    """
    settings = recipe.training
    given = [name for name in ("min_snr", "p2", "edm") if getattr(settings, name)]
    if len(given) > 1:
        raise ValueError(f"training takes one weight of the times, not {' and '.join(given)}")
    if not given:
        return None
    alpha_bar = recipe.make_schedule().alpha_bar
    snr = alpha_bar / (1 - alpha_bar).clamp(min=1e-12)
    if settings.min_snr:
        of_x0 = snr.clamp(max=settings.min_snr)
    else:
        of_x0 = snr / (settings.p2 + snr) if settings.p2 else snr + settings.edm**-2
    weight = {"eps": of_x0 / snr, "x0": of_x0, "v": of_x0 / (snr + 1)}[recipe.predicts]
    return (weight / (weight * likely(recipe)).sum()).float()


def likely(recipe: Recipe) -> Tensor:
    """How likely each time 0..T is to be trained on: float64 (T + 1,), of sum 1, none at 0."""
    settings, alpha_bar = recipe.training, recipe.make_schedule().alpha_bar[1:]
    if settings.noise_std:
        noise = 0.5 * ((1 - alpha_bar) / alpha_bar).log()  # of the ratio of amplitudes
        z = (noise - settings.noise_mean) / settings.noise_std
        density = (-z.square() / 2).exp() * torch.gradient(noise)[0]
    else:
        density = torch.ones_like(alpha_bar)
    return F.pad(density / density.sum(), (1, 0))


def draw_times(recipe: Recipe, count: int, generator: torch.Generator) -> Tensor:
    """Times to train on, as likely as the recipe says: int64 (count,) within 1..T."""
    device = generator.device
    if not recipe.training.noise_std:
        return torch.randint(1, recipe.T + 1, (count,), generator=generator, device=device)
    chances = likely(recipe).float().to(device)
    return chances.multinomial(count, replacement=True, generator=generator)
    # --8<-- [end:weights]


@torch.no_grad()
def validate(
    network: nn.Module, recipe: Recipe, digits: Digits, batch: int = 500, exact: bool = False
) -> float:
    """The loss on held-out digits, always with the same times and the same noise.

    Computed with the arithmetic of training, or, if `exact`, in float32 like sampling.

    The times are spread evenly over 1..T, then dealt to the images at random: with
    independent random times, the times would change the loss more than the model does.
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
