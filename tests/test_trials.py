"""Tries are counted: cases, examples that hypothesis makes, and what failed."""

import pytest

from scripts.workshop.records import ROOT, read_json
from scripts.workshop.trials import ENDED, FIRST, KINDS, Counts, kind

SUITE = """
import pytest
from hypothesis import given, settings, strategies

@pytest.mark.parametrize("n", range(3))
def test_cases(n):
    assert n < 2

@settings(max_examples=7, database=None)
@given(strategies.integers())
def test_examples(n):
    pass

def test_a_kill():
    pass

@pytest.fixture
def broken():
    raise ValueError

def test_never_set_up(broken):
    pass
"""


def test_cases_and_examples_are_counted(tmp_path):
    (tmp_path / "test_finite.py").write_text(SUITE)
    counts = Counts()
    pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path], plugins=[counts])
    of = "numbers out of range"
    assert counts.tried == {of: 3 + 7 + 1, ENDED: 1}  # the test itself is counted once more
    assert counts.failed == {of: 2, ENDED: 0}


def test_every_kind_has_its_modules_and_its_row():
    record = read_json("trials")
    assert [*record["rows"]] == [*KINDS, ENDED]
    assert set(FIRST) <= set(record["rows"])
    for of, modules in KINDS.items():
        for name in modules:
            assert (ROOT / "tests" / f"test_{name}.py").is_file()
            assert kind(f"tests/test_{name}.py::test_x[kill]") == of
    assert record["total"]["failed"] == 0
    assert record["total"]["tried"] > 1000
