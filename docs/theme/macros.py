"""What a page can say in double braces: figures, measured numbers and how both were obtained.

Everything is read from site_assets/ when the site is built. What is missing there is logged as
a warning, which fails a strict build, and is marked on the page.
"""

import contextlib
import functools
import json
import logging
import posixpath
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from mkdocs.utils import get_relative_url

log = logging.getLogger("mkdocs.site")

RECORDS = "reproduce.md"
WORDS = {"caption", "made", "alt", "script", "source"}
REQUIRED = WORDS | {"section", "file", "width", "height", "seconds"}
FIGURE_FIELDS = ("made", "script", "inputs", "device", "seconds", "versions", "bytes", "sha256")


class Missing(Exception):
    """A page asks for what site_assets/ does not have."""


def define_env(env: Any) -> None:
    """Gives the pages their macros (called by mkdocs-macros at the start of a build)."""
    assets = Path(env.project_dir) / "site_assets"

    @functools.cache
    def read(name: str) -> Any:
        try:
            return json.loads((assets / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise Missing(f"there is no site_assets/{name}") from None
        except json.JSONDecodeError as error:
            raise Missing(f"site_assets/{name} is not JSON: {error}") from None

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
            except Missing as error:
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

    def text_of(value: Any, source: str, path: str, spec: str) -> str:
        if not isinstance(value, int | float | str):
            raise Missing(f"site_assets/{source} has no single value at {path!r}")
        try:
            return format(value, spec)
        except ValueError as error:
            raise Missing(f"{value!r} at {path!r} of site_assets/{source}: {error}") from None

    def shown(value: Any, source: str, path: str, spec: str) -> str:
        text = text_of(value, source, path, spec)
        if isinstance(value, int | float):
            text = text.replace("-", "\N{MINUS SIGN}")
        where = escape(f"{source}#{path}")
        return f'<span class="result" data-source="{where}">{escape(text)}</span>'

    @macro
    def number(result: str, path: str, spec: str = "") -> str:
        """One measured number: the value at a dotted path of a result, formatted."""
        source = f"results/{result}.json"
        return shown(_walk(read(source), path, source), source, path, spec)

    @macro
    def tex(result: str, path: str, spec: str = "") -> str:
        """The same within a formula, as TeX writes it: 1{,}234, 5.6\\,\\%, 7 \\cdot 10^{-8}."""
        source = f"results/{result}.json"
        text = text_of(_walk(read(source), path, source), source, path, spec)
        text = text.replace(",", "{,}").replace("%", r"\,\%")
        mantissa, e, exponent = text.partition("e")
        if not e:
            return text
        power = f"10^{{{int(exponent)}}}"
        return power if mantissa == "1" else rf"{mantissa} \cdot {power}"

    @macro
    def table(result: str, path: str, *columns: tuple[str, str, str], first: str = "") -> str:
        """A table with a row for each entry of a result: its name, and one number a column.

        A column is a heading, the dotted path within the entry, and a format; words, which have
        none, stand at the left. `first` heads the names. What an entry lacks is left empty.
        """
        source = f"results/{result}.json"
        entries = _walk(read(source), path, source)
        lines = [
            f"| {' | '.join([first, *(heading for heading, *_ in columns)])} |",
            "| --- |" + "".join(" ---: |" if spec else " --- |" for *_, spec in columns),
        ]
        for name, entry in entries.items():
            cells = [f"`{name}`"]
            for _, inner, spec in columns:
                try:
                    value = _walk(entry, inner, source)
                except Missing:
                    cells.append("")
                else:
                    cells.append(shown(value, source, f"{path}.{name}.{inner}", spec))
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)

    @macro
    def record(result: str) -> str:
        """How a result was obtained, folded into one line."""
        source = f"results/{result}.json"
        how = _walk(read(source), "how", source)
        body = _definitions(how.items())
        return (
            '<details class="how" data-search-exclude>'
            f"<summary>How this was obtained: {escape(result)}</summary>"
            f"{body}"
            f'<p><a href="{asset(source)}">{escape(source)}</a></p></details>'
        )

    @macro
    def script_options(level: int = 3) -> str:
        """Every script's options, under one heading per script."""
        scripts = _walk(read("results/options.json"), "scripts", "results/options.json")
        parts = []
        for name, script in scripts.items():
            parts += [f"{'#' * level} `scripts.{name}` {{ #{name} }}", script["does"]]
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
    return (
        f'<picture><source srcset="{asset(entry["still"])}"'
        f' media="(prefers-reduced-motion: reduce), print">{image}</picture>'
    )


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


def _walk(value: Any, path: str, source: str) -> Any:
    for step in path.split("."):
        try:
            value = value[
                int(step) if re.fullmatch(r"-?\d+", step) and isinstance(value, list) else step
            ]
        except (KeyError, IndexError, TypeError):
            raise Missing(f"site_assets/{source} has no {path!r} (at {step!r})") from None
    return value
