from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddpm.timesteps import SPACINGS, every, from_time, quadratic, resampled, strided, uniform


def test_every_visits_all_times_once():
    assert every(4) == (4, 3, 2, 1, 0)


@given(st.integers(1, 2000).flatmap(lambda T: st.tuples(st.just(T), st.integers(1, T))))
def test_strided_goes_from_T_to_0_in_even_strides(case):
    T, steps = case
    path = strided(T, steps)
    strides = [t - s for t, s in pairwise(path)]
    assert path[0] == T
    assert path[-1] == 0
    assert len(strides) == steps
    assert min(strides) >= 1
    assert max(strides) - min(strides) <= 2  # rounding at both ends of a stride


def test_strided_with_all_steps_is_every():
    assert strided(400, 400) == every(400)


@pytest.mark.parametrize("steps", [-1, 0, 11])
def test_strided_refuses_other_numbers_of_steps(steps):
    with pytest.raises(ValueError, match=r"1\.\.10"):
        strided(10, steps)


@pytest.mark.parametrize("name", SPACINGS)
@given(st.data())
def test_every_spacing_goes_down_to_zero_in_as_many_steps(name, data):
    T = data.draw(st.integers(1, 1000))
    steps = data.draw(st.integers(1, T))
    path = SPACINGS[name](T, steps)
    assert len(path) == steps + 1
    assert path[-1] == 0
    assert path[0] <= T
    assert all(t > s for t, s in pairwise(path))
    if name != "uniform":
        assert path[0] == T


def test_uniform_strides_are_equal_and_quadratic_ones_shrink():
    assert uniform(1000, 4) == (751, 501, 251, 1, 0)
    assert quadratic(1000, 4) == (1000, 562, 250, 62, 0)
    for spacing in SPACINGS.values():
        with pytest.raises(ValueError, match=r"within 1\.\.10, not 11"):
            spacing(10, 11)


def test_from_time_begins_where_told():
    path = (1000, 750, 500, 250, 0)
    assert from_time(path, 1000) == path
    assert from_time(path, 600) == (600, 500, 250, 0)
    assert from_time(path, 500) == (500, 250, 0)
    assert from_time(path, 0) == (0,)
    for t in (-1, 1001):
        with pytest.raises(ValueError, match=r"within 0\.\.1000"):
            from_time(path, t)


def test_resampling_walks_each_part_so_often_and_the_step_to_0_once():
    path = (10, 8, 6, 4, 2, 0)
    assert resampled(path, 2, 1) == path
    assert resampled(path, 1, 2) == (10, 8, 10, 8, 6, 8, 6, 4, 6, 4, 2, 4, 2, 0)
    assert resampled(path, 2, 2) == (10, 8, 6, 10, 8, 6, 4, 2, 6, 4, 2, 0)
    assert resampled(path, 3, 2) == (10, 8, 10, 8, 6, 4, 2, 8, 6, 4, 2, 0)  # the first is shorter
    assert resampled(path, 9, 2) == (10, 8, 6, 4, 2, 10, 8, 6, 4, 2, 0)
    assert resampled((10, 0), 1, 3) == (10, 0)
    assert resampled((0,), 1, 3) == (0,)
    with pytest.raises(ValueError, match="jump must be at least 1, not 0"):
        resampled(path, 0, 2)


@given(st.integers(1, 60), st.integers(1, 12), st.integers(1, 5))
def test_a_resampled_path_visits_the_same_times_and_ends_at_0(steps, jump, repeats):
    path = strided(100, steps)
    walked = resampled(path, jump, repeats)
    assert set(walked) == set(path)
    assert (walked[0], walked[-1], walked.count(0)) == (100, 0, 1)
    ups = sum(t < s for t, s in pairwise(walked))
    assert ups == -((1 - steps) // jump) * (repeats - 1)
    downs = [pair for pair in pairwise(walked) if pair[1] < pair[0]]
    assert all(downs.count(pair) == (repeats if pair[1] else 1) for pair in pairwise(path))
    assert len(downs) == (steps - 1) * repeats + 1  # the calls, whatever the jump
