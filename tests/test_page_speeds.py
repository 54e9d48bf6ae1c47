"""What Lighthouse is asked and what is read of its report; no Lighthouse is run here."""

import gzip
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from scripts.workshop import page_speeds
from scripts.workshop.browsing import serving
from scripts.workshop.page_speeds import GOAL, PAGES, RUNS, SCORES, Host, judged, read
from scripts.workshop.records import RESULTS, ROOT


def report(performance):
    audits = {
        "largest-contentful-paint": 2500.0,
        "total-blocking-time": 320.0,
        "total-byte-weight": 287_400,
        "dom-size": 1234.0,
    }
    scores = dict(zip(SCORES, (performance, 1, 0.9, 0.95), strict=True))
    return {
        "categories": {name: {"score": score} for name, score in scores.items()},
        "environment": {"benchmarkIndex": 800},
        "audits": {name: {"numericValue": value} for name, value in audits.items()},
    }


def test_a_report_gives_scores_and_what_they_come_from():
    assert read(report(0.68)) == {
        "performance": 68,
        "accessibility": 100,
        "best-practices": 90,
        "seo": 95,
        "others": 90,
        "largest_paint_seconds": 2.5,
        "blocked_ms": 320.0,
        "kilobytes": 287.4,
        "elements": 1234,
        "benchmark": 800,
    }


def test_the_median_run_counts_whatever_the_order(monkeypatch):
    runs = iter([0.9, 0.6, 0.8])
    monkeypatch.setattr(page_speeds, "one_run", lambda *asked: read(report(next(runs))))
    row = judged("address", "npm", "browser")
    assert RUNS == 3
    assert (row["performance"], row["spread"]) == (80, 30)


def test_text_is_compressed_and_pictures_are_not(tmp_path):
    (tmp_path / "lesson").mkdir()
    page, picture = b"<p>" + b"word " * 500, bytes(range(256))
    (tmp_path / "lesson" / "index.html").write_bytes(page)
    (tmp_path / "a.png").write_bytes(picture)
    with serving(tmp_path, Host) as base:
        with urllib.request.urlopen(base + "lesson/") as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(answer.read()) == page
        with urllib.request.urlopen(base + "a.png") as answer:
            assert answer.headers["Content-Encoding"] is None
            assert answer.read() == picture
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(base + "nothing/")


def test_the_pages_are_there_and_the_record_is_of_them():
    for page in PAGES.values():
        assert (ROOT / "docs" / f"{page.strip('/') or 'index'}.md").is_file()
    record = json.loads(Path(RESULTS, "pages.json").read_text(encoding="utf-8"))
    assert {name: row["page"] for name, row in record["rows"].items()} == {**PAGES}
    assert record["goal"] == GOAL
    assert all(row[name] <= 100 for row in record["rows"].values() for name in SCORES)
