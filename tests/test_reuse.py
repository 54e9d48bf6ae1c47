"""The page on reuse: its recipes, which it cuts out of this file, and the scripts' options."""

import re

import pytest
import torch
from PIL import Image

from scripts.workshop.options import commands, describe
from scripts.workshop.records import read_json

torch.manual_seed(0)


def test_draw_digits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # --8<-- [start:draw]
    import ddpm
    from ddpm import viz

    model = ddpm.load("digits")
    images = model.sample(labels=[6, 9, 6, 9], seed=1)
    # images: (4, 1, 28, 28) in [0, 1]
    viz.write_png(viz.sheet(viz.as_grid(images)), "digits.png")
    # --8<-- [end:draw]
    assert images.shape == (4, 1, 28, 28)
    with Image.open("digits.png") as sheet:
        assert sheet.width > 4 * 28 * 3


@pytest.fixture(scope="module")
def model():
    import ddpm

    return ddpm.load("digits")


def test_keep_the_way(model):
    # --8<-- [start:history]
    states = model.states(labels=[6, 9], steps=10, seed=1)
    guesses = {state.t: model.to_images(state.x0) for state in states}
    # --8<-- [end:history]
    assert list(guesses) == [*range(1000, 0, -100), 0]
    assert torch.equal(guesses[0], model.sample(labels=[6, 9], steps=10, seed=1))


def test_a_step_rule(model):
    # --8<-- [start:step]
    import math

    def halfway(step):
        """DDIM's step, with half of the noise drawn afresh."""
        _, alpha_bar = step.alpha_bars  # at t and at s
        eps = math.sqrt(0.5) * (step.eps + step.noise())
        return math.sqrt(alpha_bar) * step.x0 + math.sqrt(1 - alpha_bar) * eps

    images = model.sample(labels=[6, 9], sampler=halfway, seed=1)
    # --8<-- [end:step]
    from ddpm.classifiers import load_classifier

    assert load_classifier().read(images).tolist() == [6, 9]


def test_an_estimate_of_ones_own(model):
    # --8<-- [start:estimate]
    import ddpm
    from ddpm.noise import Noise

    six, nine = model.eps_fn([6] * 8), model.eps_fn([9] * 8)

    def between(x, t):
        return (six(x, t) + nine(x, t)) / 2

    noise = Noise(range(8), (1, 28, 28), model.device)
    path = ddpm.strided(1000, 25)
    states = ddpm.sample(between, noise(), path, model.schedule, ddpm.ddim)
    *_, last = states
    images = model.to_images(last.x)
    # --8<-- [end:estimate]
    assert images.shape == (8, 1, 28, 28)
    six_alone = model.sample(labels=[6] * 8, steps=25)
    assert (images - six_alone).abs().mean() > 0.01


def test_a_model_of_another_library():
    diffusers = pytest.importorskip("diffusers", reason="the model is one of diffusers")
    torch.manual_seed(0)
    unet = diffusers.UNet2DModel(
        sample_size=16,
        in_channels=1,
        out_channels=1,
        layers_per_block=1,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    )
    scheduler = diffusers.DDPMScheduler()
    # --8<-- [start:own-model]
    import ddpm
    from ddpm.noise import Noise

    schedule = ddpm.NoiseSchedule.from_betas(scheduler.betas)

    def eps_fn(x, t):
        return unet(x, t - 1).sample  # this library counts times from 0

    noise = Noise(range(4), (1, 16, 16))
    states = ddpm.sample(eps_fn, noise(), ddpm.strided(schedule.T, 5), schedule, ddpm.ddim)
    *_, last = states
    images = (last.x / 2 + 0.5).clamp(0, 1)
    # --8<-- [end:own-model]
    assert images.shape == (4, 1, 16, 16)
    theirs = diffusers.DDIMScheduler(clip_sample=False, timestep_spacing="trailing")
    theirs.set_timesteps(5)
    x = Noise(range(4), (1, 16, 16))()
    for t in theirs.timesteps:
        with torch.no_grad():
            x = theirs.step(unet(x, t).sample, t, x).prev_sample
    assert (x - last.x).abs().max() < 1e-3 * x.abs().max()


def test_train_and_keep(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    # --8<-- [start:recipe]
    import dataclasses

    import ddpm

    small = dataclasses.replace(
        ddpm.recipe("digits"),
        name="small",
        options={"width": 16, "blocks": 1, "classes": 10},
    )
    # --8<-- [end:recipe]
    # --8<-- [start:train]
    from ddpm.checkpoints import Run
    from ddpm.data import bundled, split_off
    from ddpm.model import Diffusion
    from ddpm.training import train

    training, validation = split_off(bundled())
    run = Run.start(small)
    for progress in train(run, training, validation, epochs=1):
        if progress.entry:
            print(progress.entry["validation_averaged"])
    Diffusion(small, run.averaged).save("small.safetensors")
    images = ddpm.load("small.safetensors").sample(labels=range(10))
    # --8<-- [end:train]
    assert float(capsys.readouterr().out) < 1
    assert images.shape == (10, 1, 28, 28)
    assert not images.isnan().any()


def test_read_what_was_drawn(model):
    # --8<-- [start:read]
    import torch

    from ddpm.classifiers import load_classifier

    asked = torch.arange(10)
    images = model.sample(labels=asked, seed=1)
    share = (load_classifier().read(images) == asked).float().mean()
    # --8<-- [end:read]
    assert share >= 0.9


WRITTEN = read_json("options")["scripts"]


def test_the_written_options_are_the_scripts_own():
    found = {name: describe(command) for name, command in commands().items()}
    assert found == WRITTEN, "run python -m scripts.options"


@pytest.mark.parametrize("name", WRITTEN)
def test_help_tells_the_same(call, name):
    code, text, _ = call(name, "--help")
    assert code == 0
    words = " ".join(re.sub(r"[│|╭╮╰╯─]|--+(?=\W)", " ", text).split())  # without its boxes
    flags = set(re.findall(r"^. (--[a-z][a-z-]*)", text, re.MULTILINE)) - {"--help"}
    options = WRITTEN[name]["options"]
    assert flags == {o["name"] for o in options if o["name"].startswith("--")}
    for option in options:
        assert option["help"] in words
        if option["default"]:
            assert f"(default: {option['default']})" in words
