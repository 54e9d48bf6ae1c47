"""No page states a number that nothing computes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"

ASIDE = re.compile(
    r"""
    ^---\n.*?^---$            # front matter
    | ^[ ]*```.*?^[ ]*```[ ]*$  # code
    | \{\#\#.*?\#\#\}         # comments
    | \{\{.*?\}\}             # macros
    | `[^`\n]*`               # code in a line
    | ^\#\#[ ]Further[ ]reading.*\Z
    | ^\#.*?$                 # headings
    | \]\([^)\n]*\)           # where links lead
    | \{[ ]*[.:\#][^}\n]*\}   # attributes
    | </?[a-z]+(?:[ ][^<>\n]*)?>  # tags
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
NUMBER = re.compile(r"(?<!\w)(?<!\d\.)\d+(?:(?:,|\{,\})\d{3})*(?:\.\d+)?(?:(?:\\,| |\\ )?\\?%)?")


def typed(text: str) -> Iterator[tuple[int, str]]:
    """The numbers typed into a page outside of code, macros, links and references, with their
    lines: decimals, percentages, thousands; whole numbers up to a thousand are let pass."""
    text = ASIDE.sub(lambda aside: re.sub(r"[^\n]", " ", aside[0]), text)
    for number, line in enumerate(text.split("\n"), 1):
        for found in NUMBER.finditer(line):
            if re.search(r"[.,%]|\d{4}", found[0]) and found[0] != "1000":
                yield number, found[0]
