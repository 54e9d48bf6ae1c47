"""`sample` on a tiny model."""

import numpy as np
import torch
from PIL import Image

import ddpm
from ddpm.commands.shared import Sampling


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


def test_sample_clamps_if_asked(call, weights, tmp_path):
    options = ["--model", weights, "--labels", "3", "--steps", "4", "--out", tmp_path / "x.npz"]
    assert call("sample", *options, "--clip")[0] == 0
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        drawn = torch.from_numpy(arrays["images"])
    model = ddpm.load(weights)
    assert (drawn - model.sample(labels=[3], steps=4, clip=True)[:, 0]).abs().max() < 1e-5
    assert (drawn - model.sample(labels=[3], steps=4)[:, 0]).abs().max() > 1e-3


def test_sample_with_another_seed_is_another_image(call, weights, tmp_path):
    for seed in (0, 0, 1):
        call("sample", "--model", weights, "--labels", "3", "--steps", "2", "--seed", seed,
             "--out", tmp_path / f"{seed}.npz")  # fmt: skip
    a, b = (np.load(tmp_path / f"{seed}.npz")["images"] for seed in (0, 1))
    assert not np.array_equal(a, b)


def test_a_student_samples_with_the_weights_for_its_number_of_steps(call, tmp_path):
    options = ["--model", "digits-fast", "--labels", "37", "--steps", "1"]
    assert call("sample", *options, "--out", tmp_path / "x.npz")[0] == 0
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        expected = ddpm.load("digits-faster").sample(labels=[3, 7], steps=1)[:, 0]
        assert (torch.from_numpy(arrays["images"]) - expected).abs().max() < 1e-3
    assert Sampling(model="digits-fast", steps=2).load().recipe.name == "digits-faster"
    assert "takes 4, 8 or 16, not 3" in call("sample", *options[:-1], "3")[2]
