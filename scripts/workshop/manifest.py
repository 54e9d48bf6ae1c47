"""The manifest: the records of all figures, and which of them are stale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ddpm.files import write_json
from ddpm.reading import read_json
from scripts.workshop.building import known
from scripts.workshop.provenance import Code, reasons
from scripts.workshop.records import ASSETS
from scripts.workshop.registry import Figure


@dataclass(frozen=True)
class Record:
    """What the manifest must say about a figure; it says more."""

    section: str
    file: str
    still: str | None
    sha256: str
    source: str
    inputs: dict[str, Any]
    more: ClassVar[bool] = True


@dataclass(frozen=True)
class Manifest:
    """The manifest: the figures' records by their names."""

    figures: dict[str, Record]


def select_stale(
    chosen: list[Figure], manifest: dict[str, Any], code: Code, check: bool
) -> list[Figure]:
    """Says which figures are stale and why, and returns those that are to be drawn.

    If only the words have changed, the record gets the new ones here.
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


def at_hand(chosen: list[Figure]) -> list[Figure]:
    """The figures whose weights are on this machine; says which others are skipped, and why."""
    found = []
    for figure in chosen:
        try:
            if figure.pipeline:
                figure.pipeline()
        except ValueError as error:
            print(f"{figure.name:28} skipped: {error}")
        else:
            found.append(figure)
    return found


def read_manifest() -> dict[str, Any]:
    """The records of all figures, by name; empty if there are none yet.

    Raises:
        ValueError: the manifest is damaged, or names a file outside of the site's assets.
    """
    path = ASSETS / "manifest.json"
    if not path.is_file():
        return {}
    figures = read_json(path, Manifest, "manifest of figures")["figures"]
    for name, record in figures.items():
        for file in (record["file"], record["still"]):
            if file and not (ASSETS / file).resolve().is_relative_to(ASSETS.resolve()):
                raise ValueError(f"'{path}' names a file outside of its folder for '{name}'")
    return figures


def write_manifest(records: dict[str, Any]) -> None:
    """Writes the records of all figures, all or nothing."""
    write_json(ASSETS / "manifest.json", {"figures": records})
