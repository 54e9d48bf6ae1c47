import pytest
import torch
from PIL import Image
from sheets import cells, numbered, numbers
from techniques import IMAGE, QUICK, same

import ddpm
from ddpm.data import held_out
from scripts.pages import denoising as page


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


def test_the_ladder_has_three_digits_at_each_time_and_a_column_for_each_way(monkeypatch):
    shown = {
        t: {name: numbered(3, first=100 * k + 10 * j) for j, name in enumerate(page.COLUMNS)}
        for k, t in enumerate((250, 500, 750))
    }
    monkeypatch.setattr(page, "shown", lambda: shown)
    card = page.ladder_sheet()
    expected = [[100 * k + 10 * j + n for j in range(4)] for k in range(3) for n in range(3)]
    assert [row[1:] for row in numbers(card)] == expected
    clean = torch.stack([held_out(label) for label in (3, 5, 8)])
    assert (cells(card)[:3, 0] - clean).abs().max() < 0.51 / 255


def test_the_strided_ladder_shows_every_fifth_state_and_the_best_blur(monkeypatch, untrained):
    """Its model has 100 times, so the page's start and stride are divided by 10."""
    monkeypatch.setattr(page, "START", 70)
    monkeypatch.setattr(page, "STRIDE", 3)
    monkeypatch.setattr(page, "load", lambda name: untrained)
    monkeypatch.setattr(page, "best_blur", lambda model, t: t // 10)
    monkeypatch.setattr(page, "blurred", lambda model, noisy, t, sigma: numbered(1, int(sigma)))
    found = cells(page.ladder_strided())
    assert found.shape == (3, 7, 28, 28)  # t = 70, 55, 40, 25, 10, 0, and the clean digit
    for row in range(3):  # nothing but the clean digit stands under "clean"
        assert (found[row, -1] - held_out(3)).abs().max() < 0.51 / 255
    blurs = [(cell * 255).round().unique().tolist() for cell in found[2, :-1]]
    assert blurs == [[7], [5], [4], [2], [1], [0]]
    assert torch.equal(found[0, -2], found[1, -2])  # at the end image and estimate are one
    noisy = ddpm.add_noise(untrained, held_out(3)[None, None], 70)
    assert (found[0, 0] - untrained.to_images(noisy)[0, 0]).abs().max() < 0.51 / 255


def test_the_curves_are_the_record(monkeypatch):
    rows = {
        t: {name: {"psnr": k + t / 100, "read": k / 10} for k, name in enumerate(page.COLUMNS)}
        for t in (250, 750)
    }
    monkeypatch.setattr(page, "read_json", lambda name: {"rows": rows})
    above, below = page.ladder_curves().axes
    for k, name in enumerate(page.COLUMNS):
        assert above.lines[k].get_label() == name
        assert [*above.lines[k].get_xdata()] == [250, 750]
        assert [*above.lines[k].get_ydata()] == [k + 2.5, k + 7.5]
        assert [*below.lines[k].get_ydata()] == [k / 10] * 2
