"""Standard output and error, whose failure must not change what a command does."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


class Forgiving:
    """A stream that accepts all text, even if nothing reads it any more."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Writes as far as that is possible."""
        try:
            return self.stream.write(text)
        except UnicodeEncodeError:  # a file's name may have letters that the terminal has not
            return self.write(text.encode("ascii", "backslashreplace").decode())
        except (OSError, ValueError):  # a full disk, a closed pipe, a closed file
            self.give_up()
            return len(text)

    def flush(self) -> None:
        """Flushes as far as that is possible."""
        try:
            self.stream.flush()
        except (OSError, ValueError):
            self.give_up()

    def give_up(self) -> None:
        """Discards the rest, including what Python flushes when it ends."""
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.stream.fileno())
            os.close(null)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def forgiving() -> Iterator[None]:
    """Lets a command do and write the same, whether or not anything reads its output."""
    # A closed descriptor is given to the next file that is opened, and warnings go into it.
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        if stream is None:
            _occupy(number)
    before = sys.stdout, sys.stderr
    try:
        sys.stdout, sys.stderr = (
            Forgiving(stream or open(os.devnull, "w"))  # noqa: PTH123, SIM115 (open until the end)
            for stream in before
        )
        yield
    finally:
        sys.stdout.flush()  # here a pipe that is closed does not matter, later it would
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def _occupy(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        if null != number:
            os.dup2(null, number)
            os.close(null)
