"""Distribution matching: a generator of few steps learns to sample what a score describes.

Two scores are compared at noised samples: that of the data, which a teacher knows, and that of the
samples, which the "fake" network learns as they change. Their difference moves the samples. (Yin et
al. 2024, "One-step Diffusion with Distribution Matching Distillation" (DMD), and "Improved
Distribution Matching Distillation for Fast Image Synthesis" (DMD2).)
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ddpm.losses import predicted_x0, x0_loss
from ddpm.networks.digits_unet import DigitsUNet, norm
from ddpm.recipes import Recipe

X0Fn = Callable[[Tensor, Tensor], Tensor]
"""(x, t) -> the predicted clean images of x (N, C, H, W) at times t (N,), labels already bound."""

NOISED = 0.02, 0.98
"""Between which shares of T the two scores are compared (DMD, section 4.3)."""

GROUPS = 5
"""The fake network gets the generator's times in groups: T, [T/2, T), [T/4, T/2), ..."""


# --8<-- [start:direction]
def matching_direction(x0: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    """The gradient of the divergence of samples from data, as far as it is known at one noising.

    A step against it moves the samples from where the fake score expects them to where the real
    score does. The division makes steps at all noise levels alike.

    Args:
        x0: the generator's samples (N, C, H, W).
        real, fake: what the two networks predict of the clean images, from x0 with the same noise.

    Source: DMD, equations 7 and 8, in terms of predicted clean images.
    """
    size = (x0 - real).abs().mean((1, 2, 3), keepdim=True).clamp(min=1e-6)
    return (fake - real) / size


def matching_loss(x0: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    """A number whose gradient with respect to x0 is `matching_direction`, over the number of pixels
    of all images; its own value means nothing."""
    target = (x0 - matching_direction(x0, real, fake)).detach()
    return 0.5 * (x0 - target).square().mean()
    # --8<-- [end:direction]


# --8<-- [start:fake]
class Fake(nn.Module):
    """A score of the generator's samples, and on its bottleneck a discriminator.

    One generator samples at many times, and better at late ones, so the fake network gets
    the group of the time, one of `GROUPS`: it has its labels once for each group.

    Args:
        recipe: of the generator.
        network: a `DigitsUNet` to begin with.

    Raises:
        ValueError: a network of another class.
    """

    def __init__(self, recipe: Recipe, network: nn.Module):
        super().__init__()
        if not isinstance(network, DigitsUNet):
            raise ValueError(
                f"network: distribution matching takes a DigitsUNet, not {type(network).__name__}"
            )
        self.recipe, self.schedule = recipe, recipe.make_schedule()
        self.network = copy.deepcopy(network).requires_grad_(True)
        self.network.label = nn.Embedding(
            GROUPS * (recipe.classes + 1), network.label.embedding_dim
        )
        self.restart(network)
        channels = network.halve.out_channels
        self.discriminator = nn.Sequential(
            nn.Conv2d(channels, channels, 3, stride=2, padding=1),
            norm(channels),
            nn.SiLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(channels, 1),
        )

    def restart(self, network: nn.Module) -> None:
        """Takes a score's weights, the same for all groups; the discriminator keeps its own."""
        weights = network.state_dict()
        own = weights["label.weight"][: self.recipe.classes + 1]
        weights["label.weight"] = own.repeat(GROUPS, 1)
        self.network.load_state_dict(weights)

    def group(self, t: Tensor) -> Tensor:
        """The group, 0..GROUPS - 1, of each of the generator's times (N,)."""
        return torch.log2(self.recipe.T / t).ceil().long().clamp(max=GROUPS - 1)

    def encode(self, x: Tensor, t: Tensor, labels: Tensor, group: Tensor) -> tuple:
        """What the network makes of x on its way down."""
        told = labels + (self.recipe.classes + 1) * group
        return self.network.encode(x * self.recipe.input_scale, self.recipe.network_time(t), told)

    def judge(self, x: Tensor, t: Tensor, labels: Tensor, group: Tensor) -> Tensor:
        """How real noised images look to the discriminator: logits (N, 1)."""
        return self.discriminator(self.encode(x, t, labels, group)[0])

    def forward(self, x: Tensor, t: Tensor, labels: Tensor, group: Tensor) -> tuple[Tensor, Tensor]:
        """The predicted clean images of x at times t, and how real they look.

        Args:
            x: (N, C, size, size) at time t.
            t, labels, group: integer (N,).
        """
        parts = self.encode(x, t, labels, group)
        answer = self.network.decode(*parts)
        return predicted_x0(self.recipe, self.schedule, answer, x, t), self.discriminator(parts[0])
        # --8<-- [end:fake]


# --8<-- [start:losses]
class Samples(NamedTuple):
    """The generator's samples (N, C, H, W), their labels (N,), and the groups of its times (N,)."""

    x0: Tensor
    labels: Tensor
    group: Tensor


def generator_loss(
    samples: Samples, score: X0Fn, fake: Fake, adversarial: float, generator: torch.Generator
) -> Tensor:
    """What the generator minimises: the distance of distributions, and being recognised.

    Args:
        samples: gradients flow through their x0.
        score: the data's, for the samples' labels.
        fake: the samples' own.
        adversarial: the weight of the non-saturating loss (DMD2, section 4.3).
        generator: of times and noise.
    """
    x, t = noised(samples.x0, fake, generator)
    with torch.no_grad():
        real = score(x, t)
    with torch.set_grad_enabled(adversarial > 0):  # only the discriminator's gradient is needed
        guess, logits = fake(x, t, samples.labels, samples.group)
    error = matching_loss(samples.x0, real, guess.detach())
    return error + adversarial * F.softplus(-logits).mean() if adversarial else error


def fake_loss(
    samples: Samples,
    clean: Tensor,
    labels: Tensor,
    fake: Fake,
    adversarial: float,
    generator: torch.Generator,
) -> Tensor:
    """What the fake network minimises: the diffusion loss of the samples, and to tell them apart.

    Args:
        samples: without gradients.
        clean, labels: the same number of real images, and their labels.
        fake: the network that learns.
        adversarial: the weight of the discriminator's logistic loss.
        generator: of times and noise.
    """
    x, t = noised(samples.x0, fake, generator)
    guess, logits = fake(x, t, samples.labels, samples.group)
    error = x0_loss(guess, samples.x0, fake.schedule, t)
    if not adversarial:
        return error
    eps = torch.randn(clean.shape, generator=generator, device=clean.device)
    real = fake.judge(fake.schedule.add_noise(clean, t, eps), t, labels, samples.group)
    return error + adversarial * (F.softplus(logits) + F.softplus(-real)).mean()
    # --8<-- [end:losses]


def noised(x0: Tensor, fake: Fake, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Images with the noise of random times (N,), one for each, and these times."""
    low, high = (max(1, round(share * fake.recipe.T)) for share in NOISED)
    t = torch.randint(low, high + 1, (len(x0),), generator=generator, device=x0.device)
    eps = torch.randn(x0.shape, generator=generator, device=x0.device)
    return fake.schedule.add_noise(x0, t, eps), t
