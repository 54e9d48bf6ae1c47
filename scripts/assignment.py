"""Builds the assignment: a student version and a score sheet from one notebook with markers.

The source, `docs/assignment/source.py`, holds the solutions between `### BEGIN SOLUTION` and
`### END SOLUTION` and the hidden tests between like markers. nbgrader's preprocessors take them
out for students; the score sheet keeps what they take out, and is run from top to bottom.
"""

from __future__ import annotations

from ddpm.commands.program import run
from ddpm.devices import default_device
from ddpm.files import write_json
from ddpm.records import how
from scripts.workshop.assignment import (
    FOLDER,
    LONGEST,
    TOTAL,
    execute,
    failed,
    process,
    read_source,
    score_sheet,
    student_version,
    write,
)
from scripts.workshop.records import RESULTS
from scripts.workshop.registry import SEED


def assignment(check: bool = False) -> None:
    """Builds both versions of the assignment, runs them, and writes them for the site.

    The score sheet must run without a fault within five minutes, and every check of the student
    version must fail as long as nothing is filled in.

    Args:
        check: only see whether the committed student version is that of the source; nothing is
            run or written.
    """
    source = read_source()
    student, sheet = student_version(source), score_sheet(source)
    if check:
        import nbformat

        if not (FOLDER / "student.ipynb").is_file() or nbformat.read(
            FOLDER / "student.ipynb", nbformat.NO_CONVERT
        ) != nbformat.from_dict(student):
            raise ValueError("docs/assignment/student.ipynb is not that of source.py: build it")
        print("the student version is that of the source")
        return

    empty = process(student, [])
    execute(empty, allow_errors=True)
    outcome = failed(empty)
    if passed := [name for name, wrong in outcome.items() if not wrong]:
        raise ValueError(f"the check '{passed[0]}' passes although nothing is filled in")
    print(f"student version: all {len(outcome)} checks fail until it is filled in")

    seconds = execute(sheet)
    if seconds > LONGEST:
        raise ValueError(f"the score sheet took {seconds:.0f} s, more than {LONGEST}")
    print(f"score sheet: ran in {seconds:.0f} s")
    write(student, FOLDER / "student.ipynb")
    write(sheet, FOLDER / "score-sheet.ipynb")
    tasks = {
        cell.id.partition("-")[2]: cell.metadata.nbgrader.points
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    results = {"points": TOTAL, "tasks": tasks, "checks": len(outcome), "seconds": seconds}
    record = how(default_device(), SEED, seconds)
    write_json(RESULTS / "assignment.json", {**results, "how": record})


if __name__ == "__main__":
    run(assignment)
