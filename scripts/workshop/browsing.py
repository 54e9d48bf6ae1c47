"""The built site on a host of this machine, and the browser that looks at it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from scripts.workshop.records import ROOT

IDLE = 1.5
"""The largest load of the last minute at which times are meaningful."""


class Site(SimpleHTTPRequestHandler):
    """Serves a folder without a log, and remembers what was fetched."""

    asked: ClassVar[set[str]] = set()

    def do_GET(self) -> None:
        self.asked.add(self.path.split("?")[0].lstrip("/"))
        super().do_GET()

    def copyfile(self, source: Any, outputfile: BinaryIO) -> None:  # type: ignore[override]
        with suppress(ConnectionError):  # the browser was closed
            super().copyfile(source, outputfile)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(folder: Path, host: type[Site] = Site) -> Iterator[str]:
    """Serves a folder on a free port of this machine; gives its address, ending in a slash."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(host, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def chromium() -> str:
    """The browser's program: $CHROMIUM, or one of the system's.

    Raises:
        ValueError: there is none.
    """
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, filter(None, names))), None)
    if found is None:
        raise ValueError("no browser: install Chromium, or set CHROMIUM to its program")
    return found


@contextmanager
def built() -> Iterator[tuple[Path, float]]:
    """The folder of the site, built for a measurement, and the load of the machine before.

    Raises:
        ValueError: the machine is busy.
    """
    busy = os.getloadavg()[0]
    if busy > IDLE:
        raise ValueError(f"the machine is busy: its load is {busy:.1f}, and at most {IDLE} is idle")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", folder]
        subprocess.run(command, cwd=ROOT, check=True)
        yield Path(folder), busy
