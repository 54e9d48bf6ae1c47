"""Every script once on a tiny setting, and what it says to bad input."""

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

import ddpm
from ddpm import recipes
from ddpm.denoiser import add_noise, held_out
from ddpm.images import read_pictures
from ddpm.metrics import psnr
from ddpm.model import Diffusion
from ddpm.processes import Processes


@pytest.fixture
def weights(tiny, tmp_path):
    torch.manual_seed(0)
    Diffusion(tiny).save(tmp_path / "tiny.safetensors")
    return tmp_path / "tiny.safetensors"


def test_sample_writes_what_the_ending_says(call, weights, tmp_path):
    options = ["--model", weights, "--labels", "37", "--each", "3", "--steps", "4"]
    for ending in ("npz", "png", "gif"):
        code, out, _ = call("sample", *options, "--out", tmp_path / f"x.{ending}")
        assert code == 0
        assert "6 images, 4 steps" in out
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        assert arrays["images"].shape == (6, 28, 28)
        assert arrays["images"].dtype == np.float32
        assert 0 <= arrays["images"].min() <= arrays["images"].max() <= 1
        assert arrays["labels"].tolist() == [3, 3, 3, 7, 7, 7]
        expected = ddpm.load(weights).sample(labels=[3, 3, 3, 7, 7, 7], steps=4)[:, 0]
        assert (torch.from_numpy(arrays["images"]) - expected).abs().max() < 1e-3
    with Image.open(tmp_path / "x.gif") as gif:
        assert gif.n_frames == 5


def test_sample_with_another_seed_is_another_image(call, weights, tmp_path):
    for seed in (0, 0, 1):
        call("sample", "--model", weights, "--labels", "3", "--steps", "2", "--seed", seed,
             "--out", tmp_path / f"{seed}.npz")  # fmt: skip
    a, b = (np.load(tmp_path / f"{seed}.npz")["images"] for seed in (0, 1))
    assert not np.array_equal(a, b)


def test_train_writes_weights_log_and_checkpoint_and_goes_on(call, tiny, tmp_path):
    out = tmp_path / "model.safetensors"
    options = ["tiny", "--data", "bundled", "--out", out]
    assert call("train", *options, "--epochs", "1")[0] == 0
    code, text, _ = call("train", *options, "--epochs", "2")
    assert code == 0
    assert "after epoch 1" in text
    log = json.loads(out.with_suffix(".json").read_text())
    assert [entry["epoch"] for entry in log["epochs"]] == [1, 2]
    assert log["images"] == 4500
    assert log["how"]["command"].startswith("python -m scripts.train tiny")
    assert ddpm.load(out).header["last"] == log["epochs"][-1]
    ddpm.load(out, weights="raw")
    assert call("train", *options, "--epochs", "1", "--restart")[0] == 0
    log = json.loads(out.with_suffix(".json").read_text())
    assert len(log["epochs"]) == 1
    # A training on other images is not gone on with.
    out.with_suffix(".json").write_text(json.dumps({**log, "images": 55_000}))
    before = out.with_suffix(".checkpoint.safetensors").read_bytes()
    code, _, error = call("train", *options, "--epochs", "2")
    assert code == 2
    assert "other images" in error
    assert out.with_suffix(".checkpoint.safetensors").read_bytes() == before


def test_own_images_are_trained_on_and_drawn_by_name(call, tiny, tmp_path):
    for name, grey in (("cat", 255), ("dog", 90)):
        (tmp_path / "own" / name).mkdir(parents=True)
        for k in range(60):
            Image.new("L", (20 + k, 30), grey).save(tmp_path / "own" / name / f"{k}.png")
    out = tmp_path / "own.safetensors"
    options = ["--data", tmp_path / "own", "--epochs", 1, "--out", out]
    code, _, _ = call("train", "tiny", *options)
    assert code == 0
    assert ddpm.load(out).recipe.names == ("cat", "dog")
    options = ["--model", out, "--each", 2, "--out", tmp_path / "x.npz"]
    assert call("sample", *options, "--labels", "dog,cat")[0] == 0
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        assert arrays["labels"].tolist() == [1, 1, 0, 0]
    code, _, error = call("sample", *options, "--labels", "cow")
    assert code == 2
    assert "names out of cat, dog, not 'cow'" in error
    # The same file's recipe does not go on with other classes.
    code, _, error = call("train", "tiny", "--data", "bundled", "--epochs", 2, "--out", out)
    assert code == 2
    assert "other settings" in error


def test_the_images_of_an_epoch_are_kept(call, tiny, tmp_path, monkeypatch):
    settings = dataclasses.replace(tiny.training, show=(1, 2))
    shown = dataclasses.replace(tiny, training=settings)
    monkeypatch.setitem(recipes.RECIPES, "tiny", shown)
    out = tmp_path / "model.safetensors"
    assert call("train", "tiny", "--data", "bundled", "--epochs", 2, "--out", out)[0] == 0
    kept = read_pictures(out.with_suffix(".npz"))
    assert list(kept) == ["1", "2"]
    assert all(images.shape == (40, 1, 28, 28) for images in kept.values())
    expected = ddpm.load(out).sample(labels=[k for k in range(10) for _ in range(4)])
    assert (kept["2"] - expected).abs().mean() < 0.01  # a byte a pixel, half-precision weights


