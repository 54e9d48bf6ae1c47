"""Figures and measurements by name: each script registers its own.

`scripts.figures` builds the figures, and `scripts.evaluate` takes the measurements.

A figure is a function without arguments that returns what is to be written: a sheet (`.png`),
a list of sheets (`.gif`) or a plot (`.svg`). Beside it stand its words and its inputs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module, resources
from typing import Any

from matplotlib.figure import Figure as Plot
from PIL import Image

from scripts.workshop.records import results_file

FAMILIES = (
    "workshop.quality",
    "workshop.rival",
    "workshop.students",
    "workshop.short_students",
    "pages.digits",
    "pages.students",
    "workshop.guidance_kinds",
    "workshop.goals",
    "pages.home",
    "pages.forward",
    "pages.network",
    "pages.networks",
    "pages.training",
    "pages.sampling",
    "pages.conditional",
    "pages.denoiser",
    "pages.courses",
    "pages.guidance",
    "pages.leaderboard",
    "pages.schedules",
    "pages.randomness",
    "pages.backgrounds",
    "pages.claims",
    "pages.denoising",
    "pages.sdedit",
    "pages.inpainting",
    "pages.anagrams",
    "pages.hybrids",
    "pages.text",
    "workshop.second_opinion",
    "workshop.techniques",
    "pages.warmup",
    "pages.conventions",
    "workshop.facts",
    "workshop.evaluations",
)
"""The modules below `scripts` that register figures and measurements."""

Picture = Image.Image | list[Image.Image] | Plot


@dataclass(frozen=True)
class Figure:
    """A figure of the site.

    Attributes:
        name: also its file's name.
        section: its folder under `site_assets/figures/`.
        draw: makes it.
        script: the file it is in, from the repository's root.
        caption: one sentence: what to see.
        made: one sentence: how it was made.
        alt: what the picture shows, for readers who cannot see it.
        models, results: the bundled models and results files that it is made from, the latter
            `.json` unless their names say otherwise.
        settings: seeds, steps and the like, for its record.
        milliseconds: of each frame of a GIF.
        levels: grey levels of a GIF.
        still: the frame of a GIF that stands for it where nothing should move.
        shares: figures with the same word show some of the same samples, which are made once.
        pipeline: says which weights from elsewhere it is made with, for its record; it raises
            ValueError where they are not on this machine, or where a record that it needs is not
            measured yet, and the figure is then skipped.
    """

    name: str
    section: str
    draw: Callable[[], Picture]
    script: str
    caption: str
    made: str
    alt: str
    models: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    milliseconds: int = 80
    levels: int = 16
    still: int = -1
    shares: str = ""
    pipeline: Callable[[], dict[str, str]] | None = None

    def code(self) -> tuple[str, str]:
        """The module and the name of the function that draws it, or of the one around that."""
        return self.draw.__module__, self.draw.__qualname__.partition(".")[0]

    def inputs(self) -> dict[str, Any]:
        """What the figure is made from, files by their digests."""
        weights = {name: digest_of(f"weights/{name}.safetensors") for name in self.models}
        logs = {
            name: "sha256:" + hashlib.sha256(results_file(name).read_bytes()).hexdigest()
            for name in self.results
        }
        inputs: dict[str, Any] = dict(self.settings)
        if weights:
            inputs["weights"] = weights
        if logs:
            inputs["results"] = logs
        return inputs


FIGURES: dict[str, Figure] = {}


def figure(name: str, section: str, **words: Any) -> Callable[[Callable[[], Picture]], Callable]:
    """Registers a function as a figure; the arguments are those of `Figure`."""

    def register(draw: Callable[[], Picture]) -> Callable[[], Picture]:
        script = draw.__module__.replace(".", "/") + ".py"
        FIGURES[name] = Figure(name, section, draw, script, **words)
        return draw

    return register


SEED = 0
"""The seed of all measurements."""


class NotHere(ValueError):
    """A measurement needs weights that have not been trained on this machine."""


MEASUREMENTS: dict[str, Callable[[bool], dict[str, Any]]] = {}


def measurement(
    function: Callable[[bool], dict[str, Any]],
) -> Callable[[bool], dict[str, Any]]:
    """Registers a measurement under its name.

    Its argument says whether to be quick, and it returns what `scripts.evaluate` writes.
    """
    MEASUREMENTS[function.__name__] = function
    return function


def register_all() -> None:
    """Imports every script that registers figures or measurements."""
    for family in FAMILIES:
        import_module(f"scripts.{family}")


def digest_of(path: str) -> str:
    """The digest of a file that comes with the package."""
    return "sha256:" + hashlib.sha256((resources.files("ddpm") / path).read_bytes()).hexdigest()
