"""The figures on disk are those of the manifest, and the manifest is that of the scripts."""

import hashlib
import json

import pytest
from PIL import Image

from scripts.workshop.manifest import read_manifest
from scripts.workshop.outcomes import compare
from scripts.workshop.records import ASSETS
from scripts.workshop.registry import FIGURES, register_all

register_all()
PUBLISHED = [*FIGURES]

RECORDS = read_manifest()


def test_every_registered_figure_has_a_record_and_every_record_a_figure():
    assert set(RECORDS) == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_record_is_true(name):
    figure, record = FIGURES[name], RECORDS[name]
    content = (ASSETS / record["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == record["sha256"]
    assert len(content) == record["bytes"] < 3_000_000
    assert record["inputs"] == json.loads(json.dumps(figure.inputs())), "rebuild this figure"
    assert [record[k] for k in ("caption", "made", "alt")] == [
        figure.caption, figure.made, figure.alt
    ]  # fmt: skip
    if not record["file"].endswith(".svg"):
        with Image.open(ASSETS / record["file"]) as image:
            assert image.size == (record["width"], record["height"])
    if record["still"]:
        with Image.open(ASSETS / record["still"]) as still:
            assert still.size == (record["width"], record["height"])


def test_no_picture_lies_about_without_a_record():
    known = {record[key] for record in RECORDS.values() for key in ("file", "still")} - {None}
    found = {p.relative_to(ASSETS).as_posix() for p in (ASSETS / "figures").rglob("*.*")}
    assert found == known


@pytest.mark.parametrize("name", PUBLISHED)
def test_words_are_whole_sentences(name):
    figure = FIGURES[name]
    for words in (figure.caption, figure.made, figure.alt):
        assert words.endswith(".")
        assert words[0].isupper()


def test_listing_and_checking(call):
    _, out, _ = call("figures", "--list")
    assert all(name in out for name in PUBLISHED)
    before = (ASSETS / "manifest.json").read_bytes()
    code, out, _ = call("figures", "noise-levels", "random-t", "--check")
    assert "noise-levels" in out
    # On the machine that made them the bytes are the same; elsewhere the check must say so.
    assert (code == 0) == (out.count(" same") == 2)
    assert (ASSETS / "manifest.json").read_bytes() == before


def test_the_table_tells_what_changed_and_why():
    record = RECORDS["noise-levels"]
    assert compare("x", None, record).change == "new"
    assert compare("x", record, record).change == "same"
    other = record | {"sha256": "0", "inputs": {"seed": 1}}
    assert compare("x", record, other).why == "other inputs"
    other = record | {"sha256": "0", "versions": record["versions"] | {"torch": "9"}}
    assert compare("x", record, other).why == "other versions"
    assert "script changed" in compare("x", record, record | {"sha256": "0"}).why
