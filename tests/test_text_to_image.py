"""A text-to-image model as one of our models: step for step diffusers' own, in small.

The pipeline is made from configurations, with random weights; see `tests.tiny_text`.
"""

import json
import sys
from logging import Handler

import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

import ddpm
from ddpm import text_pipelines
from ddpm.sampling import sample
from ddpm.super_resolution import SuperResolution
from ddpm.techniques.anagrams import draw_anagram
from ddpm.techniques.hybrids import draw_hybrid, gaussian
from ddpm.techniques.inpainting import inpaint
from ddpm.text_memory import Plan, parameters, plan
from ddpm.text_pipelines import TOKENS, causes, check_index, check_model, load_text, why_not
from ddpm.text_to_image import TextToImage
from ddpm.timesteps import strided, uniform
from ddpm.variance import learned
from tests import tiny_text
from tests.tiny_text import SIDE

HAT, ROCKET = "a man wearing a hat", "a rocket ship"
SHAPE = (2, 3, SIDE, SIDE)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The pipeline; each test takes its parts as they are."""
    return tiny_text.pipeline(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture
def text(first):
    """The model, with the learned variance."""
    first.scheduler = tiny_text.scheduler()
    return TextToImage(first, variance=True)


def theirs(pipeline, seed=0, **options):
    """What a pipeline of diffusers goes through after each of its steps."""
    states = []
    pipeline.set_progress_bar_config(disable=True)
    pipeline(
        **options,
        generator=torch.Generator().manual_seed(seed),
        output_type="pt",
        clean_caption=False,
        callback=lambda step, t, x: states.append(x.clone()),
    )
    return states


def ours(text, eps_fn, path, step, seed=0):
    """The same by our loop, with the noise that their generator gives."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda: torch.randn(SHAPE, generator=generator)  # noqa: E731
    states = sample(eps_fn, draw(), path, text.schedule, step, text.clean, noise=draw)
    return [state.x for state in states][1:]


def assert_same(one, other):
    assert len(one) == len(other) > 1
    for x, y in zip(one, other, strict=True):
        assert (x - y).abs().max() < 1e-4


# ------------------------------------------------------------------ parity


@pytest.mark.parametrize(("guidance", "negative"), [(7.0, None), (3.0, ROCKET), (1.0, None)])
def test_ancestral_sampling_with_the_learned_variance_is_their_pipeline(
    first, text, guidance, negative
):
    expected = theirs(
        first,
        prompt=[HAT, ROCKET],
        negative_prompt=negative and [negative] * 2,
        num_inference_steps=8,
        guidance_scale=guidance,
    )
    eps_fn = text.eps_fn([HAT, ROCKET], guidance, negative)
    assert_same(ours(text, eps_fn, uniform(1000, 8), learned), expected)


def test_ancestral_sampling_at_every_time_is_theirs(first, text):
    """The last fifteen of a thousand steps, one by one.

    There 1 - alpha_bar is so small that their table, in float32, has only four digits of it.
    """
    first.scheduler.alphas_cumprod = text.schedule.alpha_bar[1:]
    expected = theirs(first, prompt=[HAT] * 2, timesteps=[*range(14, -1, -1)], guidance_scale=7.0)
    path = tuple(range(15, -1, -1))
    assert_same(ours(text, text.eps_fn([HAT] * 2, 7.0), path, learned), expected)


class Consistent(DDIMScheduler):
    """Theirs with the noise that goes with the clamped image, as in our loop."""

    def step(self, *inputs, **named):
        return super().step(*inputs, use_clipped_model_output=True, **named)


def test_ddim_is_theirs(first, text):
    eps_fn = TextToImage(first).eps_fn([HAT, ROCKET], 7.0)
    first.scheduler = Consistent.from_config(first.scheduler.config)
    first.scheduler.register_to_config(variance_type="fixed_small")  # their pipeline asks for it
    expected = theirs(first, prompt=[HAT, ROCKET], num_inference_steps=8, guidance_scale=7.0)
    assert first.scheduler.config.thresholding
    assert_same(ours(text, eps_fn, uniform(1000, 8), ddpm.ddim), expected)


@pytest.mark.parametrize("thresholding", [True, False])
def test_dpm_solver_is_theirs(first, text, thresholding):
    config = {**first.scheduler.config, "thresholding": thresholding, "clip_sample": False}
    first.scheduler = DPMSolverMultistepScheduler.from_config(
        config, timestep_spacing="trailing", final_sigmas_type="zero"
    )
    assert first.scheduler.config.algorithm_type == "dpmsolver++"
    assert first.scheduler.config.thresholding == thresholding
    # From the second of ten times on: at the first, a guess of x_0 has a noise of 20,000.
    times = [t - 1 for t in strided(1000, 10)[1:-1]]
    expected = theirs(first, prompt=[HAT, ROCKET], timesteps=times, guidance_scale=7.0)
    path = strided(1000, 10)[1:]
    eps_fn = text.eps_fn([HAT, ROCKET], 7.0)
    assert_same(ours(text, eps_fn, path, ddpm.dpm_solver), expected)


