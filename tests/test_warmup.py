"""The chain and the net against what can be worked out by hand."""

import numpy as np
import pytest
import torch

from ddpm.schedule import NoiseSchedule
from scripts.pages.warmup.chain import (
    BETAS,
    chain_covariance,
    chain_precision,
    draw_chain,
    draw_forward,
    forward_covariance,
    weights_of_others,
)
from scripts.pages.warmup.net import (
    BLANKETS,
    beyond_the_blanket,
    draw_worlds,
    enumerated,
    joint,
    sampled,
)


@pytest.mark.parametrize("length", [1, 2, 4, 9])
def test_precision_is_the_inverse_of_the_covariance(length):
    product = chain_covariance(length) @ chain_precision(length)
    assert np.abs(product - np.eye(length)).max() < 1e-12


def test_the_precision_is_the_one_of_the_problem():
    expected = [[2, -1, 0, 0], [-1, 2, -1, 0], [0, -1, 2, -1], [0, 0, -1, 1]]
    assert chain_precision(4).tolist() == expected


def test_drawn_chains_have_the_covariances():
    generator = np.random.default_rng(1)
    for exact, drawn in (
        (chain_covariance(4), draw_chain(20_000, 4, generator)),
        (forward_covariance(BETAS), draw_forward(20_000, BETAS, generator)),
    ):
        # A covariance of n draws is off by at most 5 times its standard error.
        spread = np.sqrt((exact**2 + np.outer(exact.diagonal(), exact.diagonal())) / 20_000)
        assert (np.abs(np.cov(drawn.T) - exact) < 5 * spread).all()


def test_only_neighbours_count_in_a_chain():
    weights = weights_of_others(forward_covariance(BETAS), 2)
    assert np.abs(weights[[0, 3, 4]]).max() < 1e-12
    assert (weights[[1, 2]] > 0.1).all()


def test_between_start_and_now_the_chain_is_the_samplers_posterior():
    """Given x_0 and x_t, x_(t - 1) has the weights and the variance of Ho et al., equation 7."""
    covariance = forward_covariance(BETAS)
    t = 4
    schedule = NoiseSchedule.from_betas(torch.tensor(BETAS))
    ab_t, ab_s = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[t - 1])
    beta = float(schedule.beta[t])
    s, n = t - 2, t - 1  # x_1 has index 0
    weight = covariance[s, n] / covariance[n, n]
    variance = covariance[s, s] - weight * covariance[s, n]
    assert weight == pytest.approx((1 - beta) ** 0.5 * (1 - ab_s) / (1 - ab_t), rel=1e-6)
    assert variance == pytest.approx(beta * (1 - ab_s) / (1 - ab_t), rel=1e-6)


def test_the_net_gives_the_two_numbers_of_the_problem():
    assert joint().sum() == pytest.approx(1)
    assert enumerated({"t": 0, "s": 0}, {"m": 0, "b": 0}) == pytest.approx(0.54)
    assert enumerated({"m": 1}, {"b": 1, "t": 1, "s": 1}) == pytest.approx(0.04 / 0.0616)


def test_what_is_independent_and_what_explaining_away_does():
    m = {"m": 1}
    assert enumerated(m, {"t": 1}) == pytest.approx(enumerated(m, {}))
    given_s = [enumerated(m, {"s": 1, "t": t}) for t in (0, 1)]
    assert given_s[0] > enumerated(m, {"s": 1}) + 0.1 > given_s[1] + 0.1


@pytest.mark.parametrize("name", BLANKETS)
def test_beyond_the_blanket_nothing_counts(name):
    assert beyond_the_blanket(name, BLANKETS[name]) < 1e-12


def test_a_smaller_blanket_is_too_small():
    assert beyond_the_blanket("t", "m") > 0.1
    assert beyond_the_blanket("t", "s") > 0.1


def test_sampling_finds_what_enumeration_says():
    worlds = draw_worlds(20_000, np.random.default_rng(2))
    asked = ({"m": 1}, {"b": 1, "t": 1, "s": 1})
    found = sampled(worlds, *asked)
    assert 1000 < found["kept"] < 1500
    assert abs(found["sampled"] - enumerated(*asked)) < 4 * found["error"]
