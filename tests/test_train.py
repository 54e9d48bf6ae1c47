"""`train` on a tiny recipe: what it writes, what it goes on with, and several processes."""

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import ddpm
from ddpm import recipes
from ddpm.images import read_pictures
from ddpm.processes import Processes


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
