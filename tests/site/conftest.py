"""The site built and served for its tests, and a browser to look at it."""

import functools
import gzip
import html
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Response, sync_playwright
from static_host import serving

ROOT = Path(__file__).parents[2]
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

MKDOCS = "import sys; sys.modules['torch'] = None; from mkdocs.__main__ import cli; cli()"
"""The program mkdocs, where there is no torch: the site must be built without it."""


@functools.cache
def _sent(body: bytes) -> int:
    """The size of a file as it is sent; what is compressed already gains nothing."""
    return min(len(body), len(gzip.compress(body)))


class Visit:
    """A page opened in a browser of its own, and what went wrong while it loaded.

    Attributes:
        page: the browser's page.
        response: the answer to the first request.
        faults: errors in the console, failed requests, and requests to any other host.
    """

    page: Page
    response: Response | None

    def __init__(self, page: Page, base: str, path: str):
        self.page, self.base, self.faults = page, base, list[str]()
        page.on("console", lambda m: self._fault(m.type == "error", f"console: {m.text}"))
        page.on("pageerror", lambda error: self._fault(True, f"script: {error}"))
        page.on("request", lambda r: self._fault(self._elsewhere(r.url), f"fetches {r.url}"))
        page.on("requestfailed", self._failed)
        page.on("response", lambda r: self._fault(r.status >= 400, f"{r.status}: {r.url}"))
        self.responses = list[Response]()
        page.on("response", lambda r: self.responses.append(r))
        self.response = page.goto(base + path, wait_until="load")

    def _failed(self, request: Request) -> None:
        # A still that its GIF replaces before it has arrived is cancelled by the page itself.
        replaced = request.resource_type == "image" and request.failure == "net::ERR_ABORTED"
        self._fault(not replaced, f"failed: {request.url} {request.failure}")

    def weight(self) -> int:
        """Bytes loaded so far but for lazy images, as a host sends them: text compressed."""
        lazy = self.page.evaluate(
            "[...document.querySelectorAll('[loading=lazy]')].map((i) => i.src)"
        )
        sizes = {r.url: _sent(r.body()) for r in self.responses if r.url not in lazy}
        return sum(sizes.values())

    def _elsewhere(self, url: str) -> bool:
        return not url.startswith((self.base, "data:", "blob:"))

    def _fault(self, wrong: bool, text: str) -> None:
        if wrong:
            self.faults.append(text)


@pytest.fixture(scope="session")
def build() -> Callable[[Path, Path], subprocess.CompletedProcess[str]]:
    """Builds the site of a folder strictly into another, for a host if it has one."""

    def run(root: Path, out: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", MKDOCS, "build", "--strict", "--site-dir", out],
            cwd=root,
            env=os.environ
            | {"NO_MKDOCS_2_WARNING": "1", "DDPM_SITE_URL": "", "DDPM_REPOSITORY": ""}
            | environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )

    return run


@pytest.fixture(scope="session")
def site(build, tmp_path_factory) -> Path:
    """The folder of the built site."""
    out = tmp_path_factory.mktemp("site")
    done = build(ROOT, out)
    assert done.returncode == 0, done.stdout
    return out


@pytest.fixture(scope="session")
def address(site) -> Iterator[str]:
    """Where the built site is served."""
    with serving(site) as base:
        yield base


PLAYGROUND = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Live</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/theme/css/site.css"><link rel="stylesheet" href="/theme/css/live.css">
<body data-md-color-scheme="default"><main class="md-typeset"><h1>Live</h1>
<div id="playground" data-models="MODELS"><div data-still="generate"><p>Still</p></div></div></main>
<script type="module" src="/live/ui/playground.js"></script></body></html>"""
"""A page that is no more than the playground, for tests that need no other part of the site."""


@pytest.fixture(scope="session")
def live_files(tmp_path_factory) -> Path:
    """The part of the site that live pages need, at the site's addresses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs" / "theme")
        theme = importlib.import_module("live")
    runtime = [*theme.runtime(ROOT)]
    root = tmp_path_factory.mktemp("live")
    for folder in ("live/engine", "live/ui", "theme/css"):
        shutil.copytree(ROOT / "docs" / folder, root / folder)
    for folder in ("live", "figures/anagrams"):
        shutil.copytree(ROOT / "site_assets" / folder, root / "assets" / folder)
    for uri, path in runtime:
        (root / uri).parent.mkdir(exist_ok=True)
        shutil.copy(path, root / uri)
    models = json.loads((root / "assets/live/models.json").read_text("utf-8"))["models"]
    known = json.dumps(theme.before_loading(models))
    playground = PLAYGROUND.replace("MODELS", html.escape(known))
    empty = '<!doctype html><link rel="icon" href="data:,"><title>Live</title>'
    pages = {"index": empty, "404": empty, "playground": playground}
    for name, text in pages.items():
        (root / f"{name}.html").write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def live_base(live_files) -> Iterator[str]:
    """Where they are served."""
    with serving(live_files) as base:
        yield base


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: $CHROMIUM or one of the system's."""
    found = next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *BROWSERS))), None)
    if found is None:
        message = f"no browser: neither $CHROMIUM nor {', '.join(BROWSERS)}"
        (pytest.fail if os.environ.get("DDPM_REQUIRE_BROWSER") == "1" else pytest.skip)(message)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Visit]]:
    """Opens `visit(base, path, width, height, **context)`."""
    with ExitStack() as contexts:

        def open_page(
            base: str, path: str, width: int = 1280, height: int = 900, **options: str
        ) -> Visit:
            context = browser.new_context(viewport={"width": width, "height": height}, **options)
            contexts.callback(context.close)
            return Visit(context.new_page(), base, path)

        yield open_page
