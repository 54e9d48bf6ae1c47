"""One quantity, one number: the records agree, and what says how good samples are is declared."""

import copy
import re

import pytest

from ddpm.bundle import bundled_models
from ddpm.recipes import recipe
from scripts.workshop import numbers
from scripts.workshop.declared import DECLARED, OTHER, Rows, by_name, flagship, start, stated
from scripts.workshop.numbers import clashes, collect, records, together, undeclared
from scripts.workshop.registry import digest_of
from scripts.workshop.samples import Setting, own

MADE_UP = (
    Rows("first", "rows.*", stated),
    Rows("second", "best", stated),
    Rows("third", "rows.*", lambda name, row: (stated(name, row), "clamped")),
)
WITHOUT = {
    **dict.fromkeys(("ablation", "candidates", "epochs", "short_trainings"), "short trainings"),
    **dict.fromkeys(("exact", "two_pixels", "warmup"), "exact cases"),
    **dict.fromkeys(("networks", "times"), "untrained networks"),
    **dict.fromkeys(("claims", "evaluations", "facts"), "follow from the recipes and the others"),
    **dict.fromkeys(("assignment", "options", "sources", "trials"), "no model is sampled"),
    "bench": "speeds, and a training that is stopped",
    **dict.fromkeys(("live", "pages"), "speeds in a browser"),
    "classifier": "real digits",
    "large_hybrids": "models that are not bundled",
    "lengths": "a training with all its averages",
}
"""Records without digests of weights, and why they have none."""

ROW = {"model": "digits", "sampler": "ddim", "steps": 25, "guidance": 1.4}


def made_up():
    return {
        "first": {"rows": {"a": {**ROW, "accuracy": 0.9, "fid": 0.5}}, "count": 1000},
        "second": {"best": {**ROW, "accuracy": 0.9, "recall": 0.7}, "count": 1000},
        "third": {"rows": {"b": {**ROW, "accuracy": 0.8}}, "count": 1000},
    }


def test_two_values_of_one_quantity_are_found_and_named():
    results = made_up()
    assert clashes(collect(results, MADE_UP)) == []  # what else was done makes another quantity
    results["second"]["best"]["accuracy"] = 0.91
    (found,) = clashes(collect(results, MADE_UP))
    assert "0.9 in first#rows.a.accuracy, 0.91 in second#best.accuracy" in found


@pytest.mark.parametrize(
    ("name", "value"),
    [("steps", 26), ("guidance", 1.0), ("sampler", "heun"), ("weights", "raw"), ("count", 2000)],
)
def test_another_setting_or_count_is_another_quantity(name, value):
    results = made_up()
    results["second"]["best"] |= {"accuracy": 0.91, name: value}
    assert clashes(collect(results, MADE_UP)) == []


def test_a_set_of_weights_that_is_not_named_is_the_recipes():
    results = made_up()
    results["second"]["best"] |= {"accuracy": 0.91, "weights": "averaged"}
    assert len(clashes(collect(results, MADE_UP))) == 1


def test_the_first_record_gives_the_others_its_value(monkeypatch):
    monkeypatch.setattr(numbers, "DECLARED", MADE_UP)
    results = made_up()
    results["second"]["best"]["accuracy"] = 0.91
    assert together(results) == {"second"}
    assert results["second"]["best"]["accuracy"] == 0.9
    assert results["third"]["rows"]["b"]["accuracy"] == 0.8
    assert together(copy.deepcopy(results)) == set()


def test_a_number_that_is_not_declared_is_found():
    results = made_up() | {"fourth": {"rows": {"c": {"fid": 0.1, "count": 3}}}}
    found = undeclared(results)
    assert "fourth#rows.c.fid" in found
    assert not any(place.endswith("count") for place in found)


def test_names_of_rows_lead_to_settings():
    assert by_name("dpm-solver-5", {}) == own("digits", sampler="dpm-solver", steps=5)
    assert by_name("heun-10-uniform", {}) == own(
        "digits", sampler="heun", steps=5, spacing="uniform"
    )
    assert flagship("", {"sampler": "heun", "calls": 25}).steps == 13
    assert start("digits-noise", {}) == (own("digits"), "")
    assert start("class-matched", {}) == (
        Setting("class", "ancestral", 60, 5.0).whole(), "started matched",
    )  # fmt: skip


# --- the records themselves


def test_a_quantity_has_one_value_in_all_records():
    found = clashes(collect(records()))
    message = "measure one of them, or copy it: python -m scripts.evaluate --copy"
    assert not found, f"{message}:\n" + "\n".join(found)


def digests(value):
    """All digests in a record."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from digests(part)
    elif isinstance(value, str) and value.startswith("sha256:"):
        yield value


def test_records_are_of_the_weights_that_come_with_the_package():
    bundled = {digest_of(f"weights/{name}.safetensors") for name in bundled_models()}
    of_others = {name for name, record in records().items() if not {*digests(record)} <= bundled}
    # Those of every student that was trained.
    assert of_others <= {"students", "short_students", "samples_alone"}
    assert sum(bool({*digests(record)}) for record in records().values()) > 20


def test_a_record_says_its_weights_unless_it_has_none():
    """So that no record is left behind when a model is trained again."""
    known = {name for name, record in records().items() if not {*digests(record)}}
    assert known - WITHOUT.keys() == set(), "say the weights' digests, or why there are none"
    assert WITHOUT.keys() - known == set()


def test_the_record_of_networks_is_of_the_recipes_as_they_are():
    found = records()["networks"]["networks"]
    assert "resunet-large" in found
    for name, row in found.items():
        network = recipe(name).make_network()
        assert row["parameters"] == sum(p.numel() for p in network.parameters()), name


def test_every_number_that_says_how_good_samples_are_is_declared():
    found = undeclared(records())
    assert not found, "add a line to scripts/workshop/declared.py for:\n" + "\n".join(found)


def test_an_accuracy_is_of_a_thousand_samples():
    few = {
        shown.place: shown.key.count
        for shown in collect(records())
        if shown.key.quantity == "accuracy" and shown.key.count < 1000
    }
    assert few == {}


def test_the_declarations_are_of_places_that_differ():
    paths = [(rows.record, rows.path) for rows in DECLARED]
    assert len(set(paths)) == len(paths)
    assert all(re.match(r"\w+#", place) for place in OTHER)