def test_two_processes_learn_what_one_does(tmp_path):
    """The same global batch, seeds and start: the same curve, up to rounding."""
    entries = {}
    for count in (1, 2):
        out = tmp_path / f"{count}.safetensors"
        launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
        command = [sys.executable, *launch, "tests/train_tiny.py", out]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(f"{out}: ") == 1
        log = json.loads(out.with_suffix(".json").read_text())
        assert log["processes"] == count
        entries[count] = log["epochs"]
    for one, two in zip(entries[1], entries[2], strict=True):
        for key in ("train", "validation_raw", "validation_averaged"):
            assert two[key] == pytest.approx(one[key], rel=2e-3)
    assert entries[1][0]["train"] > 1.02 * entries[1][1]["train"]
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {
        f"{n}{end}" for n in (1, 2) for end in (".safetensors", ".json", ".checkpoint.safetensors")
    }


def test_a_batch_that_cannot_be_shared_is_refused():
    with pytest.raises(ValueError, match="3 processes cannot share a batch of 50 evenly"):
        Processes(0, 3).part(50)
    assert [Processes(rank, 2).part(50) for rank in (0, 1)] == [slice(0, 25), slice(25, 50)]


def test_the_denoiser_takes_noise_off(call, tmp_path):
    out = tmp_path / "x.npz"
    code, text, _ = call("denoiser", "--digits", "37", "--sigma", "0.5", "--out", out)
    assert code == 0
    assert "2 digits" in text
    clean = held_out()[[3, 7]]
    with np.load(out, allow_pickle=False) as arrays:
        denoised = torch.from_numpy(arrays["images"])[:, None]
    noisy = add_noise(clean, 0.5).clamp(0, 1)
    assert (psnr(denoised, clean) > psnr(noisy, clean) + 5).all()


def test_ablation_lists_its_rows(call):
    assert "linear-eps" in call("ablation", "--list")[1]
    assert "unknown row 'nope'" in call("ablation", "nope")[2]
    assert "no bench 'nope'" in call("bench", "nope")[2]


def test_evaluate_lists_and_measures_nothing_unknown(call):
    assert "reading" in call("evaluate", "--list")[1]
    code, _, error = call("evaluate", "nothing")
    assert code == 2
    assert "unknown measurement 'nothing'" in error


BAD = {
    "unknown recipe": ("train", ["nope"], "unknown recipe 'nope'"),
    "no epochs": ("train", ["attention", "--epochs", "0"], "at least 1"),
    "train out": ("train", ["attention", "--out", "x.bin"], ".safetensors"),
    "unknown model": ("sample", ["--model", "nope"], "no model 'nope'"),
    "unknown label": ("sample", ["--labels", "12x"], "--labels takes digits"),
    "unknown sampler": ("sample", ["--sampler", "nope"], "unknown sampler 'nope'"),
    "unknown spacing": ("sample", ["--spacing", "nope"], "unknown spacing 'nope'"),
    "no steps": ("sample", ["--steps", "0"], "steps must be within 1..1000"),
    "too many steps": ("sample", ["--steps", "1001"], "steps must be within 1..1000"),
    "none of each": ("sample", ["--each", "0"], "--each must be at least 1"),
    "bad seed": ("sample", ["--seed", "-1"], "seed must be within"),
    "label for none": ("sample", ["--model", "attention", "--labels", "3"], "knows no labels"),
    "unknown ending": ("sample", ["--out", "x.jpg"], "--out must end in .png, .gif, .npz"),
    "no such folder": ("sample", ["--out", "no/such/x.png"], "cannot write"),
    "labels between": ("denoiser", ["--digits", "3,4"], "--digits takes digits"),
    "too much noise": ("denoiser", ["--sigma", "-1"], "--sigma must be within"),
    "no denoiser": ("denoiser", ["--model", "attention"], "is no denoiser"),
    "no data": ("train", ["digits", "--data", "nowhere"], "no folder 'nowhere'"),
    "bundle of own": ("train", ["digits", "--data", "bundled", "--bundle"], "options: --bundle"),
    "unknown figure": ("figures", ["nope"], "unknown figure 'nope'"),
}


@pytest.mark.parametrize(("script", "arguments", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_exit_code_2(refusal, script, arguments, message):
    assert message in refusal(script, *arguments)


def test_bad_input_overwrites_nothing(call, weights, tmp_path):
    out = tmp_path / "x.png"
    out.write_bytes(b"mine")
    assert call("sample", "--model", weights, "--labels", "x", "--out", out)[0] == 2
    assert call("sample", "--model", tmp_path / "none", "--out", out)[0] == 2
    weights.write_bytes(weights.read_bytes()[:3000])
    code, _, error = call("sample", "--model", weights, "--out", out)
    assert code == 2
    assert "holds no weights" in error
    assert out.read_bytes() == b"mine"


def test_training_without_mnist_says_what_to_do(call, tmp_path, monkeypatch):
    from torchvision.datasets import MNIST

    def fail(self):
        raise RuntimeError("no network")

    monkeypatch.setattr(MNIST, "download", fail)
    monkeypatch.setenv("DDPM_DATA", str(tmp_path))
    code, _, error = call("train", "attention", "--out", tmp_path / "x.safetensors")
    assert code == 2
    assert "set DDPM_DATA" in error
    assert error.count("\n") == 1