def test_the_second_stage_is_their_pipeline(first, text, monkeypatch):
    stage = tiny_text.second_stage(first)
    small = torch.rand(SHAPE, generator=torch.Generator().manual_seed(3))
    expected = theirs(
        stage,
        prompt=[HAT, ROCKET],
        image=small * 2 - 1,
        num_inference_steps=4,
        guidance_scale=4.0,
        noise_level=250,
    )
    second = SuperResolution(stage, text, variance=True)
    labels = [second.label(HAT), second.label(ROCKET)]
    generator = torch.Generator().manual_seed(0)
    noises = iter(torch.randn(6, 2, 3, 2 * SIDE, 2 * SIDE, generator=generator))
    start, beside = next(noises), next(noises)

    def draws(count, seed=0, first=0, stream=0, size=None):
        ours = iter([beside] if stream else [start, *noises])
        return lambda: next(ours)

    monkeypatch.setattr(second, "noise", draws)
    large = second.enlarge(
        small, labels, batch=2, steps=4, spacing="uniform", guidance=4.0, sampler=learned
    )
    assert large.shape == (2, 3, 2 * SIDE, 2 * SIDE)
    assert (large - (expected[-1] / 2 + 0.5).clamp(0, 1)).abs().max() < 1e-4


def test_the_schedule_is_the_pipeline_s(first, text):
    bars = first.scheduler.alphas_cumprod
    assert text.schedule.T == len(bars) == 1000
    assert (text.schedule.alpha_bar[1:] / bars - 1).abs().max() < 1e-4
    first.scheduler = tiny_text.scheduler(beta_schedule="linear", num_train_timesteps=300)
    assert TextToImage(first).schedule.T == 300
    assert TextToImage(first).recipe.T == 300


# ------------------------------------------------------------------ the model


def test_the_variance_lies_between_the_posterior_s_and_beta(text):
    """At -1 and at 1 the rule is `posterior` and `beta_noise`, with the same noise."""
    x, eps = torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(0)).unbind()

    def after(step, share):
        told = eps if share is None else torch.cat([eps, torch.full_like(eps, share)], 1)
        noise = torch.Generator().manual_seed(1)
        draw = lambda: torch.randn(SHAPE, generator=noise)  # noqa: E731
        states = sample(lambda x, t: told, x, (700, 400, 0), text.schedule, step, noise=draw)
        return [state.x for state in states][1]

    least, most = after(ddpm.posterior, None), after(ddpm.beta_noise, None)
    assert (after(learned, -1.0) - least).abs().max() < 1e-4
    assert (after(learned, 1.0) - most).abs().max() < 1e-4
    assert (least - most).abs().max() > 0.01
    assert torch.equal(after(ddpm.posterior, 1.0), least)
    with pytest.raises(ValueError, match="needs an eps_fn that predicts the variance"):
        after(learned, None)


def test_an_estimate_of_a_wrong_shape_is_still_refused(text):
    x = torch.zeros(SHAPE)
    for wrong in (
        torch.zeros(2, 4, SIDE, SIDE),
        torch.zeros(2, 6, SIDE, 1),
        torch.zeros(1, 6, 9, 9),
    ):
        with pytest.raises(ValueError, match="what eps_fn returns must be"):
            next(sample(lambda x, t, wrong=wrong: wrong, x, (5, 0), text.schedule))


def test_prompts_are_encoded_once_and_stay_when_the_encoder_goes(tmp_path):
    pipeline = tiny_text.pipeline(tmp_path)
    calls, encode = [], pipeline.encode_prompt
    pipeline.encode_prompt = lambda prompt, *a, **k: calls.append(prompt) or encode(prompt, *a, **k)
    text = TextToImage(pipeline, negative=ROCKET)
    assert text.label(HAT) == text.label(HAT) == 0
    x = torch.zeros(SHAPE)
    before = text.eps_fn([0, HAT])(x, 500)
    assert calls == [HAT, ROCKET]
    text.drop_encoder()
    assert pipeline.text_encoder is None
    assert torch.equal(text.eps_fn([HAT, 0])(x, 500), before)
    assert text.unlabelled(2)(x, 500).shape == SHAPE
    assert sorted(calls) == sorted([HAT, ROCKET, ""])
    with pytest.raises(ValueError, match="'a dog' was not encoded before"):
        text.label("a dog")


