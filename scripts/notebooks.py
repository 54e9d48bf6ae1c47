"""Runs the notebooks of `docs/notebooks/` and writes them, with what they show, for the site.

Each notebook exists twice: as a script, which you edit, and as an executed notebook, which readers
download. `python -m scripts.notebooks` makes the second from the first.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import tyro

from ddpm.commands.program import run
from ddpm.files import atomic
from scripts.workshop.records import ROOT

FOLDER = ROOT / "docs" / "notebooks"

LARGEST = 300_000
"""The largest size of a notebook with its pictures, in bytes."""


def execute(source: Path) -> Any:
    """A notebook (nbformat) run from top to bottom in an empty folder.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell fails.
    """
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(source)
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"{source.stem}-{i}"  # otherwise random
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=300, resources=resources, record_timing=False).execute()
    notebook.metadata.pop("jupytext", None)
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def notebooks(names: Annotated[tuple[str, ...], tyro.conf.Positional] = ()) -> None:
    """Runs notebooks and writes them, with what they show, into docs/notebooks/.

    Args:
        names: which; all by default.
    """
    import nbformat

    known = {path.stem: path for path in sorted(FOLDER.glob("*.py"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"no notebook '{unknown[0]}'; there are {', '.join(known)}")
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))  # for the notebooks' kernel
    for name in names or known:
        started = time.perf_counter()
        text = nbformat.writes(execute(known[name])) + "\n"
        if len(text) > LARGEST:
            raise ValueError(f"'{name}' has {len(text):,} bytes; {LARGEST:,} are allowed")
        with atomic(FOLDER / f"{name}.ipynb") as file:
            file.write_text(text, encoding="utf-8", newline="\n")
        print(f"{name}: {len(text):,} bytes, {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    run(notebooks)
