"""The numbers that a reader sees are those of the results files that they name."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Results(HTMLParser):
    """Collects what a page shows as results: (data-source, text)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.source: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("class", "result") in attrs:
            self.source = dict(attrs)["data-source"]

    def handle_data(self, data: str) -> None:
        if self.source:
            self.found.append((self.source, data))
            self.source = None


def shows(text: str, value: Any) -> bool:
    """Whether a text is a value, to as many digits as it has."""
    if isinstance(value, str):
        return text == value
    parts = re.fullmatch(
        r"(\N{MINUS SIGN}?)([\d,]+)(?:\.(\d+))?(?:e([+\N{MINUS SIGN}]\d+))?(%?)", text
    )
    if parts is None:
        return False
    sign, whole, decimals, power, percent = parts.groups(default="")
    number = float(f"{whole.replace(',', '')}.{decimals or 0}") * (-1 if sign else 1)
    scale = 10.0 ** int(power.replace("\N{MINUS SIGN}", "-") or 0) / (100 if percent else 1)
    last = 10.0 ** -len(decimals) * scale
    return abs(number * scale - value) <= 0.5 * last * (1 + 1e-9)


def test_shows_is_as_exact_as_its_digits():
    assert shows("0.035", 0.0345678)
    assert not shows("0.036", 0.0345678)
    assert shows("87%", 0.8700000047)
    assert not shows("87%", 0.8751)
    assert shows("\N{MINUS SIGN}10.1", -10.12)
    assert not shows("10.1", -10.12)
    assert shows("20,291", 20291.17)
    assert shows("1.1e\N{MINUS SIGN}05", 1.12e-5)
    assert not shows("1.2e\N{MINUS SIGN}05", 1.12e-5)
    assert not shows("DDIM", 0.5)


def test_every_result_on_the_site_is_the_value_at_its_source(site):
    files: dict[str, Any] = {}
    wrong, count = [], 0
    for page in sorted(site.rglob("*.html")):
        results = Results()
        results.feed(page.read_text(encoding="utf-8"))
        for source, text in results.found:
            name, _, path = source.partition("#")
            if name not in files:
                files[name] = json.loads((ROOT / "site_assets" / name).read_text("utf-8"))
            value = files[name]
            for step in path.split("."):
                value = value[int(step) if isinstance(value, list) else step]
            count += 1
            if not shows(text, value):
                wrong.append(f"{page.relative_to(site)}: {text} is not {value} at {source}")
    assert wrong == []
    assert count > 100
