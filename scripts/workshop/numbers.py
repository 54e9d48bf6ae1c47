"""One quantity, one number: what each accuracy and each distance in the records measures.

Every row of a record that says how good samples are is declared here, with everything that
the samples depend on except chance. Where two records show the same quantity, the one that is
declared first has measured it. `python -m scripts.evaluate --copy` copies it to the others, and so
does every run.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ddpm.files import write_json
from scripts.workshop.declared import DECLARED, OTHER, Rows
from scripts.workshop.records import RESULTS, read_json, results_file
from scripts.workshop.samples import Setting

QUANTITY = re.compile(
    r"(second_)?(accuracy|fid|fid_over_floor|precision|recall|diversity|clear|grey)(_spread)?|seeds"
)
"""The measures of samples in a row; `second_` before them stands for the second classifier."""


@dataclass(frozen=True)
class Key:
    """A quantity: what was measured, of which samples, how many of them.

    Attributes:
        quantity: such as "accuracy", the share of samples recognised as the digit asked for.
        setting: of the samples.
        besides: what else was done, such as a correction; nothing by default.
        count: samples of each seed, on which distances depend.
    """

    quantity: str
    setting: Setting
    besides: str = ""
    count: int = 1000


@dataclass(frozen=True)
class Shown:
    """A number in a record: its quantity, its value and its place."""

    key: Key
    value: float
    record: str
    path: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where it is, as `record#path`."""
        return f"{self.record}#{'.'.join(self.path)}"


def records() -> dict[str, Any]:
    """All results by their names."""
    files = sorted(RESULTS.glob("*.json"))
    return {path.stem: read_json(path.stem) for path in files}


def at(value: Any, path: str, there: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What is at the places of a path with stars, each with the path that leads there."""
    step, _, rest = path.partition(".")
    if not path:
        yield there, value
    elif isinstance(value, Mapping):
        for name in value if step == "*" else [step]:
            if name in value:
                yield from at(value[name], rest, (*there, name))


def collect(results: Mapping[str, Any], declared: tuple[Rows, ...] = ()) -> list[Shown]:
    """Every declared number, in the order of the declarations, which are `DECLARED` by default."""
    shown = []
    for rows in declared or DECLARED:
        record = results.get(rows.record, {})
        for path, row in at(record, rows.path):
            if not isinstance(row, Mapping):
                continue
            found = rows.of(path[-1], row)
            setting, besides = found if isinstance(found, tuple) else (found, "")
            count = row.get("count", record.get("count", 0))
            for name, value in row.items():
                if QUANTITY.fullmatch(name) or name in rows.also:
                    key = Key(name, setting.whole(), besides, count)
                    shown.append(Shown(key, value, rows.record, (*path, name)))
    return shown


def clashes(shown: list[Shown]) -> list[str]:
    """The quantities that have two values, each in a line."""
    values: dict[Key, list[Shown]] = defaultdict(list)
    for one in shown:
        values[one.key].append(one)
    return [
        f"{key.quantity} of {key.setting}: "
        + ", ".join(f"{s.value:.6g} in {s.place}" for s in same)
        for key, same in values.items()
        if len({s.value for s in same}) > 1
    ]


def undeclared(results: Mapping[str, Any]) -> list[str]:
    """The places of numbers that say how good samples are and are not declared."""
    known = {shown.place for shown in collect(results)}
    found = []
    for record, value in results.items():
        for path, number in leaves(value):
            place = f"{record}#{'.'.join(path)}"
            if QUANTITY.fullmatch(path[-1]) and isinstance(number, float) and place not in known:
                found.append(place)
    return [place for place in found if not any(re.match(other, place) for other in OTHER)]


def leaves(value: Any, there: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """All single values within a result, with their paths."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, (*there, name))
    elif there:
        yield there, value


def together(results: Mapping[str, Any]) -> set[str]:
    """Gives every quantity the value of its first record; returns the records that changed."""
    first: dict[Key, float] = {}
    changed = set()
    for shown in collect(results):
        value = first.setdefault(shown.key, shown.value)
        if value != shown.value:
            *path, name = shown.path
            row = results[shown.record]
            for step in path:
                row = row[step]
            row[name] = value
            changed.add(shown.record)
    return changed


def copy_numbers() -> list[str]:
    """Copies each number from the record that measured it to the others, which it returns."""
    results = records()
    changed = sorted(together(results))
    for name in changed:
        write_json(results_file(name), results[name])
    return changed
