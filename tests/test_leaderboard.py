"""The leaderboard's bookkeeping, and its samplers where the answer is known."""

import pytest

from scripts.pages.leaderboard import measurements
from scripts.pages.leaderboard.clipping import change
from scripts.pages.leaderboard.exact import SCHEDULES, STD, flow_error, spread
from scripts.workshop.costs import calls_of, steps_for
from scripts.workshop.records import read_json


@pytest.mark.parametrize(
    ("free", "clamped", "word"),
    [
        (100, 2, "cured"),
        (100, 2.1, "smaller"),
        (100, 91, "no difference"),
        (1.5, 1.4, "no difference"),
        (1.5, 1.3, "smaller"),
        (1.0, 1.2, "larger"),
        (100, 120, "larger"),
    ],
)
def test_what_the_clamp_does_is_named_by_the_distance(free, clamped, word):
    assert change({"fid_over_floor": free}, {"fid_over_floor": clamped}) == word


def test_the_clamp_is_compared_with_the_rows_of_the_other_records():
    free = {**read_json("leaderboard")["rows"], **read_json("guidance")["rows"]}
    compared = read_json("clipping")["rows"]
    assert compared.keys() == {"beta-noise-5", "heun-eps-10", "7", "10"}
    for key, pair in compared.items():
        for name in ("accuracy", "fid", "fid_over_floor"):
            assert pair["free"][name] == free[key][name]


@pytest.mark.parametrize("calls", [5, 10, 25, 100])
def test_heun_fits_into_its_calls(calls):
    steps = steps_for("heun", calls)
    assert 2 * steps - 1 <= calls < 2 * (steps + 1) - 1
    assert calls_of("heun", steps) == 2 * steps - 1
    assert calls_of("ddim", steps_for("ddim", calls)) == steps_for("ddim", calls) == calls


def test_on_gaussian_data_the_error_falls_with_the_calls_and_the_spread_is_right():
    for schedule in SCHEDULES.values():
        for sampler in ("ddim", "dpm-solver"):
            errors = [flow_error(sampler, schedule, steps) for steps in (5, 10, 50)]
            assert errors == sorted(errors, reverse=True)
            assert errors[-1] < 0.2 * errors[0]
    assert spread("ancestral", SCHEDULES["cosine"], 50) == pytest.approx(STD, abs=0.03)
    assert spread("beta-noise", SCHEDULES["cosine"], 10) > STD + 0.01


def test_the_best_of_each_number_of_calls_is_one_of_the_samplers_compared(monkeypatch):
    distances = {"heun-eps": 0.01, "dpm-solver": 0.1, "ddim": 0.2}

    def rows(name, settings, jobs):
        return {
            key: {
                "sampler": job.args[0],
                "calls": job.args[1],
                "steps": steps_for(*job.args[:2]),
                "fid": distances.get(job.args[0], 0.3),
            }
            for key, job in jobs.items()
        }

    monkeypatch.setattr(measurements, "rows", rows)
    monkeypatch.setattr(measurements, "floor", lambda count: 0.05)
    costs = dict.fromkeys(measurements.SAMPLERS, 2.0)
    monkeypatch.setattr(measurements, "milliseconds", lambda calls, rounds: costs)
    result = measurements.leaderboard(False)
    assert result["best"].keys() == {str(calls) for calls in measurements.CALLS}
    assert result["best"]["10"]["sampler"] == "dpm-solver"
    assert result["best"]["250"]["sampler"] == "ancestral"  # no other gets so many calls
    for row in result["rows"].values():
        if row["sampler"] == "heun-eps":
            assert "milliseconds" not in row
        else:
            assert row["milliseconds"] == 2 * calls_of(row["sampler"], row["steps"])
