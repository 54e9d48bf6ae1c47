"""The two commands of this write-up: `nox -s figure` and `nox -s site`."""

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"

DDPM = "PACKAGE"  # what pip can install: a folder, or git+ and the address of a repository


@nox.session
def figure(session: nox.Session) -> None:
    """Draws the figure."""
    session.install(DDPM)
    session.run("python", "figure.py")


@nox.session
def site(session: nox.Session) -> None:
    """Builds the site into site/, every warning being an error."""
    session.install("mkdocs>=1.6.1,<2", "mkdocs-material>=9.6,<10")
    session.run("mkdocs", "build", "--strict")
