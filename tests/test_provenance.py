"""A figure is stale when what it reaches has changed, and only then."""

import pytest

from scripts.workshop.provenance import Code, reasons
from scripts.workshop.registry import FIGURES, register_all

FILES = {
    "scripts/__init__.py": "",
    "scripts/page.py": '''
        """Two figures."""
        import math as m
        from scripts import look, tools
        from scripts.tools import SIZES, grid as lattice
        from scripts.workshop.registry import figure

        COUNT: int = 3
        TABLE = {}
        TABLE["a"] = COUNT

        @figure("one", "page", caption="See.", settings={"seed": 0}, milliseconds=80)
        def one():
            """One."""
            return helper(lattice(2))

        def helper(cells: list[int]):
            # how many
            return [look.sheet(cell, TABLE) for cell in cells] + [m.pi]

        @figure("two", "page", caption="See, too.")
        def two(helper=None):
            one = 2  # not the other figure
            return [tools for tools in range(one)], look

        def family(name):
            @figure(name, "page", caption=name)
            def inner():
                return SIZES[name]
    ''',
    "scripts/tools.py": '''
        def grid(n):
            return [unit() for _ in range(n)]

        def unit():
            return 1

        SIZES = {"small": 1}
    ''',
    "scripts/look.py": '''
        import matplotlib
        matplotlib.use("agg")

        class Card:
            """A card."""
            def write(self):
                return INK

        INK = "grey"

        def sheet(cell, table):
            return Card()

        def unused():
            return 0
    ''',
}  # fmt: skip


@pytest.fixture
def digests(tmp_path):
    """The digests of the figures after edits (file, old, new), each of which must apply."""

    def digests(*edits):
        for name, text in FILES.items():
            for file, old, new in edits:
                if name == f"scripts/{file}.py":
                    assert old in text
                    text = text.replace(old, new)
            (tmp_path / "scripts").mkdir(exist_ok=True)
            indent = "        "
            (tmp_path / name).write_text(
                "\n".join(line.removeprefix(indent) for line in text.splitlines())
            )
        code = Code(tmp_path)
        return {name: code.digest(("scripts.page", name)) for name in ("one", "two", "family")}

    return digests


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("page", "lattice(2)", "lattice(3)", ["one"]),
        ("page", "[m.pi]", "[m.e]", ["one"]),
        ("page", "import math as m", "import cmath as m", ["one"]),
        ("page", "COUNT: int = 3", "COUNT: int = 4", ["one"]),
        ("page", 'TABLE["a"]', 'TABLE["b"]', ["one"]),
        ("page", "milliseconds=80", "milliseconds=90", ["one"]),
        ("page", "one = 2", "one = 3", ["two"]),
        ("page", "SIZES[name]", "SIZES.get(name)", ["family"]),
        ("tools", "return 1", "return 2", ["one"]),
        ("tools", '"small": 1', '"small": 2', ["family"]),
        ("look", '"agg"', '"svg"', ["one", "two"]),
        ("look", '"grey"', '"black"', ["one", "two"]),
        ("look", "return 0", "return 1", ["two"]),  # which takes all of the module
        ("page", "helper=None", "helper=COUNT", ["two"]),
        # What does not change a picture:
        ("page", '"""One."""', '"""The first."""', []),
        ("look", '"""A card."""', "", []),
        ("page", "# how many", "# how many of them\n", []),
        ("page", "cells: list[int]", "cells: tuple[int, ...]", []),
        ("page", "COUNT: int = 3", "COUNT: float = (\n            3\n        )", []),
        ("page", "See.", "Look.", []),
        ("page", '"seed": 0', '"seed": 1', []),
    ],
)
def test_what_a_figure_reaches_is_its_code(digests, file, old, new, stale):
    before, after = digests(), digests((file, old, new))
    assert [name for name in before if before[name] != after[name]] == stale


def test_moving_a_definition_changes_nothing(digests):
    unit = "def unit():\n            return 1\n"
    moved = (
        ("tools", unit, "from scripts.page import unit\n"),
        ("page", "TABLE = {}", f"TABLE = {{}}\n        {unit}"),
    )
    assert digests(*moved) == digests()
    edited = digests(*moved, ("page", "return 1", "return 2"))
    assert [name for name, digest in digests().items() if digest != edited[name]] == ["one"]