def test_prompts_and_labels_that_are_wrong(text):
    text.label(HAT)
    with pytest.raises(ValueError, match=r"labels must be within 0\.\.1, not 7"):
        text.eps_fn([7])
    with pytest.raises(TypeError, match="labels must be a list"):
        text.eps_fn(HAT)
    with pytest.raises(ValueError, match=f"up to {TOKENS} tokens, not [0-9]+: shorten 'a rocket"):
        text.label("a rocket ship " * 20)
    with pytest.raises(ValueError, match="a pipeline saves itself"):
        text.save("text.safetensors")


def test_the_variance_is_only_there_when_asked_for(first, text):
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    both, plain = text.eps_fn([HAT] * 2)(x, 500), TextToImage(first).eps_fn([HAT] * 2)(x, 500)
    assert both.shape == (2, 6, SIDE, SIDE)
    assert torch.equal(both[:, :3], plain)
    # The variance is not guided: it is the prompt's.
    assert (text.eps_fn([HAT] * 2, 1.0)(x, 500)[:, 3:] - both[:, 3:]).abs().max() < 1e-5
    assert (text.eps_fn([ROCKET] * 2)(x, 500)[:, 3:] - both[:, 3:]).abs().max() > 1e-4


def test_the_techniques_take_it_as_any_model(text):
    hat, rocket = text.label(HAT), text.label(ROCKET)
    how = {"steps": 2, "sampler": learned, "guidance": 2.0}
    image = torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(SIDE, SIDE)
    mask[:5] = 1
    filled = inpaint(text, image, mask, hat, 2, **how)
    assert (filled[:, :, 5:] - image[:, 5:]).abs().max() < 1e-5
    assert (filled[:, :, :5] - image[:, :5]).abs().max() > 0.01
    turned = draw_anagram(text, [hat, rocket], ("identity", "rotate_180"), 2, **how)
    swapped = draw_anagram(text, [rocket, hat], ("rotate_180", "identity"), 2, **how)
    assert torch.allclose(turned, swapped, atol=1e-5)
    one = draw_hybrid(text, hat, hat, 2, 1, blur=gaussian(2.0), **how)
    assert torch.allclose(one, text.sample(labels=[hat] * 2, **how), atol=1e-4)
    with pytest.raises(ValueError, match="what eps_near returns must be"):
        draw_hybrid(text, hat, hat, 1, 2, **how)
    text.variance = False
    assert draw_hybrid(text, hat, rocket, 1, 2, steps=2).shape == (1, 3, 2 * SIDE, 2 * SIDE)
    batches = [text.sample(labels=[hat] * 3, steps=2, batch=batch) for batch in (1, 3)]
    assert torch.allclose(*batches, atol=1e-5)


def test_guesses_are_kept_in_range_as_the_scheduler_says(first):
    x0 = 4 * torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    for settings, most in (
        ({}, 1.0),
        ({"thresholding": False}, 1.0),
        ({"thresholding": False, "clip_sample_range": 2.0}, 2.0),
        ({"thresholding": False, "clip_sample": False}, None),
    ):
        first.scheduler = tiny_text.scheduler(**settings)
        kept = TextToImage(first).clean(x0)
        assert kept.abs().max() == (x0.abs().max() if most is None else most)


# ------------------------------------------------------------------ what is taken, and where from


class Other:
    """A pipeline of another kind, by the names of its parts."""

    def __init__(self, *parts, seen=3, made=6):
        config = type("Config", (), {"in_channels": seen, "out_channels": made})
        self.unet = type("UNet", (), {"config": config})
        self.components = dict.fromkeys(parts)


WHOLE = ("unet", "scheduler", "tokenizer", "text_encoder")


@pytest.mark.parametrize(
    ("other", "variance", "says"),
    [
        (Other(*WHOLE, "vae"), False, "'Other' works on latents, and views and blurs act on pix"),
        (Other("unet", "scheduler"), False, "'Other' is no text-to-image pipeline .* no tokenizer"),
        (Other(*WHOLE, seen=6), False, "takes 6 channels and gives 6"),
        (Other(*WHOLE, seen=4, made=3), False, "takes 4 channels and gives 3"),
        (Other(*WHOLE, made=3), True, "predicts no variance: choose another sampler"),
    ],
)
def test_other_pipelines_are_refused_by_name(other, variance, says):
    with pytest.raises(ValueError, match=says):
        TextToImage(other, variance=variance)


