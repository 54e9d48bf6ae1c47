"""What changed in the figures that were built, by their old records and their new ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What changed in one figure."""

    name: str
    change: str
    why: str
    seconds: float
    size: int


def reason(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Why a figure's bytes differ from the recorded ones, as far as the records tell."""
    keys = ("code", "inputs", "versions", "device")
    changed = [key for key in keys if old.get(key) != new[key]]
    return f"other {' and '.join(changed)}" if changed else "same code and inputs"


def same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether two records differ in nothing but when and how fast the figure was made."""
    passing = ("seconds", "date", "device", "versions")
    return all(old.get(key) == new[key] for key in new if key not in passing)


def compare(name: str, old: dict[str, Any] | None, new: dict[str, Any], apart: str = "") -> Outcome:
    """What changed in a figure, by its two records and the difference of its pictures."""
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
