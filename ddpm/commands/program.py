"""A typed function as a program: options from its signature, help from its docstring."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import tyro

from ddpm.commands.streams import forgiving


@forgiving()
def run(
    command: Callable[..., Any], args: Sequence[str] | None = None, prog: str | None = None
) -> None:
    """Makes a function the program: its arguments are the options.

    Bad input ends in one line on standard error and exit code 2. With `DDPM_TRACEBACK=1` it
    ends in the traceback instead. The help ends with the `EXAMPLES` of the function's module.

    Args:
        command: a function whose docstring says what it and its arguments do.
        args: what was typed; the program's own arguments by default.
        prog: what the program is called in its help.
    """
    typed = [*sys.argv[1:]] if args is None else [*args]
    call = parse(command, typed, prog or f"python -m scripts.{Path(sys.argv[0]).stem}")
    from ddpm.devices import keep_freed_memory  # torch, which help and errors above do not need

    keep_freed_memory()
    try:
        call()
    except (ValueError, OSError) as error:
        if os.environ.get("DDPM_TRACEBACK"):
            raise
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


def parse(command: Callable[..., Any], args: list[str], prog: str) -> Callable[[], Any]:
    """The call that was typed; help and unknown options end the program here."""

    @functools.wraps(command)
    def prepare(*values: Any, **options: Any) -> Callable[[], Any]:
        return functools.partial(command, *values, **options)

    # tyro puts what the docstring says of an argument beside it: above stands only the rest.
    description = inspect.cleandoc(command.__doc__ or "").partition("\nArgs:")[0]
    helped = bool({"-h", "--help"} & {*args})
    errors = io.StringIO()
    # tyro breaks its lines to fit a box; an error of ours is one line, whatever its length.
    wide = mock.patch.dict(os.environ, {} if helped else {"COLUMNS": "10000"})
    try:
        with contextlib.redirect_stderr(errors), wide:
            return tyro.cli(prepare, args=args, prog=prog, description=description)
    except SystemExit as stop:
        if stop.code:
            print(f"error: {one_line(errors.getvalue())} (see {prog} --help)", file=sys.stderr)
            raise SystemExit(2) from None
        if helped and (lines := examples(command)):
            print("\n".join(["examples:", *(f"  {line}" for line in lines)]))
        raise


def one_line(box: str) -> str:
    """What a box of tyro's says is wrong, and which option it thinks was meant."""
    lines = [line.strip(" │|+╭╮╰╯") for line in box.splitlines()[1:]]
    parts = "\n".join("" if set(line) <= {"─", "-"} else line for line in lines).split("\n\n")
    says = " ".join(parts[0].split()).rstrip(".")
    meant = re.search(r"you meant:\s+(--\S+)", parts[1]) if len(parts) > 1 else None
    return says + (f"; perhaps you meant {meant[1]}" if meant else "")


def examples(command: Callable[..., Any]) -> tuple[str, ...]:
    """Two lines to type that show the command at work, as its module lists them."""
    return getattr(sys.modules[command.__module__], "EXAMPLES", ())
