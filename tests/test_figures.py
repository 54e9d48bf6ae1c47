"""The figures on disk are those of the manifest, and the manifest is that of the scripts."""

import dataclasses
import hashlib
import json

import pytest
from PIL import Image

from ddpm.files import alone
from scripts import figures
from scripts.workshop import building, manifest
from scripts.workshop.building import known
from scripts.workshop.manifest import read_manifest
from scripts.workshop.outcomes import compare
from scripts.workshop.provenance import Code, reasons
from scripts.workshop.records import ASSETS, ROOT
from scripts.workshop.registry import FIGURES, Figure, register_all

register_all()
RECORDS = read_manifest()
PUBLISHED = [name for name, figure in FIGURES.items() if name in RECORDS or not figure.pipeline]
"""All but those that need weights from elsewhere and have not been made yet."""

CODE = Code()


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


@pytest.mark.parametrize("name", FIGURES)
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
    record = RECORDS["noise-levels"] | {"code": "sha256:1", "still_sha256": None}
    assert compare("x", None, record).change == "new"
    assert compare("x", record, record).change == "same"
    other = record | {"sha256": "0", "inputs": {"seed": 1}}
    assert compare("x", record, other).why == "other inputs"
    other = record | {"sha256": "0", "versions": record["versions"] | {"torch": "9"}}
    assert compare("x", record, other).why == "other versions"
    assert compare("x", record, record | {"sha256": "0", "code": "2"}).why == "other code"
    other = record | {"sha256": "0"}
    assert (
        compare("x", record, other, "up to 1 of 255").why == "same code and inputs; up to 1 of 255"
    )
    assert compare("x", record, record | {"still_sha256": "0"}).change == "changed"


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_figure_is_stale(name):
    record = RECORDS[name]
    assert reasons(record, known(FIGURES[name], record["file"], CODE), ASSETS) == []
    assert (ROOT / record["source"]).is_file()


DRAWN = []


def moving() -> list[Image.Image]:
    """A square that wanders over three frames."""
    DRAWN.append("moving")
    frames = [Image.new("L", (40, 30)) for _ in range(3)]
    for i, frame in enumerate(frames):
        frame.paste(GREY, (10 * i, 5, 10 * i + 8, 13))
    return frames


GREY = 255


@pytest.fixture
def one_figure(tmp_path, monkeypatch, call):
    """A project of one figure: calls the command, and returns (exit code, output, what it drew)."""
    figure = Figure("moving", "play", moving, "tests/test_figures.py", "See.", "Made.", "Square.")
    only = {"moving": figure}
    for module in (figures, building):
        monkeypatch.setattr(module, "FIGURES", only)
        monkeypatch.setattr(module, "register_all", lambda: None)
    for module in (figures, manifest):
        monkeypatch.setattr(module, "ASSETS", tmp_path)
    monkeypatch.setattr(building.pictures, "__defaults__", (tmp_path,))
    digest = ["sha256:1"]
    monkeypatch.setattr(Code, "digest", lambda *_: digest[0])
    (tmp_path / "manifest.json").write_text('{"figures": {}}')

    def run(*options, code=None, **words):
        DRAWN.clear()
        digest[0] = code or digest[0]
        only["moving"] = dataclasses.replace(only["moving"], **words)
        ended, out, _ = call("figures", *options)
        return ended, out, [*DRAWN]

    return run


def test_stale_draws_what_changed_and_nothing_else(one_figure, tmp_path):
    read = lambda: json.loads((tmp_path / "manifest.json").read_text())["figures"]["moving"]  # noqa: E731
    code, out, drew = one_figure("--stale", "--check")
    assert (code, drew) == (1, [])
    assert "moving                       new\n1 of 1 figures are stale" in out
    code, out, drew = one_figure("--stale")
    assert (code, drew) == (0, ["moving"])
    first = read()
    assert first["code"] == "sha256:1"

    code, out, drew = one_figure("--stale")
    assert (code, out, drew) == (0, "0 of 1 figures are stale\n", [])
    assert one_figure("--stale", "--check")[0] == 0
    assert read() == first

    code, out, drew = one_figure("--stale", caption="Look.")
    assert (code, drew) == (0, [])
    assert "words" in out
    assert read() == first | {"caption": "Look."}

    code, out, drew = one_figure("--stale", code="sha256:2")
    assert (code, drew) == (0, ["moving"])
    assert "moving                       code\n" in out
    assert read()["code"] == "sha256:2"

    (tmp_path / first["still"]).unlink()
    assert one_figure("--stale", "--check")[:2] == (
        1, "moving                       still missing\n1 of 1 figures are stale\n"
    )  # fmt: skip
    assert one_figure("--stale")[2] == ["moving"]
    assert (tmp_path / first["still"]).is_file()


def test_a_second_run_is_told_and_what_kills_left_is_cleared(one_figure, call, tmp_path):
    left = tmp_path / "figures" / "play" / ".moving-abcdefgh.partial.gif"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half of")
    with alone(tmp_path / "manifest.json", "a test writes"):
        code, _, error = call("figures")
        assert (code, error.count("\n")) == (2, 1)
        assert "another run writes" in error
        assert "manifest.json" in error
        assert call("figures", "--list")[0] == 0
        assert one_figure("--check")[0] == 1  # which writes nothing, and finds it new
        assert left.exists()
    assert one_figure()[:1] == (0,)
    names = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert names == ["manifest.json", "moving.gif", "moving.still.png"]


def test_a_changed_picture_says_by_how_much_and_leaves_no_old_one(
    one_figure, tmp_path, monkeypatch
):
    one_figure()
    monkeypatch.setitem(globals(), "GREY", 200)
    code, out, _ = one_figure("--check")
    assert code == 1
    assert "changed: same code and inputs; up to 51 of 255 in 5.3% of the pixels; still: up" in out
    assert "up to 51 of 255" in one_figure()[1]
    assert " same" in one_figure()[1]
    one_figure(section="games")
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert files == ["figures/games/moving.gif", "figures/games/moving.still.png", "manifest.json"]
