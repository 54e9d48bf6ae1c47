"""A typed function as a program: options from its signature, help from its docstring."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import io
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_type_hints
from unittest import mock

import docstring_parser
import tyro
from tyro import constructors
from tyro.constructors import PrimitiveConstructorSpec as Spec
from tyro.constructors import PrimitiveTypeInfo as Info

from ddpm.commands.streams import forgiving
from ddpm.memory import keep_freed_memory
from ddpm.reading import printable


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
    keep_freed_memory()
    try:
        call()
    except (ValueError, OSError, FloatingPointError) as error:
        if os.environ.get("DDPM_TRACEBACK"):
            raise
        print(f"error: {printable(' '.join(str(error).split()))}", file=sys.stderr)
        sys.exit(2)
    except (MemoryError, RuntimeError) as error:
        if os.environ.get("DDPM_TRACEBACK") or not out_of_memory(error):
            raise
        print("error: not enough memory: ask for fewer or smaller images", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


def out_of_memory(error: Exception) -> bool:
    """Whether an error of Python, the CPU or a GPU means that memory is full."""
    says = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, MemoryError) or any(words in str(error) for words in says)


def parse(command: Callable[..., Any], args: list[str], prog: str) -> Callable[[], Any]:
    """The call that was typed; help and unknown options end the program here."""
    prepare, description = prepared(command)
    helped = bool({"-h", "--help"} & {*args})
    errors, shown = io.StringIO(), Shown()
    # tyro breaks its lines to fit a box; an error of ours is one line, whatever its length.
    wide = mock.patch.dict(os.environ, {} if helped else {"COLUMNS": "10000"})
    try:
        with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(shown), wide:
            return tyro.cli(
                prepare, args=args, prog=prog, description=description, registry=REGISTRY
            )
    except SystemExit as stop:
        if stop.code:
            says = printable(one_line(errors.getvalue()))
            print(f"error: {says} (see {prog} --help)", file=sys.stderr)
            raise SystemExit(2) from None
        text, width = shown.read_all(), max(20, shutil.get_terminal_size().columns)
        for paragraph in description.split("\n\n"):  # which tyro leaves as one long line
            text = text.replace(paragraph, textwrap.fill(paragraph, width))
        print(text, end="")
        if helped and (lines := examples(command)):
            print("\n".join(["examples:", *(f"  {line}" for line in lines)]))
        raise


class Shown(io.TextIOWrapper):
    """Keeps what would have been shown, with the colours and boxes that the terminal can show."""

    def __init__(self) -> None:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        super().__init__(io.BytesIO(), encoding, "replace", newline="\n", write_through=True)
        self.isatty = sys.stdout.isatty  # type: ignore[method-assign]

    def read_all(self) -> str:
        """All that was written."""
        self.seek(0)
        return self.read()


def prepared(command: Callable[..., Any]) -> tuple[Callable[..., Any], str]:
    """What tyro is given for a command: a function that returns the call, and a description.

    The docstring's line breaks are taken out, for tyro to set its own. Where an option is None
    unless it is given, the docstring says what that means, and the help does not add "None".
    """
    words = docstring_parser.parse(command.__doc__ or "")
    hints = get_type_hints(command, include_extras=True)
    signature = inspect.signature(command)

    def prepare(*values: Any, **options: Any) -> Callable[[], Any]:
        return functools.partial(command, *values, **options)

    for name, parameter in signature.parameters.items():
        if parameter.default is None:
            hints[name] = Annotated[hints[name], UNSET]
    told = [f"    {p.arg_name}: {' '.join((p.description or '').split())}" for p in words.params]
    prepare.__doc__ = "\n".join([f"{command.__name__}.", "", "Args:", *told])
    prepare.__annotations__ = hints
    prepare.__signature__ = signature  # type: ignore[attr-defined]
    parts = (words.short_description, *(words.long_description or "").split("\n\n"))
    return prepare, "\n\n".join(" ".join(part.split()) for part in parts if part)


UNSET: Any = tyro.conf.arg(help_behavior_hint="")
"""Marks an option whose docstring says what happens without it."""

REGISTRY = constructors.ConstructorRegistry()
"""How options are read, where tyro's own way reads badly."""


@REGISTRY.primitive_rule
def or_none(info: Info) -> Spec[Any] | None:
    """`int | None` is an option like `int`; the help says INT, not {None}|INT."""
    kinds = [kind for kind in get_args(info.type) if kind is not NoneType]
    if len(kinds) != 1 or NoneType not in get_args(info.type):
        return None
    kind = Info.make(raw_annotation=kinds[0], parent_markers=info.markers)
    spec = constructors.ConstructorRegistry.get_primitive_spec(kind)
    if not isinstance(spec, Spec):
        return None
    return dataclasses.replace(
        spec,
        is_instance=lambda value: value is None or spec.is_instance(value),
        str_from_instance=lambda value: [] if value is None else spec.str_from_instance(value),
    )


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
