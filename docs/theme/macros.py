"""What a page can say in double braces: figures, measured numbers and how both were obtained.

Everything is read from site_assets/ when the site is built. What is missing there is logged as
a warning, which fails a strict build, and is marked on the page.
"""

import contextlib
import functools
import json
import logging
import posixpath
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from mkdocs.utils import get_relative_url

sys.path.insert(0, str(Path(__file__).parent))  # mkdocs-macros loads this file by its path
import live
import teaching
from course import Wrong
from results import Missing, Results
from tables import Rows, Table

log = logging.getLogger("mkdocs.site")

RECORDS = "reproduce.md"
WORDS = {"caption", "made", "alt", "script", "source"}
REQUIRED = WORDS | {"section", "file", "width", "height", "seconds"}
FIGURE_FIELDS = (
    "made",
    "script",
    "inputs",
    "pipeline",
    "device",
    "date",
    "seconds",
    "versions",
    "bytes",
    "sha256",
)


def define_env(env: Any) -> None:
    """Gives the pages their macros (called by mkdocs-macros at the start of a build)."""
    assets = Path(env.project_dir) / "site_assets"

    results = Results(assets)
    read = results.read

    def asset(path: str) -> str:
        """The address of a file of site_assets/, relative to the page."""
        if not (assets / path).is_file():
            raise Missing(f"there is no site_assets/{path}")
        return escape(get_relative_url(f"assets/{path}", env.page.url))

    def macro(function: Callable[..., str]) -> Callable[..., str]:
        @functools.wraps(function)
        def checked(*args: Any, **options: Any) -> str:
            try:
                return function(*args, **options)
            except (Missing, Wrong) as error:
                call = ", ".join(map(repr, args))
                log.warning(f"{env.page.file.src_uri}: {function.__name__}({call}): {error}")
                return f'<strong class="missing">{escape(str(error))}</strong>'

        return env.macro(checked)

    @macro
    def figure(name: str, eager: bool = False) -> str:
        """A figure of the manifest with its caption; `eager` for one seen without scrolling."""
        entry = _figures(read("manifest.json")).get(name)
        if entry is None:
            raise Missing(f"site_assets/manifest.json has no figure {name!r}")
        records = posixpath.relpath(RECORDS, posixpath.dirname(env.page.file.src_uri) or ".")
        caption = (
            f"{entry['caption']} <small>{_made(entry)} [Record]({records}#figure-{name})</small>"
        )
        crisp = " pixelated" if entry.get("pixelated") else ""
        return (
            f'<figure class="figure{crisp}" markdown="1">\n<div class="picture">'
            f"{_picture(entry, asset, eager)}</div>\n"
            f'<figcaption markdown="span">{caption}</figcaption>\n</figure>'
        )

    @env.macro
    def measured(result: str, path: str = "how") -> bool:
        """Whether a result has a value there, for what a page can only say once it is measured."""
        with contextlib.suppress(Missing):
            return results.value(result, path.split(".")) is not None
        return False

    @macro
    def figure_once_made(name: str, shows: str) -> str:
        """A figure that needs weights from elsewhere; until there is one, what it would show."""
        if name in _figures(read("manifest.json")):
            return figure(name)
        return (
            f'<p class="unmade"><strong>Not made yet.</strong> {escape(shows)} It needs the'
            f" model's weights: <code>nox -s figures -- {escape(name)}</code> makes it.</p>"
        )

    @macro
    def number(result: str, path: str, spec: str = "") -> str:
        """One measured number: the value at a dotted path of a result, formatted."""
        return results.html(result, path.split("."), spec)

    @macro
    def tex(result: str, path: str, spec: str = "") -> str:
        """The same within a formula, as TeX writes it."""
        return results.tex(result, path.split("."), spec)

    @macro
    def table(record: str, rows: Rows = None, caller: Callable[[], str] | None = None) -> str:
        """A table of measured numbers, which is called around its text: see tables.py."""
        if caller is None:
            raise Missing(
                "has no text; write {% call table(...) %} before it and {% endcall %} after"
            )
        return Table(results, record).fill(caller(), rows)

    @macro
    def record(result: str) -> str:
        """How a result was obtained, or RESULT#PART of one, folded into one line."""
        name, _, part = result.partition("#")
        source = f"results/{name}.json"
        how = results.value(name, [*filter(None, part.split(".")), "how"])
        body = _definitions(how.items())
        return (
            '<details class="how" data-search-exclude>'
            f"<summary>How this was obtained: {escape(result.replace('#', ', '))}</summary>"
            f"{body}"
            f'<p><a href="{asset(source)}">{escape(source)}</a></p></details>'
        )

    teaching.define(env, macro)

    @macro
    def live_models() -> str:
        """What a page knows of the browser's models before it loads one: JSON for an attribute."""
        return escape(json.dumps(live.before_loading(read("live/models.json")["models"])))

    @macro
    def script_options(level: int = 3) -> str:
        """Every script's options, under one heading per script."""
        scripts = results.value("options", ["scripts"])
        parts = []
        for name, script in scripts.items():
            parts += [f"{'#' * level} `{script['call']}` {{ #{name} }}", script["does"]]
            for option in script["options"]:
                default = f" (`{option['default']}`)" if option["default"] else ""
                parts.append(f"`{option['name']}`{default}\n:   {option['help']}")
        return "\n\n".join(parts)

    @macro
    def figure_records(level: int = 3) -> str:
        """How every figure was made, under one heading per section."""
        figures = _figures(read("manifest.json"))
        source = _sources(env.conf["extra"].get("repository"), Path(env.project_dir))
        parts = []
        for section, entries in groupby(figures.items(), lambda item: item[1]["section"]):
            parts.append(f"{'#' * level} {section.capitalize()} {{ #figures-{section} }}")
            parts += [_figure_record(name, entry, asset, source) for name, entry in entries]
        return "\n\n".join(parts)


