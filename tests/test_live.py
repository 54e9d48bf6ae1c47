"""The runtime of the live pages: installed once, as pinned, and a clear error without npm."""

import importlib
import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "node_modules/onnxruntime-web"


@pytest.fixture
def live(monkeypatch):
    pytest.importorskip("mkdocs")
    monkeypatch.syspath_prepend(ROOT / "docs" / "theme")
    return importlib.import_module("live")


@pytest.fixture
def root(tmp_path, monkeypatch, live):
    """A site with an engine, for which a stand-in for npm installs version 2."""
    (tmp_path / "docs" / "live" / "engine").mkdir(parents=True)
    lock = {"packages": {PACKAGE: {"version": "2"}}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    runs = []

    def run(command, cwd, **options):
        runs.append(command[1:])
        put(cwd, "2")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(live.shutil, "which", lambda name, path=None: "npm")
    monkeypatch.setattr(live.subprocess, "run", run)
    return tmp_path, runs


def put(root, version):
    (root / PACKAGE).mkdir(parents=True, exist_ok=True)
    (root / PACKAGE / "package.json").write_text(json.dumps({"version": version}))


def test_it_is_installed_once_and_again_for_another_version(live, root):
    folder, runs = root
    files = dict(live.runtime(folder))
    assert [*files] == [f"live/runtime/{name}" for name in live.FILES]
    assert {path.parent for path in files.values()} == {folder / PACKAGE / "dist"}
    assert runs == [["ci", "--omit=dev"]]
    assert dict(live.runtime(folder)) == files
    assert len(runs) == 1
    put(folder, "1")
    assert dict(live.runtime(folder)) == files
    assert len(runs) == 2


def test_a_site_without_an_engine_needs_none(live, tmp_path):
    assert [*live.runtime(tmp_path)] == []


def test_without_npm_one_line_says_what_to_do(live, root, monkeypatch):
    monkeypatch.setattr(live.shutil, "which", lambda name, path=None: None)
    with pytest.raises(live.PluginError, match=r"install Node\.js, or run"):
        [*live.runtime(root[0])]


def test_what_npm_says_is_passed_on(live, root, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "npm error code ENOTFOUND\nmore\n")
    monkeypatch.setattr(live.subprocess, "run", lambda command, **options: failed)
    with pytest.raises(live.PluginError, match=r"runtime: npm error code ENOTFOUND$"):
        [*live.runtime(root[0])]


def test_the_lockfile_names_no_host_and_pins_every_package():
    text = (ROOT / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    packages = {key: p for key, p in json.loads(text)["packages"].items() if key}
    assert PACKAGE in packages
    assert [key for key, p in packages.items() if not p["integrity"].startswith("sha512-")] == []
