"""Builds figures: draws each, writes it, and records what made it.

Figures are drawn by one process for each processor, each with one thread: small networks gain
little from a second thread, and so the bytes do not depend on the number of processors.
"""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure as Plot

from ddpm import viz
from ddpm.devices import default_device
from ddpm.files import atomic
from ddpm.memory import keep_freed_memory
from ddpm.records import device_name
from scripts.workshop.provenance import Code, sha256
from scripts.workshop.records import ASSETS
from scripts.workshop.registry import FIGURES, Figure, Picture, register_all

VERSIONS = ("torch", "numpy", "matplotlib", "pillow", "imageio")
"""The packages whose version may change a figure's bytes."""

WRITERS = {"png": "ddpm.viz", "gif": "ddpm.viz", "svg": "ddpm.plots"}
"""Where the functions are that write each kind of file."""


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
    ending = file.rpartition(".")[2]
    return {
        "section": figure.section,
        "caption": figure.caption,
        "made": figure.made,
        "alt": figure.alt,
        "script": f"python -m scripts.figures {figure.name}",
        "source": figure.script,
        "code": code.digest(figure.code(), (WRITERS[ending], f"write_{ending}")),
        "inputs": figure.inputs(),
    }


def build(figure: Figure, folder: Path, code: Code) -> dict[str, Any]:
    """Draws a figure, writes it below `folder`, and returns its whole record."""
    started = time.perf_counter()
    with viz.style():
        files = write(figure.draw(), figure, folder)
    return {
        "section": figure.section,
        **files,
        "pixelated": not files["file"].endswith(".svg"),
        **known(figure, files["file"], code),
        **({"pipeline": figure.pipeline()} if figure.pipeline else {}),
        "seconds": round(time.perf_counter() - started, 1),
        "date": datetime.date.today().isoformat(),
        "device": device_name(default_device()),
        "versions": {name: metadata.version(name) for name in VERSIONS},
    }


def pictures(record: dict[str, Any] | None, folder: Path = ASSETS) -> dict[str, bytes]:
    """The files of a record, as far as they are there, by their paths below `folder`."""
    paths = [record["file"], record["still"]] if record else []
    return {p: (folder / p).read_bytes() for p in paths if p and (folder / p).is_file()}


@dataclass(frozen=True)
class Built:
    """A figure that was drawn.

    Attributes:
        record: its new record.
        before, after: its files' bytes, as they were and as they are now, by their paths.
    """

    name: str
    record: dict[str, Any]
    before: dict[str, bytes]
    after: dict[str, bytes]


def build_group(names: list[str], folder: Path, manifest: dict[str, Any]) -> list[Built]:
    """Builds figures that share samples, one after the other, below `folder`."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    keep_freed_memory()
    register_all()
    built, code = [], Code()
    try:
        for name in names:
            before = pictures(manifest.get(name))
            record = build(FIGURES[name], folder, code)
            built.append(Built(name, record, before, pictures(record, folder)))
    finally:
        torch.set_num_threads(threads)
    return built


def build_all(chosen: list[Figure], folder: Path, manifest: dict[str, Any]) -> Iterator[Built]:
    """Builds figures below `folder`, in one process for each processor.

    The longest come first, by their records; figures that share samples stay together. On a GPU
    one process draws all.
    """
    groups: dict[str, list[str]] = {}
    for figure in chosen:
        groups.setdefault(figure.shares or figure.name, []).append(figure.name)

    def cost(names: list[str]) -> float:
        return sum(manifest.get(name, {}).get("seconds", 1.0) for name in names)

    order = sorted(groups.values(), key=cost, reverse=True)
    workers = min(len(order), (os.cpu_count() or 1) if default_device().type == "cpu" else 1)
    if workers == 1:
        for names in order:
            yield from build_group(names, folder, manifest)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(build_group, names, folder, manifest) for names in order]
        try:
            for done in as_completed(waiting):
                yield from done.result()
        finally:
            for future in waiting:
                future.cancel()