def test_a_name_that_now_means_another_definition_changes_the_code(digests):
    """Both functions are reached before and after, only by each other's names."""
    swap = (
        "page",
        "from scripts.tools import SIZES, grid as lattice",
        "from scripts.tools import SIZES, unit as lattice",
    )
    assert digests()["one"] != digests(swap)["one"]


def test_circles_end_and_packages_resolve(tmp_path):
    (tmp_path / "ddpm").mkdir()
    (tmp_path / "ddpm" / "__init__.py").write_text("from ddpm.a import f\nfrom . import b\n")
    (tmp_path / "ddpm" / "a.py").write_text("from .b import g\ndef f():\n    return g()\n")
    (tmp_path / "ddpm" / "b.py").write_text(
        "def g():\n    import ddpm.a\n    return ddpm.a.f, h\n"
        "try:\n    from fast import h\nexcept ImportError:\n    h = None\n"
        "def user():\n    import ddpm\n    return ddpm.f()\n"
    )
    code = Code(tmp_path)
    assert code.reach(("ddpm.a", "f")) >= {("ddpm.a", "f"), ("ddpm.b", "g")}
    assert ("ddpm.b", "g") in code.reach(("ddpm.b", "user"))


def test_what_is_not_there_has_no_digest(digests, tmp_path):
    digests()
    for place in (("scripts.page", "three"), ("scripts.none", "one"), ("json", "loads")):
        with pytest.raises(
            ValueError, match=f"there is no '{place[1]}' in the module '{place[0]}'"
        ):
            Code(tmp_path).digest(place)


def test_the_real_figures_reach_what_draws_them():
    register_all()
    code = Code()
    reached = code.reach(FIGURES["inpaint-labels"].code())
    assert ("ddpm.sampling", "sample") in reached
    assert ("ddpm.viz", "sheet") in reached
    assert ("ddpm.viz", "matrix") not in reached
    curve = code.reach(FIGURES["signal-and-noise"].code())
    assert ("ddpm.schedule", "NoiseSchedule") in curve
    assert {name for module, name in curve if module == "ddpm.sampling"} <= {"Noise"}


@pytest.fixture
def drawn(tmp_path):
    """A record, what it would say now, and the folder of its files."""
    import hashlib

    words = {"caption": "A.", "made": "B.", "alt": "C.", "script": "d", "source": "e"}
    inputs = {"seed": 0, "times": [1, 2], "weights": {"m": "1"}, "results": {"r": "1"}}
    known = {"section": "s", **words, "code": "sha256:1", "inputs": inputs}
    files = {"file": "x.gif", "still": "x.still.png"}
    for path in files.values():
        (tmp_path / path).write_bytes(b"picture")
    digest = hashlib.sha256(b"picture").hexdigest()
    record = known | files | {"sha256": digest, "still_sha256": digest, "device": "old"}
    return record, known | {"inputs": inputs | {"times": (1, 2)}}, tmp_path


def test_what_is_as_recorded_is_not_stale(drawn):
    assert reasons(*drawn) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"code": "sha256:2"}, ["code"]),
        ({"caption": "Z."}, ["words"]),
        ({"source": "f"}, ["words"]),
        ({"section": "t"}, ["section"]),
        (
            {"inputs": {"seed": 1, "times": [1, 2], "weights": {"m": "1"}, "results": {"r": "1"}}},
            ["settings"],
        ),
        (
            {"inputs": {"seed": 0, "times": [1, 2], "weights": {"m": "2"}, "results": {"r": "1"}}},
            ["weights of m"],
        ),
        ({"inputs": {"seed": 0, "times": [1, 2], "weights": {"m": "1"}}}, ["results r"]),
        ({"code": "sha256:2", "alt": "Z."}, ["code", "words"]),
    ],
)
def test_why_a_figure_is_stale(drawn, change, why):
    record, now, folder = drawn
    assert reasons(record, now | change, folder) == why


def test_files_that_are_gone_or_touched_are_stale(drawn):
    record, now, folder = drawn
    assert reasons(None, now, folder) == ["new"]
    (folder / "x.still.png").write_bytes(b"other")
    assert reasons(record, now, folder) == ["still changed"]
    (folder / "x.gif").unlink()
    assert reasons(record, now, folder) == ["file missing", "still changed"]
    assert reasons(record | {"still": None}, now, folder) == ["file missing"]
    del record["code"]
    assert reasons(record, now, folder)[0] == "code"
