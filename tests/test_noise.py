"""Every image, seed and stream has a generator of its own."""

from itertools import combinations, pairwise

import pytest
import torch

import ddpm.noise
from ddpm.model import Diffusion
from ddpm.noise import PER_SEED, SEEDS, STREAMS, Noise, image_seeds

SHAPE = (1, 28, 28)


def gaps(starts):
    """The distances between neighbours on the circle of all generator seeds."""
    starts = sorted(starts)
    return [b - a for a, b in pairwise([*starts, starts[0] + SEEDS])]


def block(seed, stream):
    """The first generator seed of a seed's images, which are PER_SEED in a row."""
    return image_seeds(1, seed, 0, stream)[0]


def test_stream_0_is_the_seed_times_a_million_plus_the_number():
    assert image_seeds(3) == [0, 1, 2]
    assert image_seeds(2, seed=7, first=3) == [7_000_003, 7_000_004]
    assert image_seeds(1, seed=4293, first=999_999) == [4_293_999_999]


# The first two pixels of the first noise and the last two of the second.
PINNED = {
    (0, 0): [-1.1258398294, -1.1523602009, 0.2578432858, 0.1990162283],
    (7, 3): [-0.0607339107, -1.2456049919, 0.3776486218, -1.7040354013],
    (4293, 999_999): [-1.0247468948, -1.1862622499, 0.1579997391, -0.1933268667],
}


@pytest.mark.parametrize(("seed", "first"), PINNED)
def test_the_noise_of_stream_0_stays(seed, first):
    noise = Noise(image_seeds(1, seed, first), SHAPE)
    ends = torch.cat([noise().flatten()[:2], noise().flatten()[-2:]])
    assert ends.tolist() == pytest.approx(PINNED[seed, first], abs=1e-6)


def test_no_two_generators_are_the_same_below_seed_268_in_any_stream():
    starts = [block(seed, stream) for seed in range(268) for stream in range(STREAMS)]
    assert min(gaps(starts)) >= PER_SEED


@pytest.mark.parametrize("stream", range(STREAMS))
def test_no_two_images_of_a_stream_share_a_generator(stream):
    assert min(gaps([block(seed, stream) for seed in range(4294)])) >= PER_SEED


def test_no_two_streams_of_a_seed_share_a_generator():
    for seed in range(4294):
        assert min(gaps([block(seed, stream) for stream in range(STREAMS)])) >= PER_SEED


def test_a_run_is_numbered_in_a_row_even_around_the_end_of_all_seeds():
    for seed in (4026, 4293):
        together = image_seeds(PER_SEED, seed, 0, 1)
        assert len(set(together)) == PER_SEED
        assert all(0 <= together[k] < SEEDS for k in (0, -1))
        for first in (1, 5, 999_998):
            assert together[first : first + 2] == image_seeds(2, seed, first, 1)


def test_every_pair_of_a_small_world(monkeypatch):
    """All images, seeds and streams, where there are only 1,000 generators."""
    monkeypatch.setattr(ddpm.noise, "SEEDS", 1000)
    monkeypatch.setattr(ddpm.noise, "PER_SEED", 10)
    monkeypatch.setattr(ddpm.noise, "STREAMS", 4)
    users = {}
    for seed in range(100):
        for stream in range(4):
            for generator in image_seeds(10, seed, 0, stream):
                users.setdefault(generator, []).append((seed, stream))
    assert sorted(users) == list(range(1000))
    for sharing in users.values():
        for (seed, stream), (other_seed, other_stream) in combinations(sharing, 2):
            assert stream != other_stream
            assert abs(seed - other_seed) >= 1000 // 4 // 10


def test_streams_are_uncorrelated():
    drawn = [Noise(image_seeds(200, stream=stream), SHAPE) for stream in (0, 1, 2, 15)]
    for _ in range(3):  # also what the samplers draw later
        for a, b in combinations([noise().flatten(1) for noise in drawn], 2):
            assert abs(float((a * b).mean())) < 4.5 / a.numel() ** 0.5
            # Every image with every image: 40,000 correlations of standard deviation 1 / 28.
            assert float((a @ b.T / a.shape[1]).abs().max()) < 6 / 28


def test_a_model_has_other_noise_in_another_stream(tiny):
    model = Diffusion(tiny)
    own, other = model.noise(2), model.noise(2, stream=1)
    seen = [noise() for noise in (own, other) for _ in range(3)]
    for a, b in combinations(seen, 2):
        assert (a - b).abs().max() > 1


def test_torch_ignores_what_is_above_32_bits_so_seeds_end_there():
    a, b = (torch.randn(9, generator=torch.Generator().manual_seed(s)) for s in (5, 5 + SEEDS))
    assert torch.equal(a, b)
    for seed in (SEEDS, -1):
        with pytest.raises(ValueError, match=rf"seeds must be within 0\.\.4294967295, not {seed}"):
            Noise([0, seed], SHAPE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, r"seed must be within 0\.\.4293, not -1"),
        ({"seed": 4294}, r"seed must be within 0\.\.4293, not 4294"),
        ({"first": -1}, r"numbers 0\.\.999999, not -1\.\.1"),
        ({"first": 999_998}, r"numbers 0\.\.999999, not 999998\.\.1000000"),
        ({"stream": 16}, r"stream must be within 0\.\.15, not 16"),
        ({"stream": -1}, r"stream must be within 0\.\.15, not -1"),
    ],
)
def test_what_is_out_of_range_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        image_seeds(3, **arguments)
