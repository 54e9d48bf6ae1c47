"""The samples that settings are judged by: which they are, and what is kept of them."""

import os
import shutil
from dataclasses import asdict
from types import SimpleNamespace

import pytest
import torch

from ddpm.bundle import bundled_models
from ddpm.recipes import RECIPES, recipe
from scripts.workshop import quality, rival, samples, speeds
from scripts.workshop.samples import Setting, batch_file, drawn, judged, own

CALLS = []


@pytest.fixture
def stub(monkeypatch, tmp_path):
    """A model whose sample number k is k / 1000, drawn in batches of four."""
    CALLS.clear()

    def sample(n=None, labels=None, seed=0, first=0, **how):
        CALLS.append({"first": first, "labels": labels, "seed": seed, **how})
        count = n if labels is None else len(labels)
        values = torch.arange(first, first + count) / 1000 + seed / 5
        return values[:, None, None, None].expand(-1, 1, 28, 28)

    monkeypatch.setattr(samples, "ROOT", tmp_path)
    monkeypatch.setattr(samples, "BATCH", 4)
    monkeypatch.setattr(samples, "load", lambda name, weights: SimpleNamespace(sample=sample))
    monkeypatch.setattr(samples, "natural_labels", lambda count: torch.arange(count) % 10)
    monkeypatch.setattr(samples, "judge", lambda: None)
    monkeypatch.setattr(samples, "diversity", lambda images, asked, judge: torch.tensor([2.0]))
    monkeypatch.setattr(
        samples, "verdict", lambda images, asked: {"fid": float(images.mean()), "n": len(images)}
    )


def test_a_recipes_own_setting_names_everything():
    digits = recipe("digits")
    assert own("digits") == Setting("digits", digits.sampler, digits.steps, 1.4, "averaged")
    assert own("digits", guidance=2.0).guidance == 2.0
    assert Setting("attention-class", "ddim", 50).whole().weights == "raw"


def test_samples_are_drawn_once_and_batches_go_on_where_they_stopped(stub):
    setting = own("digits", steps=5)
    images = drawn(setting, count=10)
    assert torch.allclose(images[:, 0, 0, 0], torch.arange(10) / 1000)
    assert [call["first"] for call in CALLS] == [0, 4, 8]
    assert CALLS[2]["labels"].tolist() == [8, 9]
    assert {call["steps"] for call in CALLS} == {5}
    batch_file(setting, 0, 4, 10).unlink()
    assert torch.equal(drawn(setting, count=10), images)
    assert [call["first"] for call in CALLS] == [0, 4, 8, 4]


def test_batches_of_another_number_of_samples_have_other_labels(stub, monkeypatch):
    monkeypatch.setattr(
        samples, "natural_labels", lambda count: torch.arange(count) // (count // 4)
    )
    for count in (4, 8):
        drawn(own("digits"), count)
    assert [call["labels"].tolist() for call in CALLS] == [[0, 1, 2, 3], [0, 0, 1, 1], [2, 2, 3, 3]]


def test_a_model_without_labels_is_asked_for_none(stub):
    drawn(own("time"), count=3)
    assert CALLS[0]["labels"] is None


def test_what_differs_is_not_taken_for_the_same(stub):
    kept = {
        batch_file(setting, seed, 0)
        for seed in (0, 1)
        for setting in (
            own("digits"),
            own("digits", steps=5),
            own("digits", guidance=1.0),
            own("digits", weights="raw"),
            own("digits", spacing="uniform"),
            own("digits", arithmetic="float32"),
            own("digits", clip=True),
        )
    }
    assert len(kept) == 14


def test_a_row_is_the_mean_over_seeds_and_the_batches_go(stub, tmp_path):
    drawn(own("digits", steps=6), count=4)  # another setting's, which stay
    row = judged(own("digits", steps=5), 4, seeds=(0, 1))
    assert row["fid"] == pytest.approx(0.0015 + 0.1)
    assert row["fid_spread"] == pytest.approx(0.2 / 2**0.5)
    assert (row["model"], row["steps"], row["seeds"], row["count"]) == ("digits", 5, 2, 4)
    assert (row["diversity"], row["grey"]) == (2.0, 0.5)
    assert len([*(tmp_path / "runs" / "samples").iterdir()]) == 1
    assert "diversity" not in judged(own("time"), 4)


