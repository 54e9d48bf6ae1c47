"""Rebuilds the site's figures: `python -m scripts.figures [NAME ...]`."""

from __future__ import annotations

import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import tyro
from tqdm import tqdm

from ddpm.commands.program import run
from ddpm.files import alone, clear_folder
from scripts.workshop.building import build_all
from scripts.workshop.differences import describe
from scripts.workshop.manifest import at_hand, read_manifest, select_stale, write_manifest
from scripts.workshop.outcomes import compare, print_table, same
from scripts.workshop.provenance import Code
from scripts.workshop.records import ASSETS
from scripts.workshop.registry import FIGURES, Figure, register_all


def figures(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    list_: Annotated[bool, tyro.conf.arg(name="list")] = False,
    check: bool = False,
    stale: bool = False,
    section: str | None = None,
) -> None:
    """Rebuilds figures from the bundled weights and digits, and reports what changed.

    Args:
        names: which; all by default.
        list_: only list their names.
        check: build into a temporary folder and fail where bytes differ from the committed ones.
        stale: only those whose code, inputs, words or files differ from their record; with
            --check, only say which, and fail if there are any.
        section: only those of one page, such as text; --list shows them.
    """
    register_all()
    if list_:
        for figure in FIGURES.values():
            print(f"{figure.section:12} {figure.name:28} {figure.script}")
        return
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        raise ValueError(f"unknown figure '{unknown[0]}'; --list shows all")

    sections = {figure.section for figure in FIGURES.values()}
    if section is not None and (section not in sections or names):
        there = f"there are {', '.join(sorted(sections))}, without names of figures beside them"
        raise ValueError(f"unknown section '{section}'; {there}")
    chosen = [FIGURES[name] for name in names] or [*FIGURES.values()]
    if section is not None:
        chosen = [figure for figure in chosen if figure.section == section]
    chosen = at_hand(chosen)

    with nullcontext() if check else alone(ASSETS / "manifest.json", "another run writes"):
        if not check:
            clear_folder(ASSETS)
        draw(chosen, check, stale, not names and section is None)


def draw(chosen: list[Figure], check: bool, stale: bool, all_: bool) -> None:
    """Draws figures and prints what changed; see `figures`.

    Args:
        chosen: which.
        check, stale: as there.
        all_: whether these are all figures.
    """
    started = time.perf_counter()
    manifest = read_manifest()
    code, outcomes = Code(), []
    if stale:
        chosen = select_stale(chosen, manifest, code, check)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) if check else ASSETS
        built = build_all(chosen, folder, manifest) if chosen else iter(())
        for done in tqdm(built, total=len(chosen), unit="figure", disable=not chosen):
            old, new = manifest.get(done.name), done.record
            apart = describe(done.before, done.after)
            outcomes.append(compare(done.name, old, new, apart))
            if not check:
                for path in done.before.keys() - done.after:  # another section, or another ending
                    (ASSETS / path).unlink()
                # What is the same keeps its record, with the date when it was made.
                manifest[done.name] = old if old and same(old, new) else new
                write_manifest(manifest)
    if not check and all_:
        write_manifest({name: manifest[name] for name in FIGURES if name in manifest})
    if outcomes:
        print_table(sorted(outcomes, key=lambda outcome: [*FIGURES].index(outcome.name)))
        print(f"in {time.perf_counter() - started:.0f} s")
    changed = sum(outcome.change != "same" for outcome in outcomes)
    if check and changed:
        print(f"{changed} of {len(outcomes)} figures differ from the committed ones")
        raise SystemExit(1)


if __name__ == "__main__":
    run(figures)