def _figures(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest's figures, those of a section together, sections in order of appearance."""
    figures: dict[str, Any] = manifest["figures"]
    for name, entry in figures.items():
        if lacking := REQUIRED - entry.keys():
            raise Missing(f"site_assets/manifest.json: {name!r} lacks {sorted(lacking)[0]!r}")
    order = list(dict.fromkeys(entry["section"] for entry in figures.values()))
    return dict(sorted(figures.items(), key=lambda item: order.index(item[1]["section"])))


def _picture(entry: Mapping[str, Any], asset: Callable[[str], str], eager: bool) -> str:
    loading = 'fetchpriority="high"' if eager else 'loading="lazy"'
    image = (
        f'<img src="{asset(entry["file"])}" alt="{escape(entry["alt"])}" {loading} decoding="async"'
        f' width="{entry["width"]}" height="{entry["height"]}">'
    )
    if not entry["file"].endswith(".gif"):
        return image
    if not entry.get("still"):
        raise Missing(f"{entry['file']} has no still to show where motion is not wanted")
    # With scripts, the still comes first, and `site.js` lets the figure move when it is seen.
    still = "(prefers-reduced-motion: reduce), (scripting: enabled), print"
    return f'<picture><source srcset="{asset(entry["still"])}" media="{still}">{image}</picture>'


def _made(entry: Mapping[str, Any]) -> str:
    inputs = entry.get("inputs", {})
    facts = [f"<code>{escape(entry['script'])}</code>"]
    for model, digest in inputs.get("weights", {}).items():
        facts.append(f"weights {escape(model)} {escape(digest.removeprefix('sha256:')[:8])}")
    if "seed" in inputs:
        facts.append(f"seed {inputs['seed']}")
    facts.append(
        f"{entry['seconds']:.2g} s" if entry["seconds"] < 10 else f"{entry['seconds']:.0f} s"
    )
    return f"{entry['made']} {', '.join(facts)}."


def _sources(repository: str | None, root: Path) -> Callable[[str], str]:
    """Shows a file of the checkout: linked to it as of this commit if the address is known."""
    commit = "main"
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        command = ["git", "-C", str(root), "rev-parse", "HEAD"]
        answer = subprocess.run(command, capture_output=True, check=True, text=True)
        commit = answer.stdout.strip()

    def source(path: str) -> str:
        shown = f"<code>{escape(path)}</code>"
        if not repository:
            return shown
        address = f"{repository.removesuffix('/').removesuffix('.git')}/blob/{commit}/{path}"
        return f'<a href="{escape(address)}">{shown}</a>'

    return source


def _figure_record(
    name: str,
    entry: Mapping[str, Any],
    asset: Callable[[str], str],
    source: Callable[[str], str],
) -> str:
    fields = [(field, entry[field]) for field in FIGURE_FIELDS if field in entry]
    return (
        f'<details class="how" id="figure-{name}" data-search-exclude>'
        f"<summary>{escape(name)}</summary>"
        f"{_definitions(fields)}"
        f'<p><a href="{asset(entry["file"])}">{escape(entry["file"])}</a>'
        f" drawn by {source(entry['source'])}</p></details>"
    )


def _definitions(fields: Any) -> str:
    return f"<dl>{''.join(_rows(fields))}</dl>"


def _rows(fields: Any, prefix: str = "") -> Iterator[str]:
    """One row a field; the fields of a dictionary, such as the inputs, have a row each."""
    for name, value in fields:
        label = str(name).replace("_", " ")
        if isinstance(value, Mapping) and name != "versions":
            yield from _rows(value.items())
        else:
            yield f"<dt>{escape(label)}</dt><dd>{_shown(name, value)}</dd>"


def _shown(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        text = ", ".join(f"{key} {item}" for key, item in value.items())
    elif isinstance(value, list):
        text = ", ".join(str(item) for item in value)
    elif isinstance(value, float):
        text = f"{value:.4g}"
    else:
        text = f"{value:,}" if name == "bytes" else str(value)
    shown = escape(text)
    return f"<code>{shown}</code>" if name in ("command", "script") else shown
