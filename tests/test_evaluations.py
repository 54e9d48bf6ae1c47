"""Evaluations of the network an image: counted from settings, and what the record says."""

import json

import pytest
import torch

from ddpm.sampling import SAMPLERS
from scripts.pages.leaderboard import few_steps
from scripts.workshop import evaluations as counting
from scripts.workshop import judge, samples
from scripts.workshop.costs import calls_of, evaluations_of
from scripts.workshop.evaluations import count_again, counted, evaluations
from scripts.workshop.records import read_json
from scripts.workshop.samples import own


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("guidance", [0.0, 1.0, 1.4])
def test_evaluations_are_what_the_network_is_asked(sampler, guidance, untrained, monkeypatch):
    asked, whole = [], untrained.network.forward
    monkeypatch.setattr(
        untrained.network, "forward", lambda x, *rest: asked.append(len(x)) or whole(x, *rest)
    )
    for steps in (1, 2, 5):
        asked.clear()
        untrained.sample(labels=[1, 2, 3], sampler=sampler, steps=steps, guidance=guidance)
        setting = own("digits", sampler=sampler, steps=steps, guidance=guidance)
        assert sum(asked) == 3 * evaluations_of(setting)
        assert evaluations_of(setting) in (calls_of(sampler, steps), 2 * calls_of(sampler, steps))


def test_a_model_without_labels_is_asked_once_a_step():
    assert evaluations_of(own("attention")) == 1000


def test_no_count_is_stale():
    kept = read_json("evaluations")
    del kept["how"]
    assert kept == evaluations(False)


def test_rows_of_which_more_was_done_are_left_out():
    results = {
        "schedules": {"starts": {"digits-noise": {}, "digits-half": {}}},
        "leaderboard": {"rows": {"heun-5": {"sampler": "heun", "calls": 5}}},
    }
    assert counted(results) == {
        "leaderboard": {"rows": {"heun-5": 10}},
        "schedules": {"starts": {"digits-noise": 50}},
    }


def test_the_record_is_written_when_rows_have_come(monkeypatch, tmp_path):
    results = {"leaderboard": {"rows": {"ddim-5": {"sampler": "ddim", "calls": 5}}}}
    path = tmp_path / "evaluations.json"
    monkeypatch.setattr(counting, "records", lambda: dict(results))
    monkeypatch.setattr(counting, "results_file", lambda name: path)
    assert count_again()
    results["evaluations"] = json.loads(path.read_text())
    assert results["evaluations"]["leaderboard"]["rows"] == {"ddim-5": 10}
    assert not count_again()
    results["leaderboard"]["rows"]["ddim-10"] = {"sampler": "ddim", "calls": 10}
    assert count_again()


def test_in_one_step_all_samplers_return_the_same_image(untrained):
    images = {
        name: untrained.sample(labels=[1, 2], sampler=name, steps=1, guidance=1.0)
        for name in few_steps.COMPARED
    }
    for image in images.values():
        assert (image - images["ddim"]).abs().max() < 1e-5


def test_few_steps_has_every_sampler_and_says_what_each_costs(monkeypatch):
    settings = few_steps.settings()
    for steps in (2, 3, 4):
        found = {s.sampler for s in settings.values() if (s.steps, s.guidance) == (steps, 1.4)}
        assert found == {*few_steps.COMPARED}
    assert {*few_steps.COMPARED} == {*SAMPLERS} - {"no-noise"}
    costs = {name: evaluations_of(setting) for name, setting in settings.items()}
    assert (costs["ddim-1"], costs["ddim-1-unguided"]) == (2, 1)
    assert (costs["heun-3"], costs["ancestral-4"], costs["dpm-solver-4-unguided"]) == (10, 8, 4)


def test_quick_measures_two_rows(monkeypatch, tmp_path, untrained):
    monkeypatch.setattr(samples, "load", lambda name, weights=None: untrained)
    monkeypatch.setattr(samples, "natural_labels", lambda count: torch.arange(4))
    monkeypatch.setattr(samples, "diversity", lambda *_: torch.tensor([3.0]))
    monkeypatch.setattr(samples, "verdict", lambda images, asked: {"fid": float(images.mean())})
    monkeypatch.setattr(few_steps, "COUNT", 4)
    monkeypatch.setattr(few_steps, "floor", lambda count: 0.1)
    for module in (judge, samples):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    found = few_steps.few_steps(True)
    assert [*found["rows"]] == ["ddim-1", "dpm-solver-2"]
    assert found["rows"]["dpm-solver-2"]["evaluations"] == 4
    assert found["count"] == 4
