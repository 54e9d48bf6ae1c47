from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddpm.paths import every, strided


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
