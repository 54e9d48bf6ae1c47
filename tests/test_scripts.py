"""What every script says to bad input. What else a script does is in the test of its name."""

import pytest

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
    "unknown bench": ("bench", ["nope"], "no bench 'nope'"),
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
    code, _, error = call("sample", "--model", weights, "--out", out, "--force")
    assert code == 2
    assert "holds no weights" in error
    assert out.read_bytes() == b"mine"
