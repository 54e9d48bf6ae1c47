"""What `pip install` gives: the library and its commands, without the workshop."""

import os
import subprocess
import sys
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
    assert wheel.stat().st_size < 50_000_000
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
