"""Correcting the noise estimate by the border, tried on estimates that are wrong in a known way."""

from functools import partial

import pytest
import torch

from ddpm.sampling import posterior, sample
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import every
from scripts.pages.backgrounds import derived, put_right
from scripts.workshop.formulas import LINEAR
from scripts.workshop.records import read_json


@pytest.mark.parametrize("t", [200, 700, 1000])
def test_mean_and_amplitude_of_the_estimate_are_read_off_the_border_and_put_right(t):
    schedule = NoiseSchedule.linear(1000)
    torch.manual_seed(0)
    x0 = torch.full((2, 1, 32, 32), -1.0)
    x0[..., 8:24, 8:24] = torch.rand(2, 1, 16, 16)
    eps = torch.randn(x0.shape)
    x = schedule.add_noise(x0, t, eps)
    shift = torch.tensor([0.02, -0.3])[:, None, None, None]
    factor = torch.tensor([1.1, 0.8])[:, None, None, None]

    def right(estimate, above=200, **how):
        return put_right(lambda x, t: estimate, schedule, above, **how)(x, t)

    assert (right(eps + shift, amplitude=False) - eps).abs().max() < 1e-3
    assert (right(eps * factor, mean=False) - eps).abs().max() < 1e-3
    assert (right(eps * factor + shift) - eps).abs().max() < 1e-3
    assert (right(eps * factor, amplitude=False) - eps).abs().max() > 0.1
    assert torch.equal(right(eps + shift, above=t + 1), eps + shift)


def test_the_clamp_was_measured_with_the_weights_and_the_count_of_the_other_ways():
    clamped, others = read_json("grounds_clamped"), read_json("grounds")
    assert clamped["rows"].keys() < others["rows"].keys()
    for key in ("weights", "count", "steps"):
        assert clamped[key] == others[key]


def test_an_offset_adds_up_as_ancestral_steps_add_it():
    """The steps without their noise from x = 0, where the predicted noise is the offset alone."""
    offset = 0.002
    zero = torch.zeros(1, 1, 1, 1, dtype=torch.float64)
    step = partial(posterior, noise=0.0)
    states = sample(lambda x, t: zero + offset, zero, every(1000), LINEAR, step)
    added = derived()["added"]["ancestral1000"]
    assert float([*states][-1].x) == pytest.approx(-offset * added, rel=1e-9)
