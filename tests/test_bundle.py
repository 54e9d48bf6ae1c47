"""A trained model is put among the package's own, as `train` left it."""

import json

import pytest
import torch

from ddpm.bundle import bundled_models
from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.recipes import recipe
from scripts import bundle
from scripts.workshop.records import measured_models


@pytest.fixture
def trained(tiny, tmp_path, monkeypatch):
    """A model of which both sets lie in `runs`, and a package and results to put it in."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "ddpm" / "weights").mkdir(parents=True)
    (tmp_path / "results" / "training").mkdir(parents=True)
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    monkeypatch.setattr(bundle, "RESULTS", tmp_path / "results")
    torch.manual_seed(0)
    model = Diffusion(tiny)
    model.save(tmp_path / "runs" / "tiny.safetensors", {"raw": tiny.make_network()})
    losses = dict.fromkeys(("train", "validation_raw", "validation_averaged"), 0.1)
    entry = {"epoch": 1, **losses, "seconds": 1.0, "images_per_second": 1.0}
    log = {"images": 55_000, "parameters": 1000, "epochs": [entry]}
    (tmp_path / "runs" / "tiny.json").write_text(json.dumps(log))
    return model


@pytest.mark.parametrize(("parameters", "sets"), [(1000, 2), (1_000_000, 1)])
def test_a_small_model_keeps_both_sets(call, trained, tmp_path, parameters, sets):
    log = tmp_path / "runs" / "tiny.json"
    log.write_text(json.dumps(json.loads(log.read_text()) | {"parameters": parameters}))
    assert call("bundle", "tiny", "--runs", tmp_path / "runs")[0] == 0
    bundled = tmp_path / "ddpm" / "weights" / "tiny.safetensors"
    kept = load(bundled).network.state_dict()
    for name, value in trained.network.state_dict().items():
        assert torch.equal(kept[name], value.half().float() if value.is_floating_point() else value)
    if sets == 2:
        assert load(bundled, weights="raw")
    else:
        with pytest.raises(ValueError, match="holds no weights"):
            load(bundled, weights="raw")
    assert json.loads((tmp_path / "results/training/tiny.json").read_text())["images"] == 55_000


def test_only_a_training_on_all_of_mnist_is_bundled(call, trained, tmp_path):
    log = tmp_path / "runs" / "tiny.json"
    log.write_text(json.dumps(json.loads(log.read_text()) | {"images": 4500}))
    code, _, error = call("bundle", "tiny", "--runs", tmp_path / "runs")
    assert code == 2
    assert "no log of a training on all of MNIST" in error
    assert not (tmp_path / "ddpm" / "weights" / "tiny.safetensors").exists()


def test_the_package_lists_what_was_measured():
    from importlib import resources

    file = resources.files("ddpm") / "weights" / "measured.json"
    assert json.loads(file.read_text("utf-8")) == measured_models()
    assert set(measured_models()["models"]) == {n for n in bundled_models() if recipe(n).T > 1}
