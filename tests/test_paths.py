from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddpm.paths import SPACINGS, every, quadratic, strided, uniform


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
