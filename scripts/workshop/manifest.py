"""The manifest: the records of all figures, and which of them are stale."""

from __future__ import annotations

import json
from typing import Any

from ddpm.files import write_json
from scripts.workshop.building import known
from scripts.workshop.provenance import Code, reasons
from scripts.workshop.records import ASSETS
from scripts.workshop.registry import Figure


def select_stale(
    chosen: list[Figure], manifest: dict[str, Any], code: Code, check: bool
) -> list[Figure]:
    """Says which figures are stale and why, and returns those that are to be drawn.

    Where only the words are others, the record gets them here.
    """
    found = {}
    for figure in chosen:
        old = manifest.get(figure.name)
        now = known(figure, old["file"], code) if old else {}
        if why := reasons(old, now, ASSETS):
            print(f"{figure.name:28} {', '.join(why)}")
            found[figure.name] = why
        if old and why == ["words"]:
            manifest[figure.name] = old | now
    print(f"{len(found)} of {len(chosen)} figures are stale")
    if check:
        raise SystemExit(bool(found))
    if ["words"] in found.values():
        write_manifest(manifest)
    return [figure for figure in chosen if found.get(figure.name, ["words"]) != ["words"]]


def read_manifest() -> dict[str, Any]:
    """The records of all figures, by name; empty if there are none yet."""
    path = ASSETS / "manifest.json"
    return json.loads(path.read_text())["figures"] if path.is_file() else {}


def write_manifest(records: dict[str, Any]) -> None:
    """Writes the records of all figures, all or nothing."""
    write_json(ASSETS / "manifest.json", {"figures": records})
