"""A table of measured numbers, written as a Markdown table with the place of each in braces.

    {% call table("ladder#rows", rows=[250, 500, 750]) %}
    | $t$  | noisy                 | blur                 |
    | ---: | ---:                  | ---:                 |
    | {*}  | {*.noisy.psnr:.1f} dB | {*.blur.psnr:.1f} dB |
    {% endcall %}

`{path:format}` is the value at a dotted path below the record that the call names;
`{result#path:format}` is one of another record. Between two dollars it is written as TeX. A path
with a question mark at its end may lead nowhere in some rows, which leaves its place empty there.

A line with a star is repeated for every row that the call lists, with the row's label for `{*}`
and the row's key for a star in a path. Without a list there is a row for every entry of the
record. A key that is a list gives its parts to the stars of a path in turn. Several formats,
separated by spaces, are those of the rows in turn. A place between backticks is shown as code.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from typing import Any

from results import Missing, Results

Rows = Mapping[str, Any] | Sequence[Any] | None
"""The rows' keys by their labels; or keys that are their own labels; or None for all entries.

A key with a question mark at its end has a row only if the record has an entry of that name.
"""

PLACE = re.compile(r"\{([^{}|]+):([^{}|:\\]*)\}")
FORMULA = re.compile(r"(\$[^$]*\$)")
CODE = re.compile(rf"`({PLACE.pattern})`")
LABEL = "{*}"


@dataclass(frozen=True)
class Row:
    """A row of those that a line is repeated for: its label, its key and its place among them."""

    label: str = ""
    key: Any = ""
    index: int = 0
    count: int = 1


class Table:
    """The text of one table, whose places `fill` fills in.

    Args:
        results: where the values are.
        record: a result, or a path within it, as `ladder#rows`.
    """

    def __init__(self, results: Results, record: str):
        self.results = results
        self.result, _, path = record.partition("#")
        self.path = path.split(".") if path else []
        self.filled: dict[str, bool] = {}

    def fill(self, text: str, rows: Rows = None) -> str:
        """The table as Markdown; what is not there, or not understood, raises Missing."""
        lines = []
        for line in text.split("\n"):
            starred = LABEL in line or any("*" in path for path, _ in PLACE.findall(line))
            for row in self._rows(rows) if starred else [Row()]:
                lines.append(self._line(line.replace(LABEL, row.label), row))
        if empty := [place for place, filled in self.filled.items() if not filled]:
            raise Missing(f"no row has {empty[0]}")
        return "\n".join(lines)

    def _rows(self, rows: Rows) -> list[Row]:
        if rows is None:
            rows = self.results.value(self.result, self.path)
            if not isinstance(rows, Mapping):
                raise Missing(f"{self.result}#{'.'.join(self.path)} has no entries")
            rows = list(rows)
        pairs = rows.items() if isinstance(rows, Mapping) else [(str(key), key) for key in rows]
        pairs = [(label, key) for label, key in map(self._known, pairs) if key is not None]
        return [Row(label, key, index, len(pairs)) for index, (label, key) in enumerate(pairs)]

    def _known(self, pair: tuple[str, Any]) -> tuple[str, Any]:
        """A label and its key without the question mark; None for a key that has no entry."""
        label, key = pair
        if not (isinstance(key, str) and key.endswith("?")):
            return pair
        name = key.removesuffix("?")
        try:
            self.results.value(self.result, [*self.path, name])
        except Missing:
            return label, None
        return label.removesuffix("?"), name

    def _line(self, line: str, row: Row) -> str:
        texts = []
        for part in FORMULA.split(line):
            formula = FORMULA.fullmatch(part) is not None
            write = self.results.tex if formula else self.results.html
            part = CODE.sub(r"<code>\1</code>", part)  # a value is HTML, which backticks show
            text = PLACE.sub(functools.partial(self._number, write, row), part)
            if "{" in text and not formula:
                raise Missing(f"what is in braces is not {{path:format}}: {part.strip()}")
            texts.append(text)
        return "".join(texts)

    def _number(self, write: Callable[..., str], row: Row, place: re.Match[str]) -> str:
        formats = place[2].split() or [""]
        if len(formats) not in (1, row.count):
            raise Missing(f"{place[0]} has {len(formats)} formats for {row.count} rows")
        elsewhere, _, inner = place[1].removesuffix("?").rpartition("#")
        parts = iter(row.key) if isinstance(row.key, list | tuple) else repeat(row.key)
        result = _starred(elsewhere, parts) or self.result
        steps = [_starred(step, parts) for step in inner.split(".")]
        steps = steps if elsewhere else [*self.path, *steps]
        if place[1].endswith("?"):
            try:
                self.results.value(result, steps)
            except Missing:
                self.filled.setdefault(place[0], False)
                return ""
        self.filled[place[0]] = True
        return write(result, steps, formats[row.index if len(formats) > 1 else 0])


def _starred(text: str, parts: Iterator[Any]) -> str:
    """The text with each star replaced by the next of a key's parts."""
    first, *others = text.split("*")
    values = list(islice(parts, len(others)))
    if len(values) < len(others):
        raise Missing(f"a key has too few parts for the stars of {text!r}")
    return first + "".join(f"{value}{other}" for value, other in zip(values, others, strict=True))