def test_a_latent_model_is_refused_before_its_weights_are_read(tmp_path):
    parts = {name: ["diffusers", "X"] for name in (*WHOLE, "vae")}
    index = {"_class_name": "StableDiffusionPipeline", **parts}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="'StableDiffusionPipeline' works on latents"):
        check_model(str(tmp_path))
    (tmp_path / "model_index.json").write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        check_index(tmp_path)
    (tmp_path / "model_index.json").unlink()
    with pytest.raises(ValueError, match="holds no pipeline"):
        check_model(str(tmp_path))
    with pytest.raises(ValueError, match="no folder 'nowhere', nor is it a name on the hub"):
        check_model("nowhere")


def test_without_the_extra_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    monkeypatch.setattr(text_pipelines.util, "find_spec", lambda name: sys.modules.get(name))
    for name in ("diffusers", "transformers", "accelerate"):
        monkeypatch.setitem(sys.modules, name, object())
    with pytest.raises(ValueError, match=r"sentencepiece is not installed: pip install 'ddpm\[te"):
        check_model("DeepFloyd/IF-I-L-v1.0")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("GatedRepoError", "is gated: accept its licence"),
        ("RepositoryNotFoundError", "shows it only after a login: `hf auth login`"),
        ("LocalEntryNotFoundError", "is not on this machine and the hub cannot be reached"),
    ],
)
def test_a_model_that_cannot_be_had_says_what_to_do(kind, says, monkeypatch):
    from diffusers import DiffusionPipeline
    from diffusers.utils import logging

    logging.set_verbosity_warning()
    said = []
    ear = Handler()
    ear.emit = said.append
    logging.add_handler(ear)

    def fail(*_, **__):
        logging.get_logger("diffusers.pipelines").warning("Couldn't connect to the hub")
        try:
            raise type(kind, (OSError,), {})("403\nsee the hub")
        except OSError as error:
            raise OSError("Cannot load model\nX") from error

    monkeypatch.setattr(DiffusionPipeline, "download", fail)
    with pytest.raises(ValueError, match=says) as caught:
        load_text("some/model", [HAT], device="cpu")
    assert "\n" not in str(caught.value)
    assert len([*causes(caught.value)]) == 3
    assert "'some/model'" in why_not("some/model", caught.value)
    logging.remove_handler(ear)
    assert said == []  # our own line is the only one
    assert logging.get_verbosity() == logging.WARNING


def test_the_plan_is_the_fastest_for_which_there_is_room():
    encoder, unet = 4_800_000_000, 900_000_000
    assert plan("cpu", encoder, unet, 40 * 10**9) == Plan("float32")
    assert plan("cpu", encoder, unet, 20 * 10**9) == Plan("bfloat16")
    with pytest.raises(ValueError, match=r"take 14\.2 GB and 12\.0 are free"):
        plan("cpu", encoder, unet, 12 * 10**9)
    assert plan("cuda", encoder, unet, 40 * 10**9, 24 * 10**9) == Plan("float16")
    assert plan("cuda", encoder, unet, 40 * 10**9, 8 * 10**9) == Plan("float16", True)
    assert plan("cuda", encoder, unet, 40 * 10**9, 2 * 10**9) == Plan("float16", True, True)


def test_where_memory_is_short_the_weights_come_layer_by_layer(
    first, tmp_path, monkeypatch, capsys
):
    first.scheduler = tiny_text.scheduler()
    first.save_pretrained(tmp_path)
    counted = parameters(tmp_path, "unet"), parameters(tmp_path, "text_encoder")
    assert counted[0] == sum(p.numel() for p in first.unet.parameters())
    assert counted[1] == sum(p.numel() for p in first.text_encoder.parameters())
    whole = load_text(str(tmp_path), [HAT], device="cpu")
    assert "computes in float32 on cpu" in capsys.readouterr().err
    monkeypatch.setattr(text_pipelines, "plan", lambda *_: Plan("float32", True, True))
    spare = load_text(str(tmp_path), [HAT], device="cpu")
    assert "layer by layer on cpu, its text encoder on the CPU" in capsys.readouterr().err
    assert next(spare.network.parameters()).device.type == "meta"
    assert spare.device.type == "cpu"
    # The text encoder computed in bfloat16 there; all else is the same.
    prompts = [model.prompts[HAT].float() for model in (whole, spare)]
    assert 0 < (prompts[0] - prompts[1]).abs().mean() < 0.05 * prompts[0].std()
    spare.prompts = whole.prompts
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    one, other = (model.eps_fn([HAT] * 2)(x, 500) for model in (whole, spare))
    assert (one - other).abs().max() < 1e-5
    assert spare.sample(labels=[0], steps=2).shape == (1, 3, SIDE, SIDE)
