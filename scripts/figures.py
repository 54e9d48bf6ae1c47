"""Rebuilds the site's figures: `python -m scripts.figures [NAME ...]`."""

from __future__ import annotations

import datetime
import json
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import tyro
from matplotlib.figure import Figure as Plot
from tqdm import tqdm

from ddpm import viz
from ddpm.commands.program import run
from ddpm.devices import default_device
from ddpm.files import atomic, write_json
from ddpm.records import device_name
from scripts.workshop.differences import describe
from scripts.workshop.provenance import Code, reasons, sha256
from scripts.workshop.records import ASSETS
from scripts.workshop.registry import FIGURES, Figure, Picture, register_all

VERSIONS = ("torch", "numpy", "matplotlib", "pillow", "imageio")
"""The packages whose version may change a figure's bytes."""


@dataclass(frozen=True)
class Outcome:
    """What became of one figure."""

    name: str
    change: str
    why: str
    seconds: float
    size: int


def write(drawing: Picture, figure: Figure, folder: Path) -> dict[str, Any]:
    """Writes a drawing below `folder`, and returns the part of its record that files decide."""
    ending = "gif" if isinstance(drawing, list) else "svg" if isinstance(drawing, Plot) else "png"
    path = Path("figures") / figure.section / f"{figure.name}.{ending}"
    still = None
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    with atomic(folder / path) as file:
        if isinstance(drawing, list):
            viz.write_gif(drawing, file, figure.milliseconds, levels=figure.levels)
            width, height = drawing[-1].size
        elif isinstance(drawing, Plot):
            viz.write_svg(drawing, file)
            width, height = (round(100 * inches) for inches in drawing.get_size_inches())
        else:
            viz.write_png(drawing, file)
            width, height = drawing.size
    if isinstance(drawing, list):
        still = path.with_suffix(".still.png")
        with atomic(folder / still) as file:
            viz.write_png(drawing[figure.still], file)
    return {
        "file": path.as_posix(),
        "still": still and still.as_posix(),
        "width": width,
        "height": height,
        "bytes": (folder / path).stat().st_size,
        "sha256": sha256(folder / path),
        "still_sha256": still and sha256(folder / still),
    }


def known(figure: Figure, file: str, code: Code) -> dict[str, Any]:
    """The part of a figure's record that needs no drawing, `file` being its picture's."""
    writer = f"write_{file.rpartition('.')[2]}"
    return {
        "section": figure.section,
        "caption": figure.caption,
        "made": figure.made,
        "alt": figure.alt,
        "script": f"python -m scripts.figures {figure.name}",
        "source": figure.script,
        "code": code.digest(figure.code(), ("ddpm.viz", writer)),
        "inputs": figure.inputs(),
    }


def build(figure: Figure, folder: Path, code: Code) -> dict[str, Any]:
    """Draws a figure, writes it below `folder`, and returns its whole record."""
    started = time.perf_counter()
    files = write(figure.draw(), figure, folder)
    return {
        "section": figure.section,
        **files,
        "pixelated": not files["file"].endswith(".svg"),
        **known(figure, files["file"], code),
        "seconds": round(time.perf_counter() - started, 1),
        "date": datetime.date.today().isoformat(),
        "device": device_name(default_device()),
        "versions": {name: metadata.version(name) for name in VERSIONS},
    }


def reason(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Why a figure's bytes differ from the recorded ones, as far as the records tell."""
    keys = ("code", "inputs", "versions", "device")
    changed = [key for key in keys if old.get(key) != new[key]]
    return f"other {' and '.join(changed)}" if changed else "same code and inputs"


def figures(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    list_: Annotated[bool, tyro.conf.arg(name="list")] = False,
    check: bool = False,
    stale: bool = False,
) -> None:
    """Rebuilds figures from the bundled weights and digits, and tells what changed.

    Args:
        names: which; all by default.
        list_: only list their names.
        check: build into a temporary folder and fail where bytes differ from the committed ones.
        stale: only those whose code, inputs, words or files are not those of their record; with
            --check, only say which, and fail if there are any.
    """
    register_all()
    if list_:
        for figure in FIGURES.values():
            print(f"{figure.section:12} {figure.name:28} {figure.script}")
        return
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        raise ValueError(f"unknown figure '{unknown[0]}'; --list shows all")

    manifest = read_manifest()
    chosen = [FIGURES[name] for name in names] or [*FIGURES.values()]
    code, outcomes = Code(), []
    if stale:
        chosen = select_stale(chosen, manifest, code, check)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) if check else ASSETS
        bar = tqdm(chosen, unit="figure", disable=not chosen)
        for figure in bar:
            bar.set_description(figure.name)
            old = manifest.get(figure.name)
            before = pictures(old)
            new = build(figure, folder, code)
            apart = describe(before, pictures(new, folder))
            outcomes.append(compare(figure.name, old, new, apart))
            if not check:
                for path in before.keys() - pictures(new):  # another section, or another ending
                    (ASSETS / path).unlink()
                # What is the same keeps its record, with the date when it was made.
                manifest[figure.name] = old if old and same(old, new) else new
                write_manifest(manifest)
    if not check and not names:
        write_manifest({name: manifest[name] for name in FIGURES})
    if outcomes:
        print_table(outcomes)
    changed = sum(outcome.change != "same" for outcome in outcomes)
    if check and changed:
        print(f"{changed} of {len(outcomes)} figures differ from the committed ones")
        raise SystemExit(1)


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


def pictures(record: dict[str, Any] | None, folder: Path = ASSETS) -> dict[str, bytes]:
    """The files of a record, as far as they are there, by their paths below `folder`."""
    paths = [record["file"], record["still"]] if record else []
    return {p: (folder / p).read_bytes() for p in paths if p and (folder / p).is_file()}


def same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether two records differ in nothing but when and how fast the figure was made."""
    passing = ("seconds", "date", "device", "versions")
    return all(old.get(key) == new[key] for key in new if key not in passing)


def compare(name: str, old: dict[str, Any] | None, new: dict[str, Any], apart: str = "") -> Outcome:
    """What became of a figure, by its two records and by how far its pictures are apart."""
    if old is None:
        change, why = "new", ""
    elif all(old.get(digest) == new[digest] for digest in ("sha256", "still_sha256")):
        change, why = "same", ""
    else:
        change, why = "changed", "; ".join(filter(None, [reason(old, new), apart]))
    return Outcome(name, change, why, new["seconds"], new["bytes"])


def print_table(outcomes: list[Outcome]) -> None:
    """Prints a line per figure, and their sum."""
    print(f"{'figure':28} {'bytes':>9} {'seconds':>8}  change")
    for o in outcomes:
        print(f"{o.name:28} {o.size:9,} {o.seconds:8.1f}  {o.change}{': ' * bool(o.why)}{o.why}")
    size, seconds = sum(o.size for o in outcomes), sum(o.seconds for o in outcomes)
    print(f"{len(outcomes):<28} {size:9,} {seconds:8.1f}")


def read_manifest() -> dict[str, Any]:
    """The records of all figures, by name; empty if there are none yet."""
    path = ASSETS / "manifest.json"
    return json.loads(path.read_text())["figures"] if path.is_file() else {}


def write_manifest(records: dict[str, Any]) -> None:
    """Writes the records of all figures, all or nothing."""
    write_json(ASSETS / "manifest.json", {"figures": records})


if __name__ == "__main__":
    run(figures)
