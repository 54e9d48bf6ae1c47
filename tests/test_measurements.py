"""What the measurements are made of, where it can be checked by hand."""

import json
import math

import pytest
import torch

from ddpm.schedule import NoiseSchedule
from scripts.pages.grounds import put_right
from scripts.pages.leaderboard.exact import calls_of, steps_for
from scripts.pages.randomness.measurements import entropy, starts
from scripts.workshop import judge
from scripts.workshop.judge import over_seeds, rows


def test_rows_go_on_where_they_stopped_and_forget_what_has_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "ROOT", tmp_path)
    done = []

    def job(name, fail=False):
        def run():
            if fail:
                raise KeyboardInterrupt
            done.append(name)
            return {"name": name}

        return run

    with pytest.raises(KeyboardInterrupt):
        rows("x", {"weights": 1}, {"a": job("a"), "b": job("b", fail=True)})
    kept = tmp_path / "runs" / "x.rows.json"
    assert json.loads(kept.read_text())["rows"] == {"a": {"name": "a"}}
    table = rows("x", {"weights": 1}, {"a": job("a"), "b": job("b")})
    assert table == {"a": {"name": "a"}, "b": {"name": "b"}}
    assert done == ["a", "b"]
    assert not kept.exists()

    with pytest.raises(KeyboardInterrupt):
        rows("x", {"weights": 1}, {"a": job("a"), "b": job("b", fail=True)})
    rows("x", {"weights": 2}, {"a": job("a")})
    assert done == ["a", "b", "a", "a"]


def test_the_spread_over_seeds_is_the_standard_deviation():
    result = over_seeds([{"fid": 1.0}, {"fid": 3.0}])
    assert result == {"fid": 2.0, "fid_spread": pytest.approx(math.sqrt(2))}
    assert over_seeds([{"fid": 1.0}]) == {"fid": 1.0}


@pytest.mark.parametrize("calls", [5, 10, 25, 100])
def test_heun_fits_into_its_calls(calls):
    steps = steps_for("heun", calls)
    assert 2 * steps - 1 <= calls < 2 * (steps + 1) - 1
    assert calls_of("heun", steps) == 2 * steps - 1
    assert calls_of("ddim", steps_for("ddim", calls)) == steps_for("ddim", calls) == calls


def test_entropy_is_that_of_dice():
    assert entropy(torch.full((7,), 3)) == 0
    assert entropy(torch.arange(10).repeat(5)) == pytest.approx(math.log2(10))
    assert entropy(torch.tensor([0, 0, 1, 1])) == pytest.approx(1)


def test_starts_depend_on_their_number_alone():
    assert torch.equal(starts(3)[2], starts(1, first=2)[0])


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
