"""What is left of the image at the end of a schedule, and the page's curves and sheet."""

import math

import numpy as np
import pytest
import torch
from sheets import numbered, numbers

from ddpm.recipes import RECIPES
from ddpm.schedule import NoiseSchedule
from scripts.pages.schedules import facts, measurements
from scripts.pages.schedules.measurements import DRAWN, left_at_the_end
from scripts.workshop.formulas import LARGE, SCHEDULES


def test_what_is_left_at_the_end_by_hand():
    half = NoiseSchedule.from_betas(torch.tensor([0.5]))
    left = left_at_the_end(half)
    assert left == {
        "amplitude": pytest.approx(0.5**0.5),
        "log_snr": pytest.approx(0, abs=1e-12),
        "nats": pytest.approx(0.5 * math.log(2)),
    }
    quarter = left_at_the_end(NoiseSchedule.from_betas(torch.tensor([0.5, 0.5])))
    assert quarter["amplitude"] == pytest.approx(0.5)
    assert quarter["log_snr"] == pytest.approx(-math.log(3))


def test_every_recipe_that_samples_in_steps_has_its_schedule_drawn():
    drawn = [schedule.alpha_bar for schedule, _ in DRAWN.values()]
    for recipe in RECIPES.values():
        own = recipe.make_schedule().alpha_bar
        assert recipe.T == 1 or any(torch.equal(own, other) for other in drawn), recipe.name


def test_the_curves_are_the_schedules_over_their_share_of_the_way():
    amplitude, ratio = measurements.schedule_curves().axes
    assert [line.get_label() for line in amplitude.lines] == [*DRAWN]
    for (schedule, _), signal, snr in zip(
        DRAWN.values(), amplitude.lines, ratio.lines, strict=True
    ):
        way = signal.get_xdata()
        assert (way[0], way[-1], len(way)) == (0, 1, schedule.T + 1)
        left = left_at_the_end(schedule)
        assert signal.get_ydata()[0] == 1
        assert signal.get_ydata()[-1] == pytest.approx(left["amplitude"])
        assert snr.get_ydata()[-1] == pytest.approx(left["log_snr"])
        assert (np.diff(snr.get_ydata()) < 0).all()


def test_a_row_of_the_sheet_is_a_strength(monkeypatch):
    kept = {"small": numbered(10), "large": numbered(10, first=50)}
    betas = {name: {"betas": [1e-4, 0.02]} for name in kept}
    monkeypatch.setattr(measurements, "read_pictures", lambda path: kept)
    monkeypatch.setattr(measurements, "read_json", lambda name: {"strengths": betas})
    assert numbers(measurements.strengths_grid()) == [[*range(10)], [*range(50, 60)]]


def test_the_numbers_of_the_page():
    derived = facts.derived()
    assert derived["mean_beta"] == pytest.approx((1e-4 + 0.02) / 2)
    zero = derived["float32_zero"]
    assert LARGE.alpha_bar.float()[zero] == 0 < LARGE.alpha_bar.float()[zero - 1]
    # Data of variance 1: the share of x_T that comes from it is alpha_bar_T itself.
    for name, share in derived["shares"].items():
        assert share["v1"] == pytest.approx(float(SCHEDULES[name].alpha_bar[-1]))
        assert share["v5"] > share["v1"]
    for strength in derived["strengths"].values():
        assert strength["below"] > strength["above"]
        assert strength["largest_turn"] >= max(strength["last_turn"], strength["turn_before"])
