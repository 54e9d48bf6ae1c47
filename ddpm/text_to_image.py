"""A pixel-space text-to-image model of diffusers, such as DeepFloyd IF, as one of our models.

Its prompts are its labels: `label` gives a prompt its number, which every technique takes. So
sampling, guidance and editing run on it unchanged. Needs the extra: `pip install ddpm[text]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from ddpm import arguments
from ddpm.data import Scaling
from ddpm.guidance import as_eps
from ddpm.model import Diffusion
from ddpm.recipes import Recipe
from ddpm.sampling import EpsFn, State
from ddpm.schedule import NoiseSchedule
from ddpm.text_pipelines import check_length, check_pixels

PREDICTS: Any = {"epsilon": "eps", "sample": "x0", "v_prediction": "v"}


class TextToImage(Diffusion):
    """A pipeline of diffusers whose U-Net takes noisy pixels, a time and an encoded prompt.

    Args:
        pipeline: it has a `unet`, a `scheduler`, a `tokenizer` and a `text_encoder`.
        negative: the prompt that guidance moves away from; the empty one by default.
        variance: whether estimates carry the variance that the U-Net predicts, behind the noise
            and in the same number of channels, for the step rule `ddpm.learned`.
        progress: whether sampling shows how far it is and how long it will still take.

    Attributes:
        prompts: the encoded prompts, (tokens, features) each, in the order of their numbers.

    Raises:
        ValueError: the pipeline works on latents, or predicts no variance that is asked for.
    """

    extra_channels = 0  # that the U-Net sees beside its images

    def __init__(
        self, pipeline: Any, negative: str = "", variance: bool = False, progress: bool = False
    ):
        config = check_pixels(pipeline, self.extra_channels, variance)
        self.pipeline, self.network, self.header = pipeline, pipeline.unet, {}
        self.schedule = NoiseSchedule.from_betas(pipeline.scheduler.betas)
        size, channels = config.sample_size, config.in_channels - self.extra_channels
        self.recipe = Recipe(  # of the network and the schedule, the pipeline says more than it
            type(pipeline).__name__, "UNet2DConditionModel", {}, T=self.schedule.T, steps=20,
            guidance=7.0, scaling=Scaling(size=size, image=size, channels=channels),
            label_dropout=0.1, predicts=PREDICTS[pipeline.scheduler.config.prediction_type],
        )  # fmt: skip
        self.negative, self.variance, self.progress = negative, variance, progress
        self.prompts: dict[str, Tensor] = {}

    @property
    def device(self) -> torch.device:
        """Where the U-Net computes; weights that wait for their turn lie elsewhere."""
        device = next(self.network.parameters()).device
        return self.pipeline._execution_device if device.type == "meta" else device

    def label(self, prompt: str) -> int:
        """The number of a prompt, which is encoded when it first occurs.

        Raises:
            ValueError: it is too long, or new after `drop_encoder`.
        """
        if prompt not in self.prompts:
            if (encoder := self.pipeline.text_encoder) is None:
                raise ValueError(f"'{prompt}' was not encoded before the text encoder was dropped")
            check_length(self.pipeline.tokenizer, prompt)
            where = next(encoder.parameters()).device
            self.prompts[prompt] = self.pipeline.encode_prompt(prompt, False, device=where)[0][0]
        return [*self.prompts].index(prompt)

    def drop_encoder(self) -> None:
        """Frees the text encoder's memory; the prompts encoded before stay."""
        for prompt in ("", self.negative):
            self.label(prompt)
        self.pipeline.register_modules(text_encoder=None)
        torch.cuda.empty_cache()

    # --8<-- [start:eps_fn]
    def eps_fn(
        self,
        labels: Sequence[int | str] | Tensor | None = None,
        guidance: float | None = None,
        negative: str | None = None,
        *,
        steps: int | None = None,
    ) -> EpsFn:
        """The noise estimate for these prompts, one per image: themselves or their numbers.

        `guidance` is its scale, 1 being none and 7 the default; `negative` is the prompt that it
        leads away from, the model's by default. It is the same for every number of `steps`.
        """
        given = arguments.items("labels", labels)
        numbers = [self.label(each) if isinstance(each, str) else each for each in given]
        null = self.label(self.negative if negative is None else negative)
        scale = self.recipe.guidance if guidance is None else arguments.number("guidance", guidance)
        known, channels = [*self.prompts.values()], self.recipe.scaling.channels
        told = torch.stack([known[k] for k in arguments.labels("labels", numbers, len(known))])
        sets = [told] if scale == 1 else [known[null].expand_as(told), told]

        def eps_fn(x: Tensor, t: int) -> Tensor:
            answers = self.ask(torch.cat([x] * len(sets)), t, torch.cat(sets)).chunk(len(sets))
            without, with_prompt = answers[0][:, :channels], answers[-1][:, :channels]
            guided = without + scale * (with_prompt - without)
            eps = as_eps(lambda *_: guided, self.recipe.predicts, self.schedule)(x, t)
            return torch.cat([eps, answers[-1][:, channels:]], 1) if self.variance else eps

        return eps_fn

    def ask(self, x: Tensor, t: int, prompts: Tensor) -> Tensor:
        """The U-Net's answer, noise and variance; it counts times from 0."""
        unet = self.pipeline.unet
        told = prompts.to(x.device, unet.dtype)
        return unet(x.to(unet.dtype), t - 1, encoder_hidden_states=told).sample.float()
        # --8<-- [end:eps_fn]

    def unlabelled(self, n: int) -> EpsFn:
        """The noise estimate for n images with the empty prompt."""
        return self.eps_fn([""] * arguments.integer("n", n, 1), 1.0)

    def clean(self, x0: Tensor) -> Tensor:
        """Keeps predicted clean images in range, as the pipeline's scheduler is set to:
        by dynamic thresholding (Saharia et al. 2022, "Imagen", section 2.3) or by clipping."""
        config = self.pipeline.scheduler.config
        if config.get("thresholding"):
            most = x0.flatten(1).abs().quantile(config.dynamic_thresholding_ratio, 1)
            most = most.clamp(1, config.sample_max_value)[:, None, None, None]
            return x0.clamp(-most, most) / most
        limit = config.get("clip_sample_range", 1.0)
        return x0.clamp(-limit, limit) if config.get("clip_sample") else x0

    def states(self, *args: Any, **options: Any) -> Iterator[State]:
        """As for every model; `progress` shows a bar."""
        path = options.get("path") or self.path(options.get("steps"))
        states = super().states(*args, **options)
        return iter(tqdm(states, total=len(path), unit="step", disable=not self.progress))

    def save(self, *_: Any, **__: Any) -> None:
        """Refuses: our files hold models of this package only."""
        raise ValueError("a pipeline saves itself: use `pipeline.save_pretrained(FOLDER)`")
