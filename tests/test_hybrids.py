"""Hybrid estimates, against data of a single image (see `only`), where all is known exactly."""

import pytest
import torch
from techniques import QUICK, SCHEDULE, arrays, end, only, same

from ddpm.sampling import SAMPLERS
from ddpm.techniques.hybrids import draw_hybrid, gaussian, hybrid, mosaic, moving
from scripts.pages.hybrids.measurements import from_afar, from_near


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(1)
    return torch.rand(3, 1, 28, 28, generator=generator, dtype=torch.float64) * 2 - 1


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_hybrid_has_the_low_frequencies_of_one_and_the_high_ones_of_the_other(images, sampler):
    blur = gaussian(2.0)
    x = end(hybrid(only(images[0]), only(images[1]), blur), sampler, steps=5)
    expected = images[1:2] + blur(images[:1] - images[1:2], 0)
    assert (x - expected).abs().max() < 1e-5
    far, near = (blur(blur(image, 0), 0) for image in images[:2, None])
    seen = blur(blur(x, 0), 0)  # what is left from farther away still
    assert (seen - far).abs().mean() < 0.5 * (seen - near).abs().mean()


def test_a_blur_keeps_what_is_flat_and_halves_a_step_at_its_edge():
    blur = gaussian(1.5)
    assert (blur(torch.full((1, 1, 28, 28), 0.3), 0) - 0.3).abs().max() < 1e-6
    step = torch.zeros(1, 1, 29, 29)
    step[..., 14:] = 1
    seen = blur(step, 0)[0, 0, 14]
    assert float(seen[13] + seen[14]) == pytest.approx(1, abs=1e-5)
    noise = torch.randn(1, 1, 28, 28)
    assert torch.equal(gaussian(0)(noise, 0), noise)
    assert blur(noise, 0).std() < 0.3 * noise.std()


def test_a_moving_split_blurs_as_much_as_its_time_says():
    blur, x = moving(1.0, 3.0, 1000), torch.randn(1, 1, 28, 28)
    assert (blur(x, 1000) - gaussian(1.0)(x, 0)).abs().max() < 1e-6
    assert (blur(x, 0) - gaussian(3.0)(x, 0)).abs().max() < 1e-6
    assert (blur(x, 500) - gaussian(2.0)(x, 0)).abs().max() < 1e-6


@pytest.mark.parametrize("contrast", [0.5, 0.25, 1.0])
def test_a_mosaic_is_near_digits_whose_averages_are_the_far_one(images, contrast):
    # With a contrast of 1 / across the far estimate is asked at the time of the canvas.
    eps = mosaic(only(images[0]), only(images[1]), SCHEDULE, 2, contrast)
    x = end(eps, size=56, steps=20)
    blocks = torch.nn.functional.avg_pool2d(x, 2)
    tiles = images[1].repeat(1, 2, 2)
    rest = tiles - torch.nn.functional.avg_pool2d(tiles, 2).repeat_interleave(
        2, 1
    ).repeat_interleave(2, 2)
    low = blocks.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert (x - low - rest).abs().max() < 1e-5
    exact = contrast == 0.5
    assert (blocks - contrast * images[0]).abs().max() < (1e-5 if exact else 0.05)


def test_a_mosaic_of_any_batch_is_the_same_and_as_large_as_told(untrained):
    options = {"across": 3, "steps": 3, "guidance": 2.0}
    together = draw_hybrid(untrained, 3, [8, 1, 2], n=3, **options)
    assert together.shape == (3, 1, 84, 84)
    alone = draw_hybrid(untrained, 3, 2, n=1, first=2, **options)
    assert (alone[0] - together[2]).abs().max() < 1e-4
    assert (
        draw_hybrid(untrained, 3, [8, 1, 2], n=3, batch=2, **options) - together
    ).abs().max() < 1e-4
    assert not same(draw_hybrid(untrained, None, 2, n=1, first=2, **options), alone)


BAD_ARGUMENTS = {
    "none": (lambda m: draw_hybrid(m, 3, 8, n=0), "at least 1, not 0"),
    "across": (lambda m: draw_hybrid(m, 3, 8, across=9), "1..8 tiles across"),
    "contrast": (lambda m: draw_hybrid(m, 3, 8, contrast=0.0), "a contrast above 0"),
    "near labels": (lambda m: draw_hybrid(m, 3, [8, 1], n=3), "each of 3 images, not 2"),
}


@pytest.mark.parametrize(("call_it", "message"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_bad_arguments_are_named(untrained, call_it, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        call_it(untrained)


def test_hybrids_are_canvases(call, tmp_path):
    for ending, across in (("npz", 2), ("png", 1), ("gif", 2)):
        out = tmp_path / f"x.{ending}"
        options = ["--far", 3, "--near", 8, "--across", across, *QUICK, "--out", out]
        assert call("hybrid", *options)[0] == 0
    assert arrays(tmp_path / "x.npz")[0].shape == (2, 56, 56)


BAD_OPTIONS = {
    "far": ("hybrid", ["--far", "x"], "--labels takes digits"),
    "across": ("hybrid", ["--across", "0"], "1..8 tiles across"),
    "steps": ("hybrid", ["--steps", "0"], "steps must be within 1..1000"),
}


@pytest.mark.parametrize(("script", "arguments", "message"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_input_is_one_line_and_exit_code_2(refusal, script, arguments, message):
    assert message in refusal(script, *arguments)


def test_readings_of_a_canvas(digits):
    tiles = digits.images[:4, None].float() / 255
    canvas = torch.cat([torch.cat([*tiles[:2]], 2), torch.cat([*tiles[2:]], 2)], 1)[None]
    near = from_near(canvas)
    assert near.shape == (4, 1, 28, 28)
    assert [int(near[k].flatten().argmax()) for k in range(4)] == [
        int(from_near(tiles[k : k + 1]).flatten().argmax()) for k in range(4)
    ]
    assert from_afar(canvas).shape == (1, 1, 28, 28)
