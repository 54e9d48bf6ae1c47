"""The two commands of this write-up: `nox -s figure` and `nox -s site`."""

import importlib.util
import sys

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"


@nox.session(venv_backend="none")
def figure(session: nox.Session) -> None:
    """Draws the figure, in the environment that nox runs in: it has ddpm and torch already."""
    if importlib.util.find_spec("ddpm") is None:
        session.error("this Python has no ddpm: install nox beside it, then `python -m nox`")
    session.run(sys.executable, "figure.py", external=True)


@nox.session
def site(session: nox.Session) -> None:
    """Builds the site into site/, every warning being an error."""
    session.install("mkdocs>=1.6.1,<2", "mkdocs-material>=9.6,<10")
    # The theme's makers announce a later mkdocs at length, which the line above keeps away.
    session.run("mkdocs", "build", "--strict", env={"NO_MKDOCS_2_WARNING": "1"})
