"""How many evaluations of the network an image takes, for every row that names its setting.

A guided step asks twice, with the label and without, so it costs two; Heun's steps but the last
look twice as well. The tables take the numbers from the record `evaluations`, which is computed
from the rows' settings and written again after each measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ddpm.files import write_json
from scripts.workshop.costs import evaluations_of
from scripts.workshop.declared import DECLARED
from scripts.workshop.numbers import at, records
from scripts.workshop.records import results_file
from scripts.workshop.registry import measurement


def counted(results: Mapping[str, Any]) -> dict[str, Any]:
    """The evaluations of every declared row, under the row's record and path.

    Rows with something more than their setting, such as a start from a noised digit, are left
    out.
    """
    table: dict[str, Any] = {}
    for rows in DECLARED:
        for path, row in at(results.get(rows.record, {}), rows.path):
            if not isinstance(row, Mapping):
                continue
            found = rows.of(path[-1], row)
            setting, besides = found if isinstance(found, tuple) else (found, "")
            if besides:
                continue
            place = table.setdefault(rows.record, {})
            for name in path[:-1]:
                place = place.setdefault(name, {})
            place[path[-1]] = evaluations_of(setting)
    return table


@measurement
def evaluations(quick: bool) -> dict[str, Any]:
    """Evaluations of the network an image, for every row of the records."""
    return counted(records())


def count_again() -> bool:
    """Writes the record `evaluations` if the rows have changed; returns whether they had."""
    results = records()
    before, now = results.get("evaluations", {}), counted(results)
    if {**now, "how": before.get("how")} == before:
        return False
    write_json(results_file("evaluations"), {**now, "how": before.get("how", {})})
    return True
