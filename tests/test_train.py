"""`train` on a tiny recipe: what it writes, from what it continues, and several processes."""

import dataclasses
import json
import os
import random
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import SafetensorError

import ddpm
from ddpm import recipes
from ddpm.data import bundled, split_off
from ddpm.images import read_pictures
from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.processes import Processes
from ddpm.trainings import Outputs


@pytest.fixture(autouse=True)
def few_digits():
    """An eighth of the bundled digits, for all trainings of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ddpm.data.bundled", lambda: bundled()[::8])
        yield len(split_off(bundled()[::8])[0])


def test_train_writes_weights_log_and_checkpoint_and_goes_on(call, tiny, few_digits, tmp_path):
    out = tmp_path / "model.safetensors"
    options = ["tiny", "--data", "bundled", "--out", out]
    assert call("train", *options, "--epochs", "1")[0] == 0
    code, text, _ = call("train", *options, "--epochs", "2")
    assert code == 0
    assert "after epoch 1" in text
    log = json.loads(out.with_suffix(".json").read_text())
    assert [entry["epoch"] for entry in log["epochs"]] == [1, 2]
    assert log["images"] == few_digits
    assert log["how"]["command"].startswith("python -m scripts.train tiny")
    assert ddpm.load(out).header["last"] == log["epochs"][-1]
    ddpm.load(out, weights="raw")
    assert call("train", *options, "--epochs", "1", "--restart")[0] == 0
    log = json.loads(out.with_suffix(".json").read_text())
    assert len(log["epochs"]) == 1
    # A training on other images is not continued.
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
    # The same file's recipe does not continue with other classes.
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
    assert all(images.shape == (10, 1, 28, 28) for images in kept.values())
    expected = ddpm.load(out).sample(labels=range(10))
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
        f"{n}{end}"
        for n in (1, 2)
        for end in (".safetensors", ".json", ".checkpoint.safetensors", ".averages")
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


def shade(width, k):
    """A grey image of that width, which is another one for each k."""
    return Image.linear_gradient("L").resize((width, 30)).rotate(20 * k)


def own_images(root, count):
    """Two classes of images in a folder."""
    for name, turned in (("cat", 0), ("dog", 3)):
        (root / name).mkdir(parents=True)
        for k in range(count):
            shade(20 + k, k + turned).save(root / name / f"{k:02}.png")


@pytest.mark.parametrize("ending", [".json", ".safetensors", ".checkpoint.safetensors", ".npz"])
def test_the_user_s_files_are_not_overwritten_by_side_files(
    call, tiny, tmp_path, monkeypatch, ending
):
    settings = dataclasses.replace(tiny.training, show=(1,))
    monkeypatch.setitem(recipes.RECIPES, "tiny", dataclasses.replace(tiny, training=settings))
    out = tmp_path / "notes.safetensors"
    mine = out.with_suffix(ending)
    mine.write_bytes(b'{"mine": 1}')
    code, text, error = call("train", "tiny", "--data", "bundled", "--epochs", 1, "--out", out)
    assert (code, text, error.count("\n")) == (2, "", 1)
    assert f"'{mine}'" in error
    assert "--force" in error
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b'{"mine": 1}']


def test_another_training_s_weights_are_not_overwritten(call, tiny, weights, tmp_path):
    other = dataclasses.replace(tiny, name="other")
    theirs = tmp_path / "other.safetensors"
    Diffusion(other).save(theirs)
    for out, options, says in (
        (theirs, [], "of a training of 'other'"),
        (theirs, ["--restart"], "of a training of 'other'"),
        (weights, [], "without its checkpoint: --restart"),
    ):
        before = out.read_bytes()
        code, _, error = call("train", "tiny", "--data", "bundled", "--out", out, *options)
        assert (code, error.count("\n")) == (2, 1)
        assert says in error
        assert out.read_bytes() == before
    code, _, error = call(
        "train", "tiny", "--data", "bundled", "--epochs", 1, "--out", weights, "--restart"
    )
    assert code == 0
    assert f"'{weights}' is there and will be replaced" in error


def test_a_training_goes_on_with_the_same_images_and_settings_only(call, tiny, tmp_path):
    own_images(tmp_path / "own", 30)
    out = tmp_path / "own.safetensors"
    options = ["tiny", "--data", tmp_path / "own", "--out", out]
    assert call("train", *options, "--epochs", 2)[0] == 0
    files = {path: path.read_bytes() for path in tmp_path.glob("own.*")}

    def refused(*more):
        code, _, error = call("train", *options, *more)
        assert (code, error.count("error: ")) == (2, 1)
        assert "--restart starts again, another --out keeps both" in error
        assert {path: path.read_bytes() for path in tmp_path.glob("own.*")} == files
        return error

    assert "seed 0 instead of 1" in refused("--epochs", 3, "--seed", 1)
    assert "other settings" in refused("--epochs", 3, "--size", 36)
    # The same number of images, of which one is another, or has changed its class.
    changed = tmp_path / "own" / "cat" / "05.png"
    before = changed.read_bytes()
    shade(40, 7).save(changed)
    assert "other images" in refused("--epochs", 3)
    # Fewer epochs than are done say so.
    changed.write_bytes(before)
    code, text, _ = call("train", *options, "--epochs", 1)
    assert code == 0
    assert "2 epochs are done already: nothing is left to train" in text


def test_a_small_folder_says_how_few_steps_it_gives_and_steps_helps(call, tiny, tmp_path):
    own_images(tmp_path / "own", 6)
    out = tmp_path / "own.safetensors"
    options = ["tiny", "--data", tmp_path / "own", "--out", out]
    code, _, error = call("train", *options)
    assert code == 0
    assert "10 images give 2 steps in 2 epochs, which is few: --steps" in error
    code, _, error = call("train", *options, "--restart", "--steps", 30)
    assert code == 0
    assert "which is few" not in error
    assert len(json.loads(out.with_suffix(".json").read_text())["epochs"]) == 2
    code, _, error = call("train", *options, "--steps", 0)
    assert code == 2
    assert "--steps must be at least 1" in error


def test_a_training_that_diverges_keeps_what_was_good(call, tiny, tmp_path, monkeypatch):
    out = tmp_path / "model.safetensors"
    options = ["tiny", "--data", "bundled", "--out", out]
    assert call("train", *options, "--epochs", 1)[0] == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr("ddpm.training.learning_rate", lambda *_: 1e30)
    code, _, error = call("train", *options, "--epochs", 2)
    assert code == 2
    assert error.splitlines()[-1].startswith("error: the loss is ")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    monkeypatch.undo()
    monkeypatch.setitem(recipes.RECIPES, "tiny", tiny)
    assert call("train", *options, "--epochs", 2)[0] == 0


def test_a_full_disk_at_the_checkpoint_is_one_line(call, tiny, tmp_path, monkeypatch):
    def full(*_):
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    out = tmp_path / "model.safetensors"
    monkeypatch.setattr("safetensors.torch.save_file", full)
    code, _, error = call("train", "tiny", "--data", "bundled", "--epochs", 1, "--out", out)
    assert code == 2
    last = error.splitlines()[-1]
    assert last.startswith(f"error: cannot write '{out.with_suffix('.checkpoint.safetensors')}'")
    assert "No space left" in last
    assert not any(tmp_path.iterdir())


def launch(out):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "tests/train_tiny.py", out],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_a_second_training_on_the_same_files_is_told(tmp_path):
    out = tmp_path / "model.safetensors"
    with Outputs(out).alone():
        done = launch(out)
        text = done.communicate()[0]
        assert done.returncode != 0
        assert "another training writes" in text
        assert "at this moment" in text
    assert not any(tmp_path.iterdir())


def test_killed_at_any_moment_a_training_goes_on_and_leaves_nothing_else(tmp_path):
    """Random kills of a training of some seconds, then one that may end."""
    whole, out = tmp_path / "whole" / "model.safetensors", tmp_path / "model.safetensors"
    whole.parent.mkdir()
    started = time.monotonic()
    first = launch(whole)
    first.communicate()
    assert first.returncode == 0
    lasted, chance = time.monotonic() - started, random.Random(0)
    for _ in range(3):
        training = launch(out)
        time.sleep(lasted * chance.uniform(0.4, 0.95))
        training.kill()
        training.communicate()
        assert not out.exists() or load(out)
        for name in (Outputs(out).log, Outputs(out).checkpoint):
            assert not name.exists() or name.stat().st_size
    (tmp_path / ".model.checkpoint-abcdefgh.partial.safetensors").write_bytes(b"left by a kill")
    last = launch(out)
    assert last.communicate()[0].count(f"{out}: ") == 1
    assert last.returncode == 0
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"whole", *(path.name for path in whole.parent.iterdir())}
    states = [load(path).network.state_dict() for path in (whole, out)]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
