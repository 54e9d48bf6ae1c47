"""`evaluate`: which measurements there are."""

import json

import pytest

from scripts import evaluate


def test_evaluate_lists_and_measures_nothing_unknown(call):
    assert "reading" in call("evaluate", "--list")[1]
    code, _, error = call("evaluate", "nothing")
    assert code == 2
    assert "unknown measurement 'nothing'" in error


def test_a_result_is_written_with_how_it_was_measured_and_a_quick_one_is_not(
    call, monkeypatch, tmp_path
):
    monkeypatch.setitem(evaluate.MEASUREMENTS, "six", lambda quick: {"six": 6, "quick": quick})
    monkeypatch.setattr(evaluate, "RESULTS", tmp_path)
    monkeypatch.setattr(evaluate, "copy_numbers", lambda: ["seven"])
    code, out, _ = call("evaluate", "six", "--quick")
    assert code == 0
    assert "'six': 6" in out
    assert list(tmp_path.iterdir()) == []
    assert "copied" not in out
    code, out, _ = call("evaluate", "six")
    assert code == 0
    assert out.endswith("copied numbers to seven\n")
    result = json.loads((tmp_path / "six.json").read_text())
    assert (result["six"], result["quick"]) == (6, False)
    assert result["how"]["command"] == "python -m scripts.evaluate six"
    assert {"seed", "device", "seconds", "versions"} <= result["how"].keys()


def test_copying_measures_nothing(call, monkeypatch):
    monkeypatch.setattr(evaluate, "MEASUREMENTS", {"six": lambda quick: pytest.fail("measured")})
    monkeypatch.setattr(evaluate, "register_all", lambda: None)
    monkeypatch.setattr(evaluate, "copy_numbers", lambda: ["seven"])
    assert call("evaluate", "--copy")[1] == "copied numbers to seven\n"


def test_without_a_name_what_needs_other_weights_is_skipped_with_a_line(
    call, monkeypatch, tmp_path
):
    def missing(quick):
        raise evaluate.NotHere("no weights 'runs/a.safetensors'")

    measurements = {"six": missing, "seven": lambda quick: {"seven": 7}}
    monkeypatch.setattr(evaluate, "MEASUREMENTS", measurements)
    monkeypatch.setattr(evaluate, "RESULTS", tmp_path)
    monkeypatch.setattr(evaluate, "register_all", lambda: None)
    monkeypatch.setattr(evaluate, "copy_numbers", list)
    monkeypatch.setattr(evaluate, "count_again", lambda: False)
    code, out, _ = call("evaluate")
    assert code == 0
    assert "six: skipped: no weights 'runs/a.safetensors'\n" in out
    assert [path.name for path in tmp_path.iterdir()] == ["seven.json"]
    code, _, error = call("evaluate", "six")
    assert code == 2
    assert error == "error: no weights 'runs/a.safetensors'\n"
