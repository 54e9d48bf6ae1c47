"""Text from outside: JSON that is checked, and names that can be shown."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

LARGEST_JSON = 64 * 2**20
"""Bytes of a JSON file that is read; the largest of ours has a few hundred thousand."""


def parse_json(text: str, what: str) -> Any:
    """The values of a JSON text from outside.

    Args:
        text: JSON, whose numbers must be finite.
        what: the text is called so in an error.

    Raises:
        ValueError: in one printable line, that it is not JSON or has a number that is not finite.
    """

    def finite(number: str) -> float:
        if not math.isfinite(value := float(number)):
            raise ValueError(f"{printable(number, 20)} is not finite")
        return value

    try:
        return json.loads(text, parse_float=finite, parse_constant=finite)
    except (ValueError, RecursionError) as error:
        reason = "too deeply nested" if isinstance(error, RecursionError) else str(error)
        raise ValueError(f"{what} is damaged: {printable(reason, 200)}") from error


def read_json(path: str | Path, kind: Any = dict[str, Any], what: str = "JSON file") -> Any:
    """The values of a JSON file, as they stand in it, once they have been checked.

    Args:
        path: the file, in UTF-8.
        kind: the form that the values must have: a dataclass or a type, see `ddpm.forms.check`.
        what: what the file should be, for errors.

    Raises:
        ValueError: in one printable line, that the file is damaged or of another form.
        OSError: it is missing or cannot be read.
    """
    from ddpm.forms import check  # pydantic takes a fifth of a second

    path = Path(path)
    if path.stat().st_size > LARGEST_JSON:
        raise ValueError(
            f"'{printable(str(path))}' is no {what}: it is over {LARGEST_JSON:,} bytes"
        )
    try:
        values = parse_json(path.read_text(encoding="utf-8"), "its text")
        check(kind, values)
    except ValueError as error:
        reason = printable(str(error), 300)
        raise ValueError(f"'{printable(str(path))}' is no {what}: {reason}") from error
    return values


def printable(text: str, longest: int | None = None) -> str:
    """A text from outside as it can be shown in a terminal or a picture, in one line.

    Control characters, line breaks, marks of direction and whatever else has no picture become
    their escapes, such as `\\n` and `\\x1b`: a name in a file could else clear the screen.

    Args:
        text: from a file, an argument or an error.
        longest: characters from which on the text is cut.
    """
    if longest is not None and len(text) > longest:
        text = f"{text[:longest]}..."
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )
