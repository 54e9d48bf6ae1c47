"""The assignment graded by nbgrader as it is shipped: the right points for each submission."""

import shutil

import pytest

pytest.importorskip("nbgrader", reason="the group `assignment` is not installed")

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import PyFileConfigLoader

from scripts.workshop.assignment import FOLDER, LONGEST, grader_version, read_source, write

CONFIG = FOLDER / "nbgrader_config.py"
QUICK = {"STEPS = 1200": "STEPS = 6", "T = 400": "T = 20"}
"""What makes the notebook short for this test; no check depends on it."""
CONSTANTS = """\
def make_schedule(T):
    beta = torch.cat([torch.zeros(1), torch.linspace(1e-4, 0.02, 400)])
    return beta, torch.cumprod(1 - beta, dim=0)
"""
WRONG = {
    "forward": "def add_noise(x0, t, eps, alpha_bar):\n"
    "    kept = alpha_bar[t].reshape(-1, 1, 1, 1)\n"
    "    return (1 - kept).sqrt() * x0 + kept.sqrt() * eps\n",
    "evaluation": "def held_out_loss(network, x0, t, eps, alpha_bar):\n"
    "    return float(loss(network, x0, t, eps, alpha_bar))\n",
    "each": "def ten_of_each(network, beta, alpha_bar):\n    return torch.zeros(100, 1, 28, 28)\n",
}
"""Tasks that the half-right submission gets wrong."""


def config():
    return PyFileConfigLoader(CONFIG.name, path=str(CONFIG.parent)).load_config()


def solution(source, name):
    cell = next(cell for cell in source.cells if cell.id == f"task-{name}")
    return "\n".join(line for line in cell.source.split("\n") if "### " not in line)


def test_the_shipped_limit_is_longer_than_the_longest_cell():
    assert config().Execute.timeout >= LONGEST


def test_a_right_a_half_right_and_a_cheating_submission_get_their_points(tmp_path, monkeypatch):
    source = read_source()
    last = next(n for n, cell in enumerate(source.cells) if "## Part 7" in cell.source)
    source.cells = source.cells[:last]  # it has no points
    for cell in source.cells:
        for old, new in QUICK.items():
            cell.source = cell.source.replace(old, new)
    course = tmp_path / "course"
    (course / "source" / "diffusion").mkdir(parents=True)
    shutil.copy(CONFIG, course)
    write(grader_version(source), course / "source" / "diffusion" / "diffusion.ipynb")
    monkeypatch.chdir(course)
    settings = config()
    settings.CourseDirectory.root = str(course)
    api = NbGraderAPI(config=settings)
    assert api.generate_assignment("diffusion")["success"]
    released = course / "release" / "diffusion" / "diffusion.ipynb"
    assert "BEGIN" not in released.read_text()

    tasks = [cell.id.removeprefix("task-") for cell in source.cells if cell.id.startswith("task-")]
    right = {name: solution(source, name) for name in tasks}
    submissions = {
        "right": right,
        "half-right": right | WRONG,
        "cheating": {"schedule": CONSTANTS},
    }
    for student, code in submissions.items():
        notebook = nbformat.read(released, nbformat.NO_CONVERT)
        for cell in notebook.cells:
            kind, _, name = cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("-")
            if kind == "task" and name in code:
                cell.source = code[name]
        folder = course / "submitted" / student / "diffusion"
        folder.mkdir(parents=True)
        write(notebook, folder / "diffusion.ipynb")
        done = api.autograde("diffusion", student)
        assert done["success"], done["log"][-2000:]

    found = {}
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        for student in submissions:
            graded = book.find_submission_notebook("diffusion", "diffusion", student)
            found[student] = {
                grade.name.removeprefix("check-"): grade.auto_score
                for grade in graded.grades
                if grade.name.startswith("check-") and grade.max_score
            }
            # Prose waits for a person, but nothing was written: no points by themselves.
            assert graded.code_score == sum(found[student].values())
    assert [name for name, score in found["right"].items() if score != 1] == []
    assert sum(found["right"].values()) == 13
    # Minibatch, loss and training step use the wrong forward process and fail with it.
    lost = {name for name, score in found["half-right"].items() if score == 0}
    assert lost == {"forward", "minibatch", "loss", "training", "evaluation", "each"}
    assert sum(found["cheating"].values()) == 0
