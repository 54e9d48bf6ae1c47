"""The flagship's page: its plots against the records, and how far an error of an answer reaches."""

import math
from itertools import pairwise

import pytest
from matplotlib.colors import to_rgba
from sheets import numbered, numbers

from ddpm import viz
from ddpm.timesteps import strided
from scripts.pages import digits as page
from scripts.pages.digits import error_factor
from scripts.workshop.ablation import ROWS
from scripts.workshop.formulas import COSINE, LINEAR, angle, turns
from scripts.workshop.records import read_json


def test_a_row_of_the_grid_is_a_label(monkeypatch):
    last = numbered(100)[:, 0].unflatten(0, (10, 10))
    monkeypatch.setattr(page, "each_label", lambda: [last.flip(0), last])
    expected = [[10 * label + sample for sample in range(10)] for label in range(10)]
    assert numbers(page.digits_grid()) == expected


def test_the_bars_are_the_rows_of_the_ablation_and_the_recipe_stands_out(monkeypatch):
    record = {"rows": {name: {"fid": 0.5 + k} for k, name in enumerate(ROWS)}}
    monkeypatch.setattr(page, "read_json", lambda name: record)
    axes = page.what_mattered().axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    bars = {name: bar.get_width() for name, bar in zip(names, axes.patches, strict=True)}
    assert bars == {name: row["fid"] for name, row in record["rows"].items()}
    assert names[-1] == "first"  # the axis goes up, so this is the uppermost
    colours = [bar.get_facecolor() for bar in axes.patches]
    assert [*map(colours.count, (to_rgba(viz.VERMILION), to_rgba(viz.BLUE)))] == [1, len(ROWS) - 1]
    assert colours[-1] == to_rgba(viz.VERMILION)
    texts = {text.get_position()[1]: text.get_text() for text in axes.texts}
    assert [float(texts[k]) for k in range(len(names))] == [bars[name] for name in names]


def test_the_published_ablation_has_no_row_that_is_not_in_the_table():
    assert set(read_json("ablation")["rows"]) <= set(ROWS)


def test_the_curves_are_those_of_the_record(monkeypatch):
    table = {
        str(epoch): {
            f"{weights}_{key}": first / epoch
            for weights, first in (("raw", 4.0), ("averaged", 3.0))
            for key in ("fid", "loss")
        }
        for epoch in (1, 2, 4)
    }
    monkeypatch.setattr(page, "read_json", lambda name: {"rows": table})
    for axes in page.quality_epochs().axes:
        raw, averaged = axes.lines
        assert [*raw.get_xdata()] == [1, 2, 4]
        assert [*raw.get_ydata()] == [4, 2, 1]
        assert [*averaged.get_ydata()] == [3, 1.5, 0.75]


@pytest.mark.parametrize("schedule", [LINEAR, COSINE], ids=["linear", "cosine"])
@pytest.mark.parametrize(("t", "s"), [(1000, 960), (520, 480), (40, 0)])
def test_an_error_of_an_answer_reaches_as_far_as_the_ddim_step_says(schedule, t, s):
    """With x_t = cos(a) x_0 + sin(a) eps, a step turns by a_t - a_s (Salimans and Ho 2022)."""
    before, after = angle(schedule, t), angle(schedule, s)
    turn = math.sin(before - after)
    expected = {"v": turn, "eps": turn / math.cos(before), "x0": turn / math.sin(before)}
    for predicts, factor in expected.items():
        assert error_factor(schedule, t, s, predicts) == pytest.approx(factor, rel=1e-6)


def test_the_numbers_of_the_page():
    derived = page.derived()
    sines = [math.sin(math.radians(turn)) for turn in turns(LINEAR, 25)]
    assert derived["velocity_sum"] == pytest.approx(sum(sines), rel=1e-6)
    assert len(sines) == len([*pairwise(strided(1000, 25))])
    assert derived["min_snr"]["100"] < derived["min_snr"]["500"]  # the nearly clean count less
    for name in ("linear", "cosine"):
        apart = [*derived["told_apart"][name].values()]
        assert apart == sorted(apart, reverse=True)
        assert apart[0] > 0.9
        assert apart[-1] < 0.53  # hardly better than chance at T
