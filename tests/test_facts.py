"""What follows from formulas is in its results file as it is computed now."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.workshop.facts import facts
from scripts.workshop.records import read_json


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every single value by its dotted path."""
    if not isinstance(value, dict | list | tuple):
        return {path: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {k: v for key, inner in items for k, v in flat(inner, f"{path}.{key}").items()}


def test_no_value_is_stale():
    kept, computed = read_json("facts"), facts(False)
    del kept["how"]
    kept, computed = flat(kept), flat(computed)
    assert kept.keys() == computed.keys()
    numbers = {k: v for k, v in computed.items() if isinstance(v, int | float)}
    assert {k: kept[k] for k in numbers} == pytest.approx(numbers, rel=1e-6, abs=0)
    assert {k: v for k, v in kept.items() if k not in numbers} == {
        k: v for k, v in computed.items() if k not in numbers
    }
