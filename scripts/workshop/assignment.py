"""The assignment's three notebooks: how they are made of their one source, run and written."""

from __future__ import annotations

import copy
import re
import time
from pathlib import Path
from typing import Any

from ddpm.files import atomic
from scripts.workshop.records import ROOT

FOLDER = ROOT / "docs" / "assignment"


SOURCE = FOLDER / "source.py"


TOTAL = 42
"""The points of course A's assignment."""


LONGEST = 300
"""Seconds that the solutions may take on a CPU."""


Notebook = Any
"""An `nbformat.NotebookNode`: its cells have attributes and are dictionaries at once."""


def read_source(path: Path = SOURCE) -> Notebook:
    """The source as a notebook with nbgrader's metadata, and the points in its headings.

    Raises:
        ValueError: a name is used twice, a task has no check, or the points are not 42 in all.
    """
    import jupytext

    notebook = jupytext.read(path, fmt="py:percent")
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "raw"]  # its header
    points: dict[str, int] = {}
    names: list[tuple[str, str]] = []
    for number, cell in enumerate(notebook.cells):
        marks = {k: cell.metadata.pop(k) for k in ("task", "check", "answer") if k in cell.metadata}
        worth = cell.metadata.pop("points", None)
        cell.metadata.pop("lines_to_next_cell", None)
        cell.id = f"cell-{number}"
        if not marks:
            continue
        ((kind, name),) = marks.items()
        names.append((kind, name))
        if worth is not None:
            points[name] = worth
        cell.id = f"{kind}-{name}"
        cell.metadata["nbgrader"] = {
            "schema_version": 3,
            "grade_id": cell.id,
            "solution": kind != "check",
            "grade": kind != "task",
            "locked": kind == "check",
            "task": False,
            **({"points": worth} if kind != "task" else {}),
        }
    if len(set(names)) < len(names):
        raise ValueError(f"'{path}' uses a name twice")
    if lacking := [name for kind, name in names if kind == "task" and name not in points]:
        raise ValueError(f"'{path}' has no check with points for '{lacking[0]}'")
    if sum(points.values()) != TOTAL:
        raise ValueError(f"'{path}' has {sum(points.values())} points, not {TOTAL}")
    said = {name: str(worth) for name, worth in points.items()} | {"total": str(TOTAL)}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"@([a-z]+)", lambda word: said[word[1]], cell.source)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }
    return notebook


# --8<-- [start:versions]
def student_version(notebook: Notebook) -> Notebook:
    """Without solutions, hidden tests and grading notes; cells that check are locked."""
    from nbconvert.preprocessors import TagRemovePreprocessor
    from nbgrader import preprocessors

    steps = [
        TagRemovePreprocessor(remove_cell_tags={"grading"}),
        preprocessors.ClearSolutions(),
        preprocessors.ClearHiddenTests(),
        preprocessors.ClearOutput(),
        preprocessors.LockCells(),
        preprocessors.ComputeChecksums(),
        preprocessors.CheckCellMetadata(),
    ]
    return process(notebook, steps)


def grader_version(notebook: Notebook) -> Notebook:
    """What nbgrader makes the student version of: with its markers, without notes and outputs."""
    from nbconvert.preprocessors import ClearOutputPreprocessor, TagRemovePreprocessor

    notes = TagRemovePreprocessor(remove_cell_tags={"grading"})
    return process(notebook, [notes, ClearOutputPreprocessor()])


def score_sheet(notebook: Notebook) -> Notebook:
    """With everything, but for the lines that mark what students do not see."""
    from nbconvert.preprocessors import Preprocessor

    class StripMarkers(Preprocessor):
        def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
            marker = re.compile(r"\s*### (BEGIN|END) (SOLUTION|HIDDEN TESTS)")
            lines = [line for line in cell.source.split("\n") if not marker.match(line)]
            cell.source = "\n".join(lines)
            return cell, resources

    sheet = process(notebook, [StripMarkers()])
    sheet.cells[0].source = sheet.cells[0].source.replace("\n", ": the score sheet\n", 1)
    return sheet
    # --8<-- [end:versions]


def process(notebook: Notebook, preprocessors: list[Any]) -> Notebook:
    """A copy of the notebook that has gone through all of them."""
    notebook = copy.deepcopy(notebook)
    resources: dict[str, Any] = {}
    for preprocessor in preprocessors:
        preprocessor.enabled = True
        notebook, resources = preprocessor(notebook, resources)
    return notebook


def execute(notebook: Notebook, allow_errors: bool = False) -> float:
    """Runs a notebook in a fresh kernel, in place; the seconds that it took.

    Raises:
        ValueError: a cell fails, which is named.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    started = time.perf_counter()
    client = NotebookClient(
        notebook,
        timeout=LONGEST,
        record_timing=False,
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(ROOT)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise ValueError(f"the score sheet fails: {str(error)[-400:]}") from error
    notebook.metadata.pop("language_info", None)
    return time.perf_counter() - started


def failed(notebook: Notebook) -> dict[str, bool]:
    """For each check of an executed notebook, whether it failed."""
    return {
        cell.id.removeprefix("check-"): any(out.output_type == "error" for out in cell.outputs)
        for cell in notebook.cells
        if cell.id.startswith("check-")
    }


def write(notebook: Notebook, path: Path) -> None:
    """Writes a valid notebook, all or nothing."""
    import nbformat

    nbformat.validate(notebook)
    with atomic(path) as file:
        nbformat.write(notebook, file)
