import pytest
import torch
from PIL import Image
from techniques import IMAGE, QUICK, same

import ddpm


def test_denoising_once_is_the_first_guess(untrained):
    noisy = ddpm.add_noise(untrained, IMAGE, t=60, seed=2)
    with torch.no_grad():
        guess = untrained.schedule.x0_from_eps(noisy, 60, untrained.unlabelled(1)(noisy, 60))
    once = ddpm.denoise(untrained, noisy, t=60, once=True)
    assert (once - untrained.to_images(guess)).abs().max() < 1e-5
    assert not same(ddpm.denoise(untrained, noisy, t=60), once)


BAD_ARGUMENTS = {
    "time": (lambda m: ddpm.denoise(m, torch.zeros(1, 1, 28, 28), 101), "0..100, not 101"),
}


@pytest.mark.parametrize(("call_it", "message"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_bad_arguments_are_named(untrained, call_it, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        call_it(untrained)


def test_denoise_shows_all_ways(call, tmp_path):
    out = tmp_path / "x.png"
    code, text, _ = call("denoise", "--t", 300, *QUICK, "--out", out)
    assert code == 0
    assert "2 noises of t = 300" in text
    with Image.open(out) as sheet:
        assert sheet.width > 5 * 28 * 3


BAD_OPTIONS = {
    "none of each": ("denoise", ["--each", "0"], "--each must be at least 1"),
    "time": ("denoise", ["--t", "1001"], "--t must be within 1..1000"),
    "label for none": ("denoise", ["--model", "attention", "--label", "3"], "knows no labels"),
}


@pytest.mark.parametrize(("script", "arguments", "message"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_input_is_one_line_and_exit_code_2(refusal, script, arguments, message):
    assert message in refusal(script, *arguments)
