"""Composed estimates, against data of a single image, where all is known exactly.

If the only image is a, the best noise estimate is (x - sqrt(alpha_bar) a) / sigma, and every
sampler ends at a. What a composition of such estimates must end at follows by linearity.
"""

import pytest
import torch

from ddpm.sampling import SAMPLERS, sample, step_rule
from ddpm.schedule import NoiseSchedule
from ddpm.techniques.anagrams import VIEWS, View, anagram, view
from ddpm.techniques.hybrids import gaussian, hybrid, mosaic, moving
from ddpm.timesteps import strided

SCHEDULE = NoiseSchedule.cosine(1000)


def only(image):
    return lambda x, t: SCHEDULE.eps_from_x0(x, t, image.expand_as(x))


def end(eps_fn, sampler="ddim", size=28, steps=12):
    torch.manual_seed(0)
    x = torch.randn(2, 1, size, size, dtype=torch.float64)
    *_, last = sample(eps_fn, x, strided(1000, steps), SCHEDULE, step_rule(sampler))
    return last.x


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(1)
    return torch.rand(3, 1, 28, 28, generator=generator, dtype=torch.float64) * 2 - 1


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_an_anagram_is_the_mean_of_what_is_seen(images, sampler):
    for name in (*VIEWS, "patches:5"):
        v = view(name)
        eps = anagram([(only(images[0]), VIEWS["identity"]), (only(images[1]), v)])
        expected = (images[0] + v.undo(images[1][None])) / 2
        assert (end(eps, sampler, steps=5) - expected).abs().max() < 1e-5


def test_three_views_count_alike(images):
    names = ("identity", "rotate_180", "transpose")
    eps = anagram([(only(a), view(name)) for a, name in zip(images, names, strict=True)])
    expected = sum(view(n).undo(a[None]) for a, n in zip(images, names, strict=True)) / 3
    assert (end(eps) - expected).abs().max() < 1e-5


def test_an_anagram_refuses_what_is_not_orthogonal_and_nothing_at_all(images):
    with pytest.raises(ValueError, match="'dim' is not orthogonal"):
        anagram([(only(images[0]), View("dim", lambda x: x / 2, lambda x: 2 * x))])(images, 1)
    with pytest.raises(ValueError, match="at least one"):
        anagram([])


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
