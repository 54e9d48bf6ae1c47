"""The runtime of the live pages: installed once, as pinned, and a clear error without npm."""

import importlib
import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def live(theme):
    return importlib.import_module("live")


@pytest.fixture
def root(tmp_path, monkeypatch, live):
    """A site with an engine, for which a stand-in for npm installs what the lockfile names."""
    (tmp_path / "docs" / "live" / "engine").mkdir(parents=True)
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / ".npmrc").write_text("")
    pin(tmp_path, {"onnxruntime-web": "2", "gifenc": "1", "temml": "0"})
    runs = []

    def run(command, cwd, **options):
        runs.append(command[1:])
        lock = json.loads(Path(cwd, "package-lock.json").read_text())
        put(Path(cwd), {name: lock["packages"][at(name)]["version"] for name in live.PACKAGES})
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(live.shutil, "which", lambda name, path=None: "npm")
    monkeypatch.setattr(live.subprocess, "run", run)
    return tmp_path, runs


def at(name):
    return f"node_modules/{name}"


def pin(root, versions):
    lock = {"packages": {at(name): {"version": version} for name, version in versions.items()}}
    (root / "package-lock.json").write_text(json.dumps(lock))


def put(root, versions):
    for name, version in versions.items():
        (root / at(name) / "dist").mkdir(parents=True, exist_ok=True)
        (root / at(name) / "package.json").write_text(json.dumps({"version": version}))
        for file in importlib.import_module("live").PACKAGES[name]:
            (root / at(name) / "dist" / file).write_text(version)


def test_they_are_installed_once_and_again_for_another_version(live, root):
    folder, runs = root
    for versions in (("2", "1", "0"), ("2", "3", "0")):
        pin(folder, dict(zip(live.PACKAGES, versions, strict=True)))
        for _ in range(2):
            files = dict(live.runtime(folder))
            expected = [file for name in live.IN_THE_BROWSER for file in live.PACKAGES[name]]
            assert [*files] == [f"live/runtime/{file}" for file in expected]
            assert [files[f"live/runtime/{file}"].read_text() for file in expected] == [
                version
                for version, name in zip(versions, live.IN_THE_BROWSER, strict=False)
                for _ in live.PACKAGES[name]
            ]
    assert runs == [["ci", "--omit=dev"]] * 2
    assert sorted(path.name for path in (folder / ".cache").iterdir()) == [
        "onnxruntime-web-2-gifenc-1-temml-0",
        "onnxruntime-web-2-gifenc-3-temml-0",
    ]


def test_what_is_in_node_modules_is_taken_if_it_is_of_the_same_versions(live, root):
    folder, runs = root
    put(folder, {"onnxruntime-web": "2", "gifenc": "1", "temml": "0"})
    assert {path.parents[2] for _, path in live.runtime(folder)} == {folder / "node_modules"}
    assert runs == []
    pin(folder, {"onnxruntime-web": "2", "gifenc": "3", "temml": "0"})
    assert {path.read_text() for _, path in live.runtime(folder)} == {"2", "3"}
    assert len(runs) == 1


def test_two_builds_can_install_it_at_once(live, root, monkeypatch):
    folder, _ = root
    install = live.subprocess.run

    def slow(command, cwd, **options):
        monkeypatch.setattr(live.subprocess, "run", install)
        assert dict(live.runtime(folder))  # meanwhile the other build gets there first
        return install(command, cwd, **options)

    monkeypatch.setattr(live.subprocess, "run", slow)
    assert {path.read_text() for _, path in live.runtime(folder)} == {"2", "1"}


def test_a_site_without_an_engine_needs_none(live, tmp_path):
    assert [*live.runtime(tmp_path)] == []


def test_without_npm_one_line_says_what_to_do(live, root, monkeypatch):
    monkeypatch.setattr(live.shutil, "which", lambda name, path=None: None)
    with pytest.raises(live.PluginError, match=r"install Node\.js, or run"):
        [*live.runtime(root[0])]


def test_what_npm_says_is_passed_on(live, root, monkeypatch):
    failed = subprocess.CompletedProcess(
        [], 1, "", "npm warn old\nnpm error code ENOTFOUND\nnpm error more\n"
    )
    monkeypatch.setattr(live.subprocess, "run", lambda command, **options: failed)
    with pytest.raises(live.PluginError, match=r"needs: npm error code ENOTFOUND npm error more$"):
        [*live.runtime(root[0])]


def test_the_lockfile_names_no_host_and_pins_every_package(live):
    text = (ROOT / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    packages = {key: p for key, p in json.loads(text)["packages"].items() if key}
    assert {at(name) for name in live.PACKAGES} <= packages.keys()
    assert [key for key, p in packages.items() if not p["integrity"].startswith("sha512-")] == []