# --- how few calls are enough


def row(steps, accuracy, fid):
    return {"steps": steps, "accuracy": accuracy, "fid": fid}


def test_as_good_allows_for_chance_and_no_more():
    goal = row(1000, 0.93, 1.0)
    assert rival.as_good(row(50, 0.911, 1.09), goal)
    assert not rival.as_good(row(50, 0.909, 1.0), goal)
    assert not rival.as_good(row(50, 0.93, 1.11), goal)
    assert rival.reaches(row(3, 0.93, 1.0), goal)
    assert not rival.reaches(row(3, 0.929, 0.5), goal)
    assert not rival.reaches(row(3, 0.99, 1.01), goal)


def test_the_fewest_calls_are_found_by_either_variance():
    goal = row(1000, 0.93, 1.0)
    table = {
        "ancestral-25": row(25, 0.8, 2.0),
        "beta-noise-50": row(50, 0.94, 1.05),
        "ancestral-50": row(50, 0.93, 0.99),
        "ancestral-100": row(100, 0.95, 0.9),
        "ancestral-1000": goal,
    }
    assert rival.fewest(table, goal) is table["ancestral-50"]
    assert rival.fewest({"ancestral-1000": goal}, goal) is goal


def test_the_flagship_is_tried_from_the_fewest_calls_on(monkeypatch):
    monkeypatch.setattr(rival, "judged", lambda s: row(s.steps, 0.9 + s.steps / 100, 1 / s.steps))
    tried = rival.flagship(row(1000, 0.94, 0.5))
    assert [*tried] == ["dpm-solver-3", "dpm-solver-4"]
    assert [*rival.flagship(row(1000, 1.1, 0.5))] == [f"dpm-solver-{n}" for n in rival.OURS]


def test_a_kept_row_is_that_of_the_same_weights_at_the_same_setting(monkeypatch):
    monkeypatch.setattr(quality, "digest_of", lambda path: path)
    numbers = {"digest": "weights/digits.safetensors", "fid": 0.1}
    kept = {**asdict(own("digits")), **numbers, "second_fid": 0.2}
    models = {"digits": kept}
    monkeypatch.setattr(quality, "read_json", lambda name: {"models": models})
    monkeypatch.setattr(quality, "judged", lambda setting, seeds: {"judged": len(seeds)})
    assert quality.kept("digits") == {**asdict(own("digits")), **numbers}
    assert quality.kept("class") == {"judged": 1}
    for other in ({"digest": "others"}, {"steps": 24}, {"guidance": 2.0}):
        models["digits"] = kept | other
        assert quality.kept("digits") == {"judged": 2}


@pytest.mark.parametrize(("floor", "expected"), [(0.5, {"digits": {}}), (0.6, {})])
def test_rows_stay_where_the_second_classifier_is_the_same(monkeypatch, floor, expected):
    record = {"models": {"digits": {}}, "second_floor": 0.5}
    monkeypatch.setattr(quality, "read_json", lambda name: record)
    assert quality.measured_before(SimpleNamespace(floor=floor)) == expected


def test_a_row_that_stands_is_not_measured_again(monkeypatch):
    monkeypatch.setattr(quality, "digest_of", lambda path: path)
    row = {**asdict(own("digits")), "digest": "weights/digits.safetensors", "fid": 0.1}
    second = SimpleNamespace(verdict=lambda images, asked: {"second_fid": 0.2})
    monkeypatch.setattr(quality, "drawn", lambda setting, seed: None)
    monkeypatch.setattr(quality, "labels_of", lambda setting: None)
    monkeypatch.setattr(quality, "judged", lambda setting, seeds: {"judged": len(seeds)})
    assert quality.of_model("digits", second, {"digits": row}) is row
    for before in ({}, {"digits": row | {"digest": "others"}}):
        found = quality.of_model("digits", second, before)
        assert found["judged"] == 2
        assert found["second_fid"] == 0.2


