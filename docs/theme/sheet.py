"""The summary as a PDF, printed by Chromium once the site is built, where DDPM_PDF asks for it."""

import os
import shutil
import subprocess
from pathlib import Path

from mkdocs.exceptions import PluginError

PAGE = "summary"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str | None:
    """$CHROMIUM, or a Chromium of this machine."""
    names = (os.environ.get("CHROMIUM", ""), *BROWSERS)
    return next(filter(None, map(shutil.which, names)), None)


def write(site: Path) -> None:
    """Writes `summary.pdf` beside the page.

    Raises:
        PluginError: there is no Chromium, or it fails.
    """
    if (chromium := browser()) is None:
        raise PluginError("DDPM_PDF is set, but there is no Chromium to print with")
    out = site / PAGE / f"{PAGE}.pdf"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
    page = (site / PAGE / "index.html").resolve()
    command = [chromium, *options, f"--print-to-pdf={out.resolve()}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode or not out.is_file():
        raise PluginError(f"Chromium did not print the summary: {done.stderr.strip()[-200:]}")
