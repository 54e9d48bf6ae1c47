"""The leaderboard's bookkeeping, and its samplers where the answer is known."""

import pytest

from scripts.pages.leaderboard.exact import calls_of, steps_for


@pytest.mark.parametrize("calls", [5, 10, 25, 100])
def test_heun_fits_into_its_calls(calls):
    steps = steps_for("heun", calls)
    assert 2 * steps - 1 <= calls < 2 * (steps + 1) - 1
    assert calls_of("heun", steps) == 2 * steps - 1
    assert calls_of("ddim", steps_for("ddim", calls)) == steps_for("ddim", calls) == calls
