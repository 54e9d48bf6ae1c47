"""The assignment's two versions: nothing is given away, and nothing is out of date."""

import re

import pytest

pytest.importorskip("nbgrader", reason="the group `assignment` is not installed")

import nbformat

from ddpm.checks import Mistake
from scripts import assignment as builder
from scripts.workshop.assignment import (
    FOLDER,
    SOURCE,
    TOTAL,
    read_source,
    score_sheet,
    student_version,
)

TEXT = SOURCE.read_text()
BLOCK = r"### BEGIN {0}\n(.*?)\n[# ]*### END {0}"


def hidden() -> list[str]:
    """Every line that students must not see."""
    blocks = [m for kind in ("SOLUTION", "HIDDEN TESTS")
              for m in re.findall(BLOCK.format(kind), TEXT, re.DOTALL)]  # fmt: skip
    blocks += re.findall(r'tags=\["grading"\]\n(.*?)\n# %%', TEXT, re.DOTALL)
    lines = [line.removeprefix("# ").strip() for block in blocks for line in block.split("\n")]
    return [line for line in lines if len(line) > 3]


@pytest.fixture(scope="module")
def source():
    return read_source()


@pytest.fixture(scope="module")
def student(source):
    return student_version(source)


@pytest.fixture(scope="module")
def sheet(source):
    return score_sheet(source)


def everything(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells)


def cells(notebook, kind) -> dict:
    return {
        cell.id.partition("-")[2]: cell for cell in notebook.cells if cell.id.startswith(f"{kind}-")
    }


def test_the_student_version_gives_nothing_away(student):
    text, lines = everything(student), hidden()
    assert len(lines) > 80
    # `return x` and the like could stand anywhere; what is long enough to be an answer must not.
    assert [line for line in lines if len(line) > 12 and line in text] == []
    for word in ("SOLUTION", "HIDDEN", "Grading", "@"):
        assert word not in text.replace("@torch.no_grad", "")


def test_the_score_sheet_has_everything_but_the_markers(sheet):
    text = everything(sheet)
    assert [line for line in hidden() if line not in text] == []
    assert re.search(r"BEGIN|END |YOUR (CODE|ANSWER) HERE\n|NotImplemented", text) is None
    assert sheet.cells[0].source.startswith("# A diffusion model of your own: the score sheet\n")


def test_points_are_those_of_course_a_and_stand_in_the_headings(source, student):
    worth = {
        cell.id.partition("-")[2]: cell.metadata.nbgrader.points
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("points")
    }
    assert sum(worth.values()) == TOTAL == 42
    answers = cells(source, "answer")
    assert sum(worth[name] for name in answers) == 29
    assert len(answers) == 23
    text = everything(student)
    headings = [int(n) for n in re.findall(r"^### .*\((\d+) points?\)$", text, re.M)]
    assert headings == list(worth.values())
    assert "**42 points**" in student.cells[0].source


def test_blanks_are_open_and_checks_are_locked(student):
    tasks, checks = cells(student, "task"), cells(student, "check")
    assert tasks.keys() == checks.keys()
    for cell in tasks.values():
        assert cell.source.endswith("# YOUR CODE HERE\n    raise NotImplementedError()")
        assert cell.metadata.get("editable", True)
    for cell in checks.values():
        assert cell.metadata.editable is False
        assert cell.metadata.nbgrader.checksum
    for cell in cells(student, "answer").values():
        assert cell.source.endswith("YOUR ANSWER HERE")


def test_each_check_fails_until_its_own_blank_is_filled_in(student, sheet):
    """Every blank by itself, the others being filled in."""
    setup = next(c.source for c in sheet.cells if "import torch" in c.source)
    solved, blank = cells(sheet, "task"), cells(student, "task")
    checks = cells(student, "check")
    for left in (None, *blank):
        scope: dict = {}
        exec(setup, scope)
        for name in solved:
            exec((blank if name == left else solved)[name].source, scope)
        if left is None:
            for cell in checks.values():
                exec(cell.source, scope)
        else:
            with pytest.raises((NotImplementedError, Mistake)):
                exec(checks[left].source, scope)


def test_committed_notebooks_are_those_of_the_source(sheet, call):
    assert call("assignment", "--check")[0] == 0
    kept = nbformat.read(FOLDER / "score-sheet.ipynb", nbformat.NO_CONVERT)
    assert [cell.source for cell in kept.cells] == [cell.source for cell in sheet.cells]
    outputs = [out for cell in kept.cells if cell.cell_type == "code" for out in cell.outputs]
    assert [out for out in outputs if out.output_type == "error"] == []
    pictures = [out for out in outputs if "image/png" in out.get("data", {})]
    assert len(pictures) >= 7
    assert all(out.metadata["image/png"]["alt"].endswith(".") for out in pictures)


WRONG = {
    "points": (" points=3", " points=4", "points, not 42"),
    "no check": ('check="loss" points=1', 'check="lost" points=1', "no check with points"),
    "twice": ('task="step"', 'task="loop"', "uses a name twice"),
}


@pytest.mark.parametrize(("old", "new", "words"), WRONG.values(), ids=WRONG)
def test_a_faulty_source_is_refused(old, new, words, tmp_path):
    path = tmp_path / "source.py"
    path.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(ValueError, match=words):
        read_source(path)


def test_a_source_that_has_moved_on_is_noticed(monkeypatch, tmp_path, call):
    path = tmp_path / "source.py"
    path.write_text(TEXT.replace("# ## Part 1: the forward", "# ## Part 1: the first"))
    monkeypatch.setattr(builder, "read_source", lambda: read_source(path))
    code, out, error = call("assignment", "--check")
    assert code == 2
    assert out == ""
    assert "build it" in error
