"""Builds the assignment: three notebooks from one source with markers.

The source, `docs/assignment/source.py`, has the solutions between `### BEGIN SOLUTION` and
`### END SOLUTION`, and the hidden tests between similar markers. nbgrader's preprocessors remove
them for students. The score sheet keeps what they remove, and is run from top to bottom. The
notebook for nbgrader keeps the markers, so that nbgrader can release and grade the assignment.
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
    grader_version,
    process,
    read_source,
    score_sheet,
    student_version,
    write,
)
from scripts.workshop.records import RESULTS
from scripts.workshop.registry import SEED


def assignment(check: bool = False) -> None:
    """Builds the notebooks of the assignment, runs them, and writes them for the site.

    The score sheet must run without an error within five minutes, and every check of the student
    version must fail as long as nothing is filled in.

    Args:
        check: only compare the committed notebooks with the source; nothing is run or written.
    """
    source = read_source()
    student, sheet = student_version(source), score_sheet(source)
    unrun = {"student.ipynb": student, "nbgrader.ipynb": grader_version(source)}
    if check:
        import nbformat

        for name, notebook in unrun.items():
            path = FOLDER / name
            kept = nbformat.read(path, nbformat.NO_CONVERT) if path.is_file() else None
            if kept != nbformat.from_dict(notebook):
                raise ValueError(f"docs/assignment/{name} is not that of source.py: build it")
        print("the student version and nbgrader's are those of the source")
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
    for name, notebook in unrun.items():
        write(notebook, FOLDER / name)
    write(sheet, FOLDER / "score-sheet.ipynb")
    tasks = {
        cell.id.partition("-")[2]: cell.metadata.nbgrader.points
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("points")
    }
    results = {"points": TOTAL, "tasks": tasks, "checks": len(outcome), "seconds": seconds}
    record = how(default_device(), SEED, seconds)
    write_json(RESULTS / "assignment.json", {**results, "how": record})


if __name__ == "__main__":
    run(assignment)
