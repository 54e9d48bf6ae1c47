"""The forward process as the page shows it, against the schedule's formula."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from sheets import cells

from ddpm.data import bundled
from ddpm.noise import Noise
from scripts.pages import forward
from scripts.pages.forward import SCALING, SCHEDULE, noised, one_of_each
from scripts.pages.schedules.figures import noise_levels_linear
from scripts.workshop.formulas import COSINE, LINEAR


def held_out(images, label):
    """Whether each of some images (N, 28, 28) in [0, 1] is a bundled digit of this label."""
    digits = bundled()
    known = {digit.numpy().tobytes() for digit in digits.images[digits.labels == label]}
    return [(image * 255).round().byte().numpy().tobytes() in known for image in images]


def test_the_digits_are_one_of_each_in_order():
    x0 = one_of_each()
    assert x0.shape == (10, 1, 28, 28)
    assert (float(x0.min()), float(x0.max())) == (-1, 1)
    for label, image in enumerate(SCALING.to_images(x0)):
        assert held_out(image, label) == [True]


def test_a_row_of_the_hundred_digits_is_a_label():
    found = cells(forward.a_hundred_digits())
    assert found.shape == (10, 10, 28, 28)
    for label, row in enumerate(found):
        assert all(held_out(row, label))


def test_every_time_has_the_same_noise_in_the_amounts_of_the_schedule():
    x0, times = one_of_each()[:2], [0, 300, 1000]
    found = noised(x0, times, seed=5)
    eps = Noise([5, 6], x0.shape[1:])()
    for images, t in zip(found, times, strict=True):
        alpha_bar = float(COSINE.alpha_bar[t])
        x = alpha_bar**0.5 * x0 + (1 - alpha_bar) ** 0.5 * eps
        expected = (x[:, 0] + 1) / 2  # in [0, 1]
        assert (images - expected.clamp(0, 1)).abs().max() < 1e-5


@pytest.mark.parametrize("sheet", [forward.noise_levels, noise_levels_linear])
def test_the_sheet_goes_from_the_clean_digits_to_noise(sheet):
    found = cells(sheet())
    assert found.shape == (5, 11, 28, 28)
    for row, label in enumerate((0, 2, 4, 6, 8)):
        assert held_out(found[row, :1], label) == [True]
    away = (found - found[:, :1]).square().mean((0, 2, 3))
    assert (away.diff() > 0).all()
    clean, last = found[:, 0].flatten(), found[:, -1].flatten()
    assert abs(float(torch.corrcoef(torch.stack([clean, last]))[0, 1])) < 0.05


def test_a_batch_has_three_rows_of_which_the_middle_one_mixes_the_others():
    clean, mixed, noise = cells(forward.random_t())
    assert [held_out(image[None], label) for label, image in enumerate(clean)] == [[True]] * 10
    for x0, x, eps in zip(clean, mixed, noise, strict=True):
        inside = (eps > 0) & (eps < 1) & (x > 0) & (x < 1)  # neither is cut off
        x0, x, eps = (2 * v[inside].double() - 1 for v in (x0, x, eps))
        parts = torch.stack([x0, eps], dim=1)
        signal, sigma = torch.linalg.lstsq(parts, x[:, None]).solution[:, 0].tolist()
        assert signal**2 + sigma**2 == pytest.approx(1, abs=0.03)  # grey levels are rounded


def test_the_animation_starts_clean_and_has_a_frame_for_every_time():
    frames = forward.forward_process()
    assert len(frames) == 41
    assert len({frame.size for frame in frames}) == 1
    first = cells(frames[0], scale=4).flatten(0, 1)
    assert [held_out(image[None], label) for label, image in enumerate(first)] == [[True]] * 10
    assert all((np.asarray(a) != np.asarray(b)).any() for a, b in pairwise(frames))


def test_signal_and_noise_are_amplitudes_whose_squares_add_to_one():
    curves = [line.get_ydata() for line in forward.signal_and_noise().axes[0].lines]
    for schedule, signal, noise in zip((SCHEDULE, LINEAR), curves[::2], curves[1::2], strict=True):
        assert len(signal) == schedule.T + 1
        assert np.abs(signal**2 + noise**2 - 1).max() < 1e-12
        assert float(signal[500]) == pytest.approx(float(schedule.alpha_bar[500]) ** 0.5)
        assert signal[0] == 1
        assert noise[-1] == pytest.approx(1, abs=1e-4)


def test_the_numbers_of_the_page():
    derived, alpha_bar = forward.derived(), LINEAR.alpha_bar
    even = derived["even"]
    assert alpha_bar[even - 1] > 0.5 > alpha_bar[even + 1]
    assert (1 - derived["constant_beta"]) ** 1000 == pytest.approx(float(alpha_bar[-1]))
    for key, amplitude in (("half", 0.5), ("twentieth", 0.05)):
        t = derived["times"]["linear"][key]
        assert alpha_bar[t].sqrt() < amplitude <= alpha_bar[t - 1].sqrt()
        # A constant beta halves the signal every so many steps.
        steps = 2 * np.log(amplitude) / np.log(1 - derived["constant_beta"])
        assert derived["times"]["constant"][key] == np.ceil(steps)
    assert derived["too_small"]["hundredth"] > derived["too_small"]["tenth"] > 0.1
