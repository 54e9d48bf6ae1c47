"""How Lighthouse judges the site's pages: its four scores, as on a phone, on the built site.

Needs Chromium and npm.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.workshop.browsing import Site, built, chromium, serving

LIGHTHOUSE = "lighthouse@12.2.3"

PAGES: Mapping[str, str] = {
    "home": "",
    "a lesson": "forward/",
    "the longest deep dive": "students/",
    "the playground": "playground/",
}

RUNS = 3
"""Of each page; the one with the median performance counts."""

GOAL = 95

SCORES = ("performance", "accessibility", "best-practices", "seo")

COMPRESSED = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".wasm"}

FLAGS = "--headless --no-sandbox --disable-gpu --disable-background-networking"


class Host(Site):
    """Serves a folder as hosts of static files do: text is compressed, and files may be kept."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in COMPRESSED:
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)


def page_speeds() -> dict[str, Any]:
    """Builds the site, and has Lighthouse judge some pages.

    Raises:
        ValueError: the machine is busy, or has no Chromium or npm.
    """
    browser, npm = chromium(), shutil.which("npm")
    if npm is None:
        raise ValueError("no npm: install Node")
    with built() as (site, load), serving(site, Host) as base:
        rows = {
            name: judged(base + page, npm, browser) | {"page": page} for name, page in PAGES.items()
        }
    points = [row["benchmark"] for row in rows.values()]
    benchmark = {"least": min(points), "most": max(points)}
    return {
        "rows": rows,
        "benchmark": benchmark,
        "runs": RUNS,
        "goal": GOAL,
        "lighthouse": LIGHTHOUSE,
        "load": load,
    }


def judged(address: str, npm: str, browser: str) -> dict[str, Any]:
    """The scores of a page in 0..100, and what they come from, of the median run."""
    found = sorted(
        (one_run(address, npm, browser) for _ in range(RUNS)), key=lambda row: row["performance"]
    )
    spread = found[-1]["performance"] - found[0]["performance"]
    return found[RUNS // 2] | {"spread": spread}


def one_run(address: str, npm: str, browser: str) -> dict[str, Any]:
    """One run of Lighthouse with its settings for a phone."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [npm, "exec", "--yes", f"--package={LIGHTHOUSE}", "--", "lighthouse", address]
        command += ["--quiet", "--output=json", f"--output-path={report}"]
        command += [f"--chrome-flags={FLAGS}"]
        environment = os.environ | {"CHROME_PATH": browser}
        subprocess.run(command, check=True, env=environment, capture_output=True)
        return read(json.loads(report.read_text(encoding="utf-8")))


def read(report: Mapping[str, Any]) -> dict[str, Any]:
    """What counts of a report: scores, seconds, milliseconds, kilobytes, elements, and
    how fast Lighthouse found the machine."""
    audits = report["audits"]
    scores = {name: round(100 * report["categories"][name]["score"]) for name in SCORES}
    return scores | {
        "others": min(score for name, score in scores.items() if name != "performance"),
        "largest_paint_seconds": audits["largest-contentful-paint"]["numericValue"] / 1000,
        "blocked_ms": audits["total-blocking-time"]["numericValue"],
        "kilobytes": audits["total-byte-weight"]["numericValue"] / 1000,
        "elements": round(audits["dom-size"]["numericValue"]),
        "benchmark": report["environment"]["benchmarkIndex"],
    }
