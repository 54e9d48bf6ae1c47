"""`nox -s publish` in a small repository: what it refuses, and that it pushes only when asked."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = {
    "pyproject.toml": "[dependency-groups]\nlint = []\ntests = []\n\n"
    "[tool.ruff]\nline-length = 100\nlint.select = ['F']\n\n[tool.mypy]\nfiles = ['one.py']\n",
    "one.py": "ONE: int = 1\n",
    "mkdocs.yml": "site_name: Small\n",
    "docs/index.md": "# Small\n",
    "tests/test_one.py": "def test_one():\n    assert 1 == 1\n",
    ".gitignore": "site/\n.*_cache/\n__pycache__/\n",
}


class Repository:
    """A repository with the project's noxfile, and another one that it would publish to."""

    def __init__(self, folder: Path):
        self.folder, self.remote = folder / "small", folder / "remote.git"
        for name, text in FILES.items():
            self.write(name, text)
        shutil.copy(ROOT / "noxfile.py", self.folder)
        git = ["git", "init", "-q", "-b", "main"]
        subprocess.run([*git, "--bare", self.remote], check=True)
        subprocess.run([*git, self.folder], check=True)
        self.git("remote", "add", "origin", str(self.remote))
        self.commit()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "All")

    def publish(self, *options: str) -> subprocess.CompletedProcess[str]:
        tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER")
               for key, value in (("NAME", "A"), ("EMAIL", "a@example.org"))}  # fmt: skip
        return subprocess.run(
            [sys.executable, "-m", "nox", "--no-venv", "--no-install", "-s", "publish", *options],
            cwd=self.folder,
            env=os.environ | who | {"PATH": tools, "NO_MKDOCS_2_WARNING": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )

    def published(self) -> bool:
        return bool(self.git("ls-remote", "origin", "gh-pages"))


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Repository:
    for tool in ("nox", "mkdocs", "ghp_import", "mypy"):
        pytest.importorskip(tool, reason=f"{tool} is needed to publish")
    # The tests within this test take no options from those around it.
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("DDPM_REPOSITORY", "https://example.org/small")
    return Repository(tmp_path)


def test_it_builds_and_pushes_only_when_asked_to(repository):
    done = repository.publish()
    assert done.returncode == 0, done.stdout
    assert "nox -s publish -- --push" in done.stdout
    assert (repository.folder / "site" / "index.html").is_file()
    assert not repository.published()

    done = repository.publish("--", "--push")
    assert done.returncode == 0, done.stdout
    commit = repository.git("rev-parse", "HEAD")
    repository.git("fetch", "-q", "origin", "gh-pages")
    assert repository.git("log", "-1", "--format=%s", "FETCH_HEAD") == f"Site of {commit}"
    files = repository.git("ls-tree", "--name-only", "FETCH_HEAD").splitlines()
    assert {"index.html", ".nojekyll"} <= set(files)
    assert "noxfile.py" not in files


FAULTS = {
    "changed": ("docs/index.md", "# Changed\n", False, "M docs/index.md"),
    "unknown": ("new.md", "# New\n", False, "?? new.md"),
    "style": ("bad.py", "import os\n", True, "F401"),
    "test": ("tests/test_two.py", "def test_two():\n    assert 1 == 2\n", True, "1 failed"),
    "site": ("docs/index.md", "# Small\n\n[there](nowhere.md)\n", True, "nowhere.md"),
    "writes": (
        "tests/test_two.py",
        'def test_two():\n    open("left.txt", "w").close()\n',
        True,
        "?? left.txt",
    ),
}


@pytest.mark.parametrize(("name", "text", "committed", "reason"), FAULTS.values(), ids=FAULTS)
def test_it_refuses_what_is_not_committed_or_fails(repository, name, text, committed, reason):
    repository.write(name, text)
    if committed:
        repository.commit()
    done = repository.publish("--", "--push")
    assert done.returncode != 0
    assert reason in done.stdout
    assert not repository.published()


def test_it_takes_no_other_option(repository):
    done = repository.publish("--", "--force")
    assert done.returncode != 0
    assert "not --force" in done.stdout


def test_it_pushes_no_site_that_does_not_know_where_its_code_is(repository, monkeypatch):
    for address in (None, ""):
        monkeypatch.delenv("DDPM_REPOSITORY") if address is None else monkeypatch.setenv(
            "DDPM_REPOSITORY", address
        )
        done = repository.publish("--", "--push")
        assert done.returncode != 0
        assert "set DDPM_REPOSITORY" in done.stdout
        assert "pytest" not in done.stdout  # before anything is checked or built
        assert not repository.published()


@pytest.fixture(scope="module")
def workflow():
    yaml = pytest.importorskip("yaml", reason="pyyaml reads the workflow")
    return yaml.safe_load((ROOT / ".github" / "workflows" / "site.yml").read_text())


def commands(job) -> str:
    return "\n".join(step["run"] for step in job["steps"] if "run" in step)


def test_the_workflow_checks_with_read_only_rights(workflow):
    check = workflow["jobs"]["check"]
    assert workflow["permissions"] == {}
    assert check["permissions"] == {"contents": "read"}
    assert check["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert "nox -s publish" in commands(check)
    assert "--push" not in commands(check)
    assert "TOKEN" not in str(check)


def test_the_workflow_publishes_in_a_job_of_its_own_and_from_main_alone(workflow):
    assert set(workflow["jobs"]) == {"check", "publish"}
    publish = workflow["jobs"]["publish"]
    assert publish["needs"] == "check"
    assert publish["permissions"] == {"contents": "write"}
    condition = "github.ref == 'refs/heads/main' && github.event_name != 'pull_request'"
    assert publish["if"] == condition
    for line in commands(publish).splitlines():  # where it may write, it runs no code but git
        assert line.split()[0].partition("=")[0] in ("git", "touch", "login"), line


def test_the_workflow_keeps_no_credentials_and_pins_what_it_uses(workflow):
    steps = [step for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert len(steps) == 4
    for step in steps:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
        if "checkout" in step["uses"]:
            assert step["with"]["persist-credentials"] is False
    text = (ROOT / ".github" / "workflows" / "site.yml").read_text()
    assert len(re.findall(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", text, re.MULTILINE)) == len(steps)
    assert "index-url" not in text


def test_what_the_workflow_publishes_is_the_site(workflow, tmp_path):
    """Its commands, run as they stand: one commit on gh-pages, without the site's sources."""
    bash = shutil.which("bash")
    if not bash or sys.platform != "linux":
        pytest.skip("the runner is a Linux with bash")
    remote, site = tmp_path / "remote.git", tmp_path / "site"
    subprocess.run(["git", "init", "-q", "--bare", remote], check=True)
    site.mkdir()
    (site / "index.html").write_text("A site")
    (publish,) = (s for s in workflow["jobs"]["publish"]["steps"] if "run" in s)
    for text in ("A site", "A newer one"):
        (site / "index.html").write_text(text)
        shutil.rmtree(site / ".git", ignore_errors=True)  # a runner starts with an empty folder
        subprocess.run(
            [bash, "-euo", "pipefail", "-c", publish["run"]],
            cwd=site,
            env=os.environ | {"ADDRESS": str(remote), "TOKEN": "secret", "GITHUB_SHA": "abc"},
            check=True,
            timeout=60,
        )
        show = ["git", "-C", remote, "show", "gh-pages:index.html"]
        assert subprocess.run(show, capture_output=True, text=True).stdout == text
    listed = ["git", "-C", remote, "ls-tree", "--name-only", "gh-pages"]
    files = subprocess.run(listed, capture_output=True, text=True).stdout.split()
    assert files == [".nojekyll", "index.html"]
    assert "secret" not in (site / ".git" / "config").read_text()
