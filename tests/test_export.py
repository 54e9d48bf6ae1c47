"""Exported models: they answer as torch does, and their records say what they hold."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

import ddpm
from ddpm.bundle import weights_file
from ddpm.classifiers import load_classifier
from ddpm.data import held_out
from scripts.export import HELD_OUT, NAMES
from scripts.workshop.exporting import (
    TOLERANCE,
    answers,
    apart,
    difference,
    questions,
    write_onnx,
)
from scripts.workshop.provenance import sha256
from scripts.workshop.records import LIVE, live_classifier, live_models

onnx = pytest.importorskip("onnx")
MEGABYTES = 7


@pytest.mark.parametrize("name", NAMES)
def test_a_committed_model_answers_as_torch_does(name):
    model, path = ddpm.load(name, "cpu"), LIVE / f"{name}.onnx"
    assert difference(model, path, (1, 5)) <= TOLERANCE
    asked = questions(model.recipe, 2)
    other = asked | {"label": torch.full((2,), model.recipe.classes, dtype=torch.int32)}
    assert float((answers(path, asked) - answers(path, other)).abs().max()) > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_of_its_file_and_of_the_weights_of_now(name):
    record = live_models()[name]
    path = LIVE / record["file"]
    assert record["bytes"] == path.stat().st_size
    assert record["sha256"] == sha256(path)
    assert record["weights"] == f"sha256:{sha256(weights_file(name))}"
    recipe = json.loads(json.dumps(ddpm.recipe(name).to_dict()))
    assert record["recipe"].items() <= recipe.items()


def test_all_models_are_there_and_small():
    assert [*live_models()] == sorted(NAMES)
    assert {path.name for path in LIVE.iterdir()} == {
        "models.json",
        HELD_OUT,
        live_classifier()["file"],
        *(record["file"] for record in live_models().values()),
    }
    assert sum(record["bytes"] for record in live_models().values()) <= MEGABYTES * 1e6


def test_the_classifier_answers_as_torch_does():
    images = torch.stack([held_out(label) for label in range(10)])[:, None]
    path, record = LIVE / "classifier.onnx", live_classifier()
    assert apart(load_classifier(), {"x": images}, path) <= TOLERANCE
    assert answers(path, {"x": images}).argmax(1).tolist() == [*range(10)]
    assert record["sha256"] == sha256(path)
    assert record["bytes"] == path.stat().st_size <= 0.6e6


def test_the_held_out_digits_are_those_of_the_package():
    with Image.open(LIVE / HELD_OUT) as strip:
        pixels = torch.from_numpy(np.array(strip)).float() / 255
    assert torch.equal(pixels, torch.hstack([held_out(label) for label in range(10)]))


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_halved_and_no_origin_is_named(name):
    graph = onnx.load(LIVE / f"{name}.onnx").graph
    kept = [w for w in graph.initializer if w.data_type == onnx.TensorProto.FLOAT]
    halved = [w for w in graph.initializer if w.data_type == onnx.TensorProto.FLOAT16]
    assert sum(np.prod(w.dims) for w in kept) < 0.01 * sum(np.prod(w.dims) for w in halved)
    assert b".py" not in (LIVE / f"{name}.onnx").read_bytes()


def test_a_new_export_answers_as_torch_does(untrained, tmp_path):
    pytest.importorskip("onnxscript")
    write_onnx(untrained, tmp_path / "new.onnx")
    assert difference(untrained, tmp_path / "new.onnx") <= TOLERANCE
    untrained.network.head.bias.data += 1
    try:
        assert difference(untrained, tmp_path / "new.onnx") > 0.5
    finally:
        untrained.network.head.bias.data -= 1


def test_a_model_that_the_site_does_not_run_is_refused(refusal):
    said = refusal("export", "nothing")
    assert "unknown model 'nothing'; the site runs digits, digits-fast, classifier" in said
