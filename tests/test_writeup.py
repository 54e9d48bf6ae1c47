"""The reader's own write-up: what `scripts.writeup` makes works, and it overwrites nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.workshop.records import ROOT


def nox(folder: Path, *sessions: str) -> subprocess.CompletedProcess[str]:
    """Runs sessions in the environment that is there, which needs no network."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    outside = {key: value for key, value in os.environ.items() if key != "NO_MKDOCS_2_WARNING"}
    return subprocess.run(
        [sys.executable, "-m", "nox", "--no-venv", "--no-install", "-s", *sessions],
        cwd=folder,
        env=outside | {"PATH": tools, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


def test_its_two_commands_draw_the_figure_and_build_the_site(call, tmp_path):
    for tool in ("nox", "mkdocs", "material"):
        pytest.importorskip(tool, reason=f"{tool} is needed to build a write-up")
    code, out, _ = call("writeup", tmp_path / "mine")
    assert code == 0
    assert f"{tmp_path / 'mine'}: " in out
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    texts = [p.read_text("utf-8") for p in (tmp_path / "mine").rglob("*") if p.is_file()]
    assert not any(str(ROOT) in text or str(tmp_path) in text for text in texts)

    early = nox(tmp_path / "mine", "site")
    assert early.returncode != 0
    assert "'guidance.png'" in early.stdout

    done = nox(tmp_path / "mine", "figure", "site")
    assert done.returncode == 0, done.stdout
    assert not re.search(r"warning|mkdocs 2|zensical", done.stdout, re.IGNORECASE), done.stdout
    page = (tmp_path / "mine" / "site" / "index.html").read_text()
    assert 'src="guidance.png"' in page
    assert "images = [model.sample(" in re.sub(r"<[^>]+>", "", page)
    drawn = tmp_path / "mine" / "site" / "guidance.png"
    assert drawn.read_bytes() == (tmp_path / "mine" / "docs" / "guidance.png").read_bytes()


def test_an_empty_folder_is_filled(call, tmp_path):
    (tmp_path / "empty").mkdir()
    assert call("writeup", tmp_path / "empty")[0] == 0
    assert (tmp_path / "empty" / "figure.py").is_file()


def test_what_is_there_is_left_alone(call, tmp_path):
    (tmp_path / "full").mkdir()
    for path in (tmp_path / "full" / "note.txt", tmp_path / "file"):
        path.write_text("mine")
    for name, reason in (
        ("full", "not an empty folder"),
        ("file", "not an empty folder"),
        ("no/where", "there is no folder"),
    ):
        code, out, error = call("writeup", tmp_path / name)
        assert (code, out) == (2, "")
        assert reason in error
        assert error.count("\n") == 1
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")}
    assert found == {"full", "full/note.txt", "file"}


def test_half_a_project_is_none(call, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()

    def fail(source, folder, **options):
        (folder / "docs").mkdir(parents=True)
        raise OSError("No space left on device")

    monkeypatch.setattr(shutil, "copytree", fail)
    for name in ("empty", "new"):
        code, _, error = call("writeup", tmp_path / name)
        assert code == 2
        assert "No space left" in error
    assert [p.name for p in tmp_path.rglob("*")] == ["empty"]
