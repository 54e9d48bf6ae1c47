"""The time encoding as the page shows it, and its numbers."""

import numpy as np
import pytest

from scripts.pages import network


def test_the_map_is_sines_above_cosines_from_fast_to_slow():
    values = network.time_encoding_map().axes[0].images[0].get_array()
    assert values.shape == (64, 1000)
    t = np.arange(1000)
    for k in (0, 10, 31):
        speed = 10000 ** (-k / 32)
        assert np.abs(values[k] - np.sin(speed * t)).max() < 1e-3
        assert np.abs(values[32 + k] - np.cos(speed * t)).max() < 1e-3


def test_the_numbers_of_the_page():
    derived = network.derived()
    assert derived["slowest"] == pytest.approx(2 * np.pi * 10000 ** (31 / 32), abs=500)
    assert derived["thrice_halved"] == 3.5  # 28 cannot be halved three times
    assert derived["positions"] == 32**2
    assert derived["pairs"] == (8 * 8) ** 2
    assert derived["pairs_ratio"] == 4**4
    assert derived["up1"] == 2 * 9 * 128 * 128  # two 3x3 convolutions of 128 channels
