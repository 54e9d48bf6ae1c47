"""What the source courses say without measuring it, compared with what was measured here.

Each claim is judged by a rule, so that a new measurement changes the verdict with the numbers. A
rule whose measurement is missing, or too weak to decide, says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scripts.workshop.records import read_json
from scripts.workshop.registry import measurement

CONFIRMED, REFINED, REFUTED = "confirmed", "refined", "refuted"
NOT_DECIDED = "not decided"

VERDICTS = (CONFIRMED, REFINED, REFUTED, NOT_DECIDED)

Finding = tuple[str, str]
"""A verdict, and the numbers that it rests on in a sentence."""

Read = Callable[[str], dict[str, Any]]
"""A results file by its name, as `read_json`; OSError where there is none."""

Rule = Callable[[Read], Finding]


class NotYet(Exception):
    """The existing records cannot decide a claim; the message says why."""


@dataclass(frozen=True)
class Claim:
    """A claim and its rule.

    Attributes:
        course: which course says it.
        says: what it says.
        on: what it is judged on: a model, or the kind of test.
        rule: how it is judged.
        known: the number was published on this site before the rule was written.
    """

    course: str
    says: str
    on: str
    rule: Rule
    known: bool


CLAIMS: dict[str, Claim] = {}
"""By the names of their rules."""


def claim(course: str, says: str, on: str, known: bool = False) -> Callable[[Rule], Rule]:
    """Registers a rule for a claim; the arguments are those of `Claim`."""

    def register(rule: Rule) -> Rule:
        CLAIMS[rule.__name__] = Claim(course, says, on, rule, known)
        return rule

    return register


def part(read: Read, name: str, *keys: str, why: str) -> Any:
    """A part of a results file that may be missing.

    Raises:
        NotYet: it is, for the reason `why`.
    """
    try:
        value = read(name)
    except OSError:
        raise NotYet(why) from None
    for key in keys:
        if key not in value:
            raise NotYet(why)
        value = value[key]
    return value


def decide(rule: Rule, read: Read) -> Finding:
    """What a rule finds; a claim is not decided where its numbers are missing."""
    try:
        return rule(read)
    except NotYet as why:
        return NOT_DECIDED, str(why)


def counted(held: int, of: int) -> str:
    """The verdict on a claim that was tested in several cases."""
    return CONFIRMED if held == of else REFINED if held else REFUTED


def group(it: Claim) -> str:
    """The table in which a claim stands: its course's, or that of the slips."""
    return "slips" if it.says.startswith("Slip") else it.course[0]


@measurement
def claims(quick: bool) -> dict[str, Any]:
    """The courses' claims, each with its verdict by the other results."""
    tables: dict[str, dict[str, Any]] = {}
    for name, it in CLAIMS.items():
        verdict, because = decide(it.rule, read_json)
        tables.setdefault(group(it), {})[name] = {
            "course": it.course,
            "says": it.says.removeprefix("Slip: "),
            "on": it.on,
            "verdict": verdict,
            "because": because,
            "rule": "after" if it.known else "before",
        }
    found = [row["verdict"] for table in tables.values() for row in table.values()]
    return {
        "tables": tables,
        "count": {verdict.replace(" ", "_"): found.count(verdict) for verdict in VERDICTS},
        "of": len(found),
        "after": sum(it.known for it in CLAIMS.values()),
    }
