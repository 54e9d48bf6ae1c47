"""What a checkpoint, a log and the manifest say is checked before it is believed."""

import dataclasses
import gc
import json
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from ddpm.checkpoints import Run
from ddpm.classifiers import load_classifier
from ddpm.recipes import DIGITS
from ddpm.training import train
from ddpm.trainings import images_of, log_of
from scripts.workshop import manifest, records


@pytest.fixture
def trained(tiny, digits, tmp_path):
    """A run of one epoch and its checkpoint."""
    run = Run.start(tiny)
    for _ in train(run, digits[:50], digits[:10], 1):
        pass
    run.save(tmp_path / "good.safetensors")
    return run, tmp_path / "good.safetensors"


def parts(path):
    with safe_open(path, "pt") as file:
        return file.metadata(), {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118


def refused(run, path):
    """Why a checkpoint is refused, in one printable line; the run stays as it was."""
    fresh = Run.start(run.recipe)
    before = {k: v.clone() for k, v in fresh.network.state_dict().items()}
    with pytest.raises(ValueError, match="is no checkpoint of a training: ") as caught:
        fresh.restore(path)
    assert str(caught.value).isprintable()
    assert fresh.log == []
    assert all(torch.equal(before[k], v) for k, v in fresh.network.state_dict().items())
    return str(caught.value)


def test_damaged_checkpoints_are_refused_and_change_nothing(trained, tmp_path):
    run, path = trained
    header, tensors = parts(path)
    bad = tmp_path / "bad.safetensors"
    entry = json.loads(header["log"])[0]
    logs = [
        "", "{", "{}", "null", "[3]", "[{}]", '["\x1b[2J"]', "[" * 10**4,
        *(json.dumps([entry | {key: value}]) for key in entry for value in (None, "x", [1])),
        json.dumps([entry | {"train": float("nan")}]),
        json.dumps([entry, entry]), json.dumps([entry | {"epoch": 2}]),
    ]  # fmt: skip
    for log in logs:
        save_file(tensors, bad, header | {"log": log})
        refused(run, bad)
    for recipe in ("", "{", "[]", "{}", "3"):
        save_file(tensors, bad, header | {"recipe": recipe})
        refused(run, bad)
    for missing in ("recipe", "log"):
        save_file(tensors, bad, {k: v for k, v in header.items() if k != missing})
        assert f"its header lacks '{missing}'" in refused(run, bad)
    save_file(tensors, bad)
    refused(run, bad)


def test_tensors_of_a_checkpoint_are_checked(trained, tmp_path):
    run, path = trained
    header, tensors = parts(path)
    bad = tmp_path / "bad.safetensors"
    for name in ("network/head.weight", "averaged/head.weight", "optimizer/0/exp_avg_sq"):
        ours = tensors[name]
        for other in (None, ours.flatten()[:-1], ours.int(), ours * float("nan"), ours / 0):
            kept = tensors | {name: other}
            save_file({k: v for k, v in kept.items() if v is not None}, bad, header)
            assert name in refused(run, bad)
    save_file(
        tensors | {"optimizer/0/exp_avg_sq": -1 - tensors["optimizer/0/exp_avg"]}, bad, header
    )
    assert "negative" in refused(run, bad)
    save_file(tensors | {"optimizer/999/step": torch.ones(())}, bad, header)
    assert "optimizer/999/step" in refused(run, bad)


@settings(
    max_examples=50,
    deadline=20_000,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_checkpoint_with_changed_bytes_is_restored_or_refused(data, trained, tmp_path):
    run, path = trained
    content = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, header - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "bad.safetensors").write_bytes(content[: data.draw(st.none() | st.integers(0))])
    try:
        Run.start(run.recipe).restore(tmp_path / "bad.safetensors")
    except ValueError as error:
        assert str(error).isprintable()


def test_a_checkpoint_before_the_first_epoch_is_restored(tiny, tmp_path):
    run = Run.start(tiny)
    run.save(tmp_path / "first.safetensors")
    other = Run.start(tiny)
    other.restore(tmp_path / "first.safetensors")
    assert other.epoch == 0


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="a list of maps is Linux's")
def test_a_restored_checkpoint_is_not_left_mapped(trained):
    run, path = trained
    other = Run.start(run.recipe)
    other.restore(path)
    assert other.epoch == 1
    gc.collect()  # other tests read the same file, and pytest keeps their errors for a while
    assert path.name not in Path("/proc/self/maps").read_text()


def test_a_recipe_that_no_file_may_hold_is_refused_before_the_training():
    with pytest.raises(ValueError, match="T: input should be less than or equal to 10000"):
        Run.start(dataclasses.replace(DIGITS, T=20_000))


LOGS = ["", "{", "[]", "3", "{}", '{"images": 5}', '{"images": NaN}', "\udcff", "[" * 10**5]


@pytest.mark.parametrize("text", LOGS)
def test_a_damaged_log_is_named(text, tmp_path):
    (tmp_path / "x.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=r"x\.json' is no log of a training") as caught:
        records.read_log(tmp_path / "x.json")
    assert str(caught.value).isprintable()
    assert images_of(tmp_path / "x.json") is None  # not a training's: `Outputs.check` refuses it


def test_a_damaged_log_of_a_training_is_not_gone_on_with(trained, tmp_path):
    log = log_of(trained[0], torch.device("cpu"), 50, 1)
    (tmp_path / "x.json").write_text(json.dumps(log | {"images": -1}))
    with pytest.raises(ValueError, match=r"x\.json' is no log of a training: images"):
        images_of(tmp_path / "x.json")


def test_a_log_is_read(trained, tmp_path):
    run, _ = trained
    log = log_of(run, torch.device("cpu"), 50, 1)
    (tmp_path / "x.json").write_text(json.dumps(log))
    assert images_of(tmp_path / "x.json") == 50
    assert images_of(tmp_path / "y.json") is None
    with pytest.raises(ValueError, match="no log of a training on all of MNIST"):
        records.read_log(tmp_path / "x.json")


def test_a_damaged_manifest_or_results_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "ASSETS", tmp_path)
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    assert manifest.read_manifest() == {}
    good = next(
        iter(json.loads((records.ASSETS / "manifest.json").read_text())["figures"].values())
    )
    for text in (
        "",
        "{",
        "[]",
        '{"figures": []}',
        '{"figures": {"a": {}}}',
        json.dumps({"figures": {"a": good | {"file": 3}}}),
        json.dumps({"figures": {"a": good | {"inputs": None}}}),
    ):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(ValueError, match=r"manifest\.json' is no manifest of figures: "):
            manifest.read_manifest()
    for file in ("../x.png", "/x.png"):
        (tmp_path / "manifest.json").write_text(
            json.dumps({"figures": {"a": good | {"file": file}}})
        )
        with pytest.raises(ValueError, match="names a file outside of its folder for 'a'"):
            manifest.read_manifest()
    (tmp_path / "quality.json").write_text("{")
    with pytest.raises(ValueError, match=r"quality\.json' is no results file: "):
        records.read_json("quality")


def test_a_damaged_classifier_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "classifier"
    folder.mkdir()
    (folder / "classifier.safetensors").write_bytes(b"not weights")
    monkeypatch.setattr("ddpm.classifiers.resources.files", lambda _: tmp_path)
    with pytest.raises(ValueError, match="holds no classifier"):
        load_classifier()
