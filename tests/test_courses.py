"""Which pictures the sheets of the courses show, what their plots hold, and what a label saves."""

from types import SimpleNamespace

import pytest
import torch
from sheets import numbered, numbers

from ddpm.recipes import RECIPES
from scripts.pages.courses import course_b
from scripts.pages.courses import models as courses
from scripts.workshop.records import read_json


@pytest.fixture
def kept(monkeypatch):
    """Two epochs of four samples of each digit, label by label: numbers 0..39 and 40..79."""
    epochs = {"5": numbered(40), "20": numbered(40, first=40)}
    for module in (courses, course_b):
        monkeypatch.setattr(module, "read_pictures", lambda path: epochs)


@pytest.mark.parametrize("draw", [courses.time_epochs, courses.class_epochs])
def test_an_epoch_has_four_rows_and_a_digit_its_column(kept, draw):
    expected = [
        [first + 4 * digit + row for digit in range(10)] for first in (0, 40) for row in range(4)
    ]
    assert numbers(draw()) == expected


@pytest.mark.parametrize("draw", [course_b.resunet_epochs, course_b.resunet_large_epochs])
def test_of_each_epoch_there_is_one_sample_of_each_digit(monkeypatch, draw):
    epochs = {"1": numbered(10), "2": numbered(10, first=10)}
    monkeypatch.setattr(course_b, "read_pictures", lambda path: epochs)
    assert numbers(draw()) == [[*range(10)], [*range(10, 20)]]


def test_a_strength_has_ten_rows_of_ten(monkeypatch):
    kept = {"0.1": numbered(100), "5": numbered(100, first=100)}
    monkeypatch.setattr(course_b, "read_pictures", lambda path: kept)
    expected = [[*range(first, first + 10)] for first in range(0, 200, 10)]
    assert numbers(course_b.omega_sweep(), scale=1) == expected


def test_the_scale_is_omega_plus_one(monkeypatch, tmp_path):
    asked = []

    def draw(labels, guidance, steps, seed):
        asked.append(round(guidance, 6))
        assert labels.tolist() == sorted([*range(10)] * 10)
        return numbered(100)

    recipe = SimpleNamespace(steps=400)
    model = SimpleNamespace(device=torch.device("cpu"), sample=draw, recipe=recipe)
    monkeypatch.setattr(course_b, "load", lambda name: model)
    monkeypatch.setattr(course_b, "ROOT", tmp_path)
    monkeypatch.setattr(course_b, "results_file", lambda name: tmp_path / name)
    found = course_b.omegas(False)
    assert asked == [1.1, 1.5, 2.0, 4.0, 6.0]
    assert (tmp_path / "omegas.npz").is_file() and found["steps"] == 400


def test_the_curves_are_the_logs():
    plot = courses.loss_curves_of_courses()
    for axes, name in zip(plot.axes, courses.COURSES, strict=True):
        epochs = read_json(f"training/{name}")["epochs"]
        lines = [[*line.get_ydata()] for line in axes.lines]
        for key in ("train", "validation_raw", "validation_averaged"):
            assert [entry[key] for entry in epochs] in lines
        assert axes.get_title() == name
        assert all(0 <= tick <= len(epochs) for tick in axes.get_xticks())


def test_what_a_label_saves(monkeypatch, digits):
    """With a network whose error is 1 with the right label, 2 with none and 4 with a wrong one."""

    def loss(network, recipe, schedule, x0, labels, t, eps):
        assert t.unique().numel() == 1
        if (labels == recipe.classes).all():
            return torch.tensor(2.0)
        right = labels == digits.labels[:100]
        assert right.all() or not right.any()
        return torch.tensor(1.0 if right.all() else 4.0)

    def load(name):
        recipe = RECIPES[name]
        return SimpleNamespace(
            recipe=recipe, network=None, schedule=None, device=torch.device("cpu")
        )

    monkeypatch.setattr(courses, "loss", loss)
    monkeypatch.setattr(courses, "load", load)
    monkeypatch.setattr(courses, "mnist", lambda split: digits)
    result = courses.telling(True)
    assert result["count"] == 100
    assert len(result["rows"]) == 3 * 4
    for row in result["rows"].values():
        assert row == {"told": 1.0, "none": 2.0, "wrong": 4.0, "saved": 0.5}


def test_the_levels_of_noise_are_on_the_scale_of_the_clean_images():
    levels = courses.derived()["levels"]
    assert levels["denoiser"]["first"] == pytest.approx(0.5)  # sigma = 0.5 on images in [0, 1]
    first = RECIPES["attention"].make_schedule().beta[1] ** 0.5 * 0.5  # a half is its unit
    assert levels["attention"]["first"] == pytest.approx(float(first), rel=1e-3)
    for level in levels.values():
        amplitudes = [level[k] for k in ("first", "quarter", "half", "three_quarters", "last")]
        assert amplitudes == sorted(amplitudes)
        assert level["contrast"] * level["last"] == pytest.approx(1)
