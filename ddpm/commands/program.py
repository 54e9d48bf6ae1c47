"""A typed function as a program: options from its signature, help from its docstring."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import tyro


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
    # tyro puts what the docstring says of an argument beside it: above stands only the rest.
    description = inspect.cleandoc(command.__doc__ or "").partition("\nArgs:")[0]
    try:
        tyro.cli(command, args=args, prog=prog, description=description)
    except SystemExit as stop:
        if not stop.code:
            print("\n".join(["examples:", *(f"  {line}" for line in examples(command))]))
        raise
    except (ValueError, OSError) as error:
        if os.environ.get("DDPM_TRACEBACK"):
            raise
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


def examples(command: Callable[..., Any]) -> tuple[str, ...]:
    """Two lines to type that show the command at work, as its module lists them."""
    return getattr(sys.modules[command.__module__], "EXAMPLES", ())
