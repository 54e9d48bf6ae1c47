"""Our sampling loop beside other libraries', all with the flagship's network: seconds an image.

Needs the dependency group `bench`; imported by `scripts.bench` only when asked for.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import partial
from typing import Any

import diffusers
import torch
from denoising_diffusion_pytorch import GaussianDiffusion
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from smalldiffusion import samples as smalldiffusion_samples
from smalldiffusion.model import ModelMixin as SmallModel
from torch import Tensor, nn

from ddpm.model import Diffusion

STEPS = 25
COSINE: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_schedule": "squaredcos_cap_v2",
    "prediction_type": "v_prediction",
}
"""The flagship's schedule and kind of prediction, in the terms of `diffusers`."""


def answer(model: Diffusion, labels: Tensor, x: Tensor, times: Tensor) -> Tensor:
    """The network's v for images x at times 1..T, one label per image."""
    return model.recipe.ask(model.network, x, times, labels)


class ForDiffusers(ModelMixin, ConfigMixin):
    """The network as a pipeline of `diffusers` wants it."""

    @register_to_config
    def __init__(self, sample_size: int = 28, in_channels: int = 1):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))  # tells the pipeline its device and type
        self.answer: Callable[[Tensor, Tensor], Tensor]

    def forward(self, x: Tensor, t: Tensor) -> Any:
        times = torch.full((len(x),), int(t) + 1, device=x.device)
        return diffusers.models.unets.unet_2d.UNet2DOutput(sample=self.answer(x, times))


class ForLucidrains(nn.Module):
    """The network as `denoising_diffusion_pytorch` wants it; its times begin with 0."""

    channels, out_dim, self_condition = 1, 1, False

    def __init__(self, answer: Callable[[Tensor, Tensor], Tensor]):
        super().__init__()
        self.answer = answer

    def forward(self, x: Tensor, t: Tensor, condition: None = None) -> Tensor:
        return self.answer(x, t + 1)


class ForSmallDiffusion(nn.Module, SmallModel):
    """The network as `smalldiffusion` wants it: noise of amplitude sigma on images of 1."""

    def __init__(self, model: Diffusion, answer: Callable[[Tensor, Tensor], Tensor]):
        super().__init__()
        alpha_bar = model.schedule.alpha_bar
        self.sigmas = ((1 - alpha_bar) / alpha_bar).sqrt()
        self.model, self.answer, self.input_dims = model, answer, (1, 28, 28)

    def forward(self, x: Tensor, sigma: Tensor, cond: None = None) -> Tensor:
        t = int((self.sigmas - sigma.double().cpu()).abs().argmin())
        x_t = self.model.schedule.signal(t, x) * x
        v = self.answer(x_t, torch.full((len(x),), t, device=x.device))
        return self.model.schedule.eps_from_v(x_t, t, v)


def rivals(model: Diffusion, count: int) -> dict[str, tuple[str, Callable[[], Any]]]:
    """By name: our sampler to compare with, and a call that samples the same number of images."""
    labels = (torch.arange(count) % 10).to(model.device)
    ask = partial(answer, model, labels)
    unet = ForDiffusers().to(model.device)
    unet.answer = ask

    def pipeline(kind: Any, scheduler: Any) -> Callable[[], Any]:
        made = kind(unet, scheduler)
        made.set_progress_bar_config(disable=True)
        return lambda: made(batch_size=count, num_inference_steps=STEPS, output_type="pt")

    def solver() -> Tensor:
        scheduler: Any = diffusers.DPMSolverMultistepScheduler(
            **COSINE, timestep_spacing="trailing", final_sigmas_type="zero"
        )
        scheduler.set_timesteps(STEPS)
        x = torch.randn(count, 1, 28, 28, device=model.device)
        for t in scheduler.timesteps:
            x = scheduler.step(unet(x, t).sample, t, x).prev_sample
        return x

    lucidrains = GaussianDiffusion(
        ForLucidrains(ask),
        image_size=28,
        timesteps=1000,
        sampling_timesteps=STEPS,
        objective="pred_v",
        beta_schedule="cosine",
    ).to(model.device)

    def quietly() -> Any:
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar cannot be turned off
            return lucidrains.sample(batch_size=count)

    small = ForSmallDiffusion(model, ask)
    visited = small.sigmas[[*model.path(STEPS)]].float()

    def small_samples() -> Any:
        *_, last = smalldiffusion_samples(small, visited, batchsize=count)
        return last

    spaced: dict[str, Any] = {"timestep_spacing": "trailing"}
    return {
        "diffusers, DDIMPipeline": (
            "ddim",
            pipeline(diffusers.DDIMPipeline, diffusers.DDIMScheduler(**COSINE, **spaced)),
        ),
        "diffusers, DDPMPipeline": (
            "ancestral",
            pipeline(diffusers.DDPMPipeline, diffusers.DDPMScheduler(**COSINE, **spaced)),
        ),
        "diffusers, DPMSolverMultistepScheduler": ("dpm-solver", torch.no_grad()(solver)),
        "denoising-diffusion-pytorch, DDIM": ("ddim", quietly),
        "smalldiffusion, DDIM": ("ddim", small_samples),
    }
