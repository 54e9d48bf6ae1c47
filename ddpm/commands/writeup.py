"""`ddpm writeup`: starts a write-up of your own.

The folder is a project by itself, which uses this package: a page, a script that draws its
figure, and the two commands that draw it and build the site.
"""

from __future__ import annotations

import shutil
import tempfile
from importlib import resources
from pathlib import Path
from typing import Annotated

import tyro

EXAMPLES = (
    "ddpm writeup mine",
    "ddpm writeup another",
)


def writeup(folder: Annotated[Path, tyro.conf.arg(metavar="FOLDER")], /) -> None:
    """Makes a small project for a write-up of your own: a page, a figure and two commands.

    Args:
        folder: where to; a new one, or one that is empty.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"'{folder}' is there already, and not an empty folder")
    if not folder.parent.is_dir():
        raise ValueError(f"there is no folder '{folder.parent}' to make '{folder.name}' in")
    # Whole or not at all: the project is made beside its place and then moved there.
    with (
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary,
        resources.as_file(resources.files("ddpm.commands") / "start") as start,
    ):
        project = Path(temporary) / folder.name
        shutil.copytree(start, project, ignore=shutil.ignore_patterns("__pycache__"))
        if folder.exists():
            folder.rmdir()
        project.rename(folder)
    print(f"{folder}: go there, then `nox -s figure` and `nox -s site`")
