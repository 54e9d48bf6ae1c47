"""What a built package holds: the files that git knows, and nothing that lies beside them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def untracked(root: Path) -> list[str]:
    """The files and folders below a checkout that git does not know, ignored ones among them.

    Returns:
        Paths from the root, those of whole folders ending in a slash. Empty where there is no
        checkout, as in an unpacked source archive, and where git cannot be asked.
    """
    if not (root / ".git").exists():
        return []
    command = ["git", "ls-files", "--others", "--directory", "-z"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [path for path in done.stdout.decode("utf-8", "surrogateescape").split("\0") if path]


def pattern(path: str) -> str:
    """The pattern of a .gitignore that matches this path alone."""
    return "/" + re.sub(r"([\\*?\[\]! #])", r"\\\1", path)


class Tracked(BuildHookInterface[Any]):
    """Leaves out what git does not know."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds it to what is excluded; an editable installation is the folder as it is."""
        if version == "editable":
            return
        excluded = self.build_config.target_config.setdefault("exclude", [])
        excluded.extend(pattern(path) for path in untracked(Path(self.root)))
