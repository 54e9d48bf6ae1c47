"""Writes down every script's options for the page on reuse: `python -m scripts.options`.

They are read from the very functions that the command lines are made of.
"""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Callable
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import docstring_parser
import tyro

from ddpm.__main__ import TEXT, command
from ddpm.files import write_json
from scripts.workshop.records import RESULTS, ROOT

COMMAND = re.compile(r"^    run\((\w+)\)$", re.MULTILINE)
"""The last line of a script, which makes a function its command line."""


POSITIONAL: Any = tyro.conf.Positional


def commands() -> dict[str, Callable[..., Any]]:
    """The function behind each script's command line, by the script's name."""
    found = {}
    for path in sorted(Path(ROOT / "scripts").glob("*.py")):
        if name := COMMAND.search(path.read_text(encoding="utf-8")):
            found[path.stem] = getattr(import_module(f"scripts.{path.stem}"), name[1])
    return found | {f"text-{name}": command(name, "ddpm.commands.text") for name in TEXT}


def describe(command: Any, chosen: Any = None) -> dict[str, Any]:
    """What a script does, and its options, each with its default and what it is for.

    Args:
        command: a function, or the dataclass of options that several functions share.
        chosen: the dataclass's defaults for this function.
    """
    words = docstring_parser.parse(command.__doc__ or "")
    told = {p.arg_name: " ".join((p.description or "").split()) for p in words.params}
    hints = get_type_hints(command, include_extras=True)
    options = []
    for name, parameter in inspect.signature(command).parameters.items():
        kind, *settings = get_args(hints[name]) or (hints[name],)
        if is_dataclass(kind):  # options that several scripts share
            options += describe(kind, parameter.default)["options"]
            continue
        positional = parameter.kind is parameter.POSITIONAL_ONLY or POSITIONAL in settings
        renamed = [s.name for s in settings if getattr(s, "name", None)]
        flag = "--" + (renamed[0] if renamed else name).replace("_", "-")
        default = getattr(chosen, name, parameter.default)
        values = default if isinstance(default, tuple) else (default,)
        text = shlex.join(map(str, values))  # as the help shows it
        shown = default is not False and default not in (None, (), parameter.empty)
        options.append(
            {
                "name": name.upper() if positional else flag,
                "default": text if shown else None,
                "help": told[name],
            }
        )
    summary = [words.short_description, words.long_description]
    text = "\n\n".join(part for part in summary if part)
    return {"call": called(command), "does": text, "options": options}


def called(command: Callable[..., Any]) -> str:
    """How a command is called: an installed one by `ddpm`, one of the workshop by its module."""
    package, _, name = command.__module__.rpartition(".")
    if package.startswith("ddpm.commands"):
        return " ".join(["ddpm", *package.split(".")[2:], name])
    return f"python -m scripts.{name}"


def options() -> None:
    """Writes every script's options into site_assets/results/options.json."""
    scripts = {name: describe(command) for name, command in commands().items()}
    how = {"command": "python -m scripts.options"}
    write_json(RESULTS / "options.json", {"scripts": scripts, "how": how})
