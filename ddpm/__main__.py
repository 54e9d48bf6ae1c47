"""`ddpm NAME ...`: the commands of the package, one module each in `ddpm.commands`."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from importlib import import_module, metadata
from typing import Any

from ddpm.commands.program import run

GROUPS: dict[str, dict[str, str]] = {
    "Generate": {
        "sample": "digits out of noise: a sheet, a GIF of the way, or arrays",
        "anagram": "a digit that is another one when you turn it",
        "hybrid": "one digit from a distance, another one up close",
    },
    "Edit a picture of yours": {
        "denoise": "add noise and remove it: blur, one step, many steps",
        "sdedit": "turn a picture into a digit",
        "inpaint": "fill in what a mask leaves open",
    },
    "Models": {
        "models": "which models are bundled, and how good they are",
        "train": "train a model on MNIST or on pictures of your own",
    },
    "Write": {
        "writeup": "start a project for a write-up of your own",
    },
}
"""Every command in one line, by what it is for."""

TEXT: dict[str, str] = {
    "sample": "images out of noise and a prompt",
    "denoise": "add noise to a picture and remove it: blur, one step, many steps",
    "sdedit": "turn a picture into another one, towards a prompt",
    "inpaint": "fill in what a mask leaves open, by a prompt",
    "anagram": "an image that shows another prompt when you turn it",
    "hybrid": "one prompt from a distance, another one up close",
}
"""The commands `ddpm text NAME`, on a text-to-image model."""

FUNCTIONS = {"train": "train_recipe"}
"""The functions behind commands that are not named like them."""

COMPLETION = ("--tyro-print-completion", "--tyro-write-completion")


def overview() -> str:
    """All commands on one screen."""
    lines = ["usage: ddpm COMMAND [OPTIONS]", "", "Denoising diffusion on MNIST.", ""]
    for group, commands in GROUPS.items():
        lines += [f"{group}:", *(f"  {name:10} {does}" for name, does in commands.items()), ""]
    lines += ["With prompts, on a text-to-image model:", f"  text NAME  {', '.join(TEXT)}", ""]
    return "\n".join(
        [
            *lines,
            "ddpm COMMAND --help shows the options of a command, with two examples.",
            "ddpm --version shows the version.",
            "ddpm --tyro-print-completion bash (zsh, tcsh) completes commands in your shell.",
        ]
    )


def overview_of_text() -> str:
    """The commands on a text-to-image model."""
    return "\n".join(
        [
            "usage: ddpm text COMMAND [OPTIONS]",
            "",
            "The same on a text-to-image model of pixels, such as DeepFloyd IF.",
            "",
            *(f"  {name:10} {does}" for name, does in TEXT.items()),
            "",
            "These need an extra and a model's weights: pip install 'ddpm[text]', and see",
            "ddpm text COMMAND --help for the options, with two examples.",
        ]
    )


def command(name: str, package: str = "ddpm.commands") -> Callable[..., Any]:
    """The function behind a command."""
    module = import_module(f"{package}.{name}")
    function: Callable[..., Any] = getattr(module, FUNCTIONS.get(name, name))
    return function


def main() -> None:
    """The program `ddpm`."""
    name, *rest = sys.argv[1:] or ["--help"]
    known = [name for commands in GROUPS.values() for name in commands]
    if name in ("-h", "--help"):
        print(overview())
    elif name == "--version":
        print(f"ddpm {metadata.version('ddpm')}")
    elif name in COMPLETION:
        from tyro.extras import subcommand_cli_from_dict

        subcommand_cli_from_dict({name: command(name) for name in known}, prog="ddpm")
    elif name in known:
        run(command(name), rest, f"ddpm {name}")
    elif name == "text":
        name, *rest = rest or ["--help"]
        if name in ("-h", "--help"):
            print(overview_of_text())
        elif name in TEXT:
            run(command(name, "ddpm.commands.text"), rest, f"ddpm text {name}")
        else:
            unknown(f"text {name}", [f"text {each}" for each in TEXT])
    else:
        unknown(name, [*known, "text"])


def unknown(name: str, known: list[str]) -> None:
    """Says in one line that there is no such command, and which one may be meant."""
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean '{close[0]}'?" if close else "ddpm --help lists them"
    print(f"error: there is no command '{name}': {hint}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
