"""What `pip install` gives: the library and its commands, without the workshop."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest

from scripts.workshop.records import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package's wheel, built from this checkout."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("ddpm-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder that the wheel is unpacked in, as an installer would."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_it_holds_the_package_and_nothing_of_the_workshop(wheel):
    assert wheel.stat().st_size < 52_000_000  # nine models in half precision
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry = next(name for name in names if name.endswith("entry_points.txt"))
        assert "ddpm = ddpm.__main__:main" in archive.read(entry).decode()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"ddpm", next(top for top in tops if top.endswith(".dist-info"))}
    for name in ("commands/start/noxfile.py", "weights/digits.safetensors", "py.typed"):
        assert f"ddpm/{name}" in names


def test_its_commands_work_in_an_empty_folder_without_a_checkout(installed, tmp_path):
    def ddpm(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "ddpm", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            timeout=120,
        )

    where = "import ddpm; print(ddpm.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", where],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert found.stdout.startswith(str(installed))
    for line in (
        "sample --labels 3 --out three.png",
        "anagram --labels 6 9 --each 2 --out a.gif",
        "models",
        "writeup mine",
    ):
        done = ddpm(*line.split())
        assert done.returncode == 0, done.stderr
    found = {path.name for path in tmp_path.iterdir()}
    assert found == {"three.png", "a.gif", "mine"}


STRAYS = (
    "ddpm/stray.py",
    "ddpm/weights/mine.safetensors",
    "ddpm/new/folder/deep.txt",
    "ddpm/odd [1]*? name.txt",
    "ddpm/!note#.txt",
    "runs/digits.safetensors",
    "data/MNIST/raw.gz",
    "site/index.html",
    "notes.txt",
    "secret.env",
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A small project that is built as this one is, in git, with strays beside its files."""
    pytest.importorskip("hatchling", reason="hatchling builds the package")
    root = tmp_path_factory.mktemp("project")
    kept = ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "ddpm/__init__.py",
            "ddpm/py.typed", "ddpm/weights/measured.json", "scripts/workshop/build.py",
            "scripts/workshop/metadata.py")  # fmt: skip
    for name in kept:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    for name in STRAYS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("mine")
    (root / "ddpm" / "__init__.py").write_text("changed = 1\n")  # tracked, as it is now
    return root, kept


def build(root, target, folder):
    """The names in the wheel or the source archive of a project."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (built,) = folder.iterdir()
    if target == "wheel":
        return built, {
            name for name in zipfile.ZipFile(built).namelist() if "dist-info" not in name
        }
    with tarfile.open(built) as archive:
        return built, {name.partition("/")[2] for name in archive.getnames()}


def test_a_package_holds_only_what_git_tracks(project, tmp_path):
    root, kept = project
    assert all((root / name).is_file() for name in STRAYS)
    _, wheel = build(root, "wheel", tmp_path / "wheel")
    assert wheel == {name for name in kept if name.startswith("ddpm/")}
    _, source = build(root, "sdist", tmp_path / "sdist")
    assert source == {*kept, "PKG-INFO"}


def test_the_source_archive_builds_the_same_package_without_git(project, tmp_path):
    root, _ = project
    archive, _ = build(root, "sdist", tmp_path / "sdist")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    _, of_archive = build(unpacked, "wheel", tmp_path / "a")
    _, of_checkout = build(root, "wheel", tmp_path / "b")
    assert of_archive == of_checkout
