"""A tiny DeepFloyd IF of random weights, made from configurations, for the tests of text-to-image.

Its tokenizer is trained here; the shapes of its parts are those of the real one, in small.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from diffusers import (
    DDPMScheduler,
    IFPipeline,
    IFSuperResolutionPipeline,
    UNet2DConditionModel,
)
from transformers import T5Config, T5EncoderModel, T5Tokenizer

SIDE = 16
SENTENCES = [
    "an oil painting of a snowy mountain village",
    "a man wearing a hat",
    "a rocket ship",
    "an oil painting of people around a campfire",
    "a lithograph of waterfalls and of a skull",
    "a high quality photo of a dog",
]
WORDS = 24
"""The width of the text encoder."""


def scheduler(**others: Any) -> DDPMScheduler:
    """The scheduler of IF's first stage."""
    settings = {
        "beta_schedule": "squaredcos_cap_v2",
        "thresholding": True,
        "dynamic_thresholding_ratio": 0.95,
        "sample_max_value": 1.5,
        "variance_type": "learned_range",
    }
    return DDPMScheduler(**settings | others)


def unet(seen: int = 3, size: int = SIDE, **others: Any) -> UNet2DConditionModel:
    """A U-Net whose answers are of the size of noise once they are guided; three of its six
    channels are variance.

    The larger they were, the more rounding would grow from step to step: diffusers has its
    schedule in float32, and we have ours in float64.
    """
    torch.manual_seed(0)
    network = UNet2DConditionModel(
        sample_size=size,
        in_channels=seen,
        out_channels=6,
        layers_per_block=1,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        cross_attention_dim=32,
        encoder_hid_dim=WORDS,
        attention_head_dim=8,
        addition_embed_type="text",
        addition_embed_type_num_heads=2,
        cross_attention_norm="group_norm",
        resnet_time_scale_shift="scale_shift",
        act_fn="gelu",
        **others,
    )
    network.conv_out.weight.data *= 0.3
    return network.eval()


def tokenizer(folder: Path) -> T5Tokenizer:
    """A tokenizer that knows the sentences, in the file that IF's has: `spiece.model`."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20),
        model_writer=model,
        vocab_size=70,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
    )
    (folder / "spiece.model").write_bytes(model.getvalue())
    return T5Tokenizer.from_pretrained(folder)


def encoder(words: int) -> T5EncoderModel:
    """The encoder of a T5."""
    torch.manual_seed(1)
    config = T5Config(vocab_size=words, d_model=WORDS, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    return T5EncoderModel(config).eval()


def pipeline(folder: Path) -> IFPipeline:
    """IF's first stage in small; `folder` takes the tokenizer's file."""
    words = tokenizer(folder)
    return IFPipeline(
        words,
        encoder(len(words)),
        unet(),
        scheduler(),
        None,
        None,
        None,
        requires_safety_checker=False,
    )


def second_stage(first: IFPipeline) -> IFSuperResolutionPipeline:
    """IF's second stage in small, of twice the side."""
    return IFSuperResolutionPipeline(
        first.tokenizer,
        first.text_encoder,
        unet(6, 2 * SIDE, class_embed_type="timestep"),
        scheduler(),
        DDPMScheduler(beta_schedule="squaredcos_cap_v2"),
        None,
        None,
        None,
        requires_safety_checker=False,
    )