def test_every_model_that_generates_has_its_numbers(monkeypatch):
    assert "denoiser" not in quality.generators()
    monkeypatch.setattr(quality, "bundled_models", lambda: [*RECIPES])
    assert "digits-fast" not in quality.generators()  # it is judged as a student
    assert {"digits", "class", "time", "attention"} <= set(quality.generators())
    assert {"time", "class", "attention", "attention-class"} <= set(quality.LABELLED)
    pairs = [quality.LABELLED[a].steps == quality.LABELLED[b].steps
             for a, b in (("attention", "attention-class"), ("time", "class"))]  # fmt: skip
    assert all(pairs)


# --- times


def test_times_to_quality_are_epochs_at_the_measured_speeds():
    measured = {"digits": {"ours": 500.0}, "attention-class": {"ours": 1.0, "theirs": 250.0}}
    assert speeds.seconds_of(2, 20, 1000, measured) == {"ours": 4.0, "theirs": 80.0, "ratio": 0.05}


def test_digits_a_second_are_against_the_fewest_calls_and_against_all(monkeypatch):
    asked = []
    setting = {"sampler": "ancestral", "guidance": 1.0}
    record = {
        "reached": {"model": "digits", "steps": 3, **setting},
        "fewest": {"model": "attention-class", "steps": 50, **setting},
        "goal": {"steps": 1000},
    }
    monkeypatch.setattr(speeds, "read_json", {"rival": record}.__getitem__)
    monkeypatch.setattr(
        speeds, "load", lambda name, device: SimpleNamespace(
            sample=lambda labels, **how: asked.append((name, how["steps"]))
        )
    )  # fmt: skip
    monkeypatch.setattr(
        speeds, "paired", lambda first, second, pairs: {"ours": 0.5, "theirs": 4.0, "ratio": 0.125}
    )
    result = speeds.digits_per_second(torch.device("cpu"), 5, count=100)
    assert asked == [("digits", 3), ("attention-class", 50)]  # once each, to warm up
    assert result == {
        "ours": 200.0, "fewest": 25.0, "own": 1.25, "ratio_fewest": 8.0, "ratio_own": 160.0,
        "images": 100, "pairs": 5,
    }  # fmt: skip


def test_a_speed_is_the_median_of_at_least_five_pairs(call):
    code, _, error = call("bench", "training", "--pairs", "4")
    assert code == 2
    assert "--pairs must be at least 5, not 4" in error


def test_trainings_are_timed_of_models_that_come_with_the_package(monkeypatch):
    timed, row = [], {"ours": 2.0, "theirs": 1.0, "ratio": 2.0}
    monkeypatch.setattr(speeds, "our_way", lambda name, device, steps: timed.append(name) or 8.0)
    monkeypatch.setattr(speeds, "paired", lambda first, second, pairs: dict(row))
    table = speeds.training_speeds(torch.device("cpu"), 5)
    students = {name for name in bundled_models() if recipe(name).distillation}
    assert {*timed} == {*table} == {*bundled_models()} - students
    assert all(recipe(name).scaling.image == 28 for name in timed)  # the training digits' size
    training = recipe("digits").training
    hours = training.epochs * 55_000 / row["ours"] / 3600
    steps = round(10 * 8.0 / training.batch)
    assert table["digits"] == row | {"steps": steps, "hours": hours}


@pytest.mark.parametrize("name", ["live", "pages"])
def test_the_browser_is_measured_on_an_idle_machine(call, monkeypatch, name):
    measures = pytest.importorskip(f"scripts.workshop.{name.removesuffix('s')}_speeds")
    monkeypatch.setattr(measures, "chromium", lambda: "chromium")
    monkeypatch.setattr(shutil, "which", lambda program: program)
    monkeypatch.setattr(os, "getloadavg", lambda: (3.04, 1, 1))
    code, _, error = call("bench", name)
    assert code == 2
    assert "the machine is busy: its load is 3.0, and at most 1.5 is idle" in error
