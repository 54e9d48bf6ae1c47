"""What site_assets/ holds, and how one of its values is written on a page."""

import functools
import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any


class Missing(Exception):
    """A page asks for what site_assets/ does not have."""


class Results:
    """The JSON files of a folder, each read once.

    A value is named by its result and by the steps that lead to it: keys, or places in a list.
    """

    def __init__(self, assets: Path):
        self.assets = assets
        self.read = functools.cache(self._read)

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.assets / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise Missing(f"there is no site_assets/{name}") from None
        except json.JSONDecodeError as error:
            raise Missing(f"site_assets/{name} is not JSON: {error}") from None

    def value(self, result: str, steps: Sequence[str]) -> Any:
        """What stands there, of any type."""
        source = f"results/{result}.json"
        value = self.read(source)
        for step in steps:
            index = isinstance(value, list) and re.fullmatch(r"-?\d+", step)
            try:
                value = value[int(step) if index else step]
            except (KeyError, IndexError, TypeError):
                path = ".".join(steps)
                raise Missing(f"site_assets/{source} has no {path!r} (at {step!r})") from None
        return value

    def html(self, result: str, steps: Sequence[str], spec: str) -> str:
        """One number or a few words, formatted, in an element that names their source."""
        value, text = self._text(result, steps, spec)
        if isinstance(value, int | float):
            text = text.replace("-", "\N{MINUS SIGN}")
        source = escape(f"results/{result}.json#{'.'.join(steps)}")
        return f'<span class="result" data-source="{source}">{escape(text)}</span>'

    def tex(self, result: str, steps: Sequence[str], spec: str) -> str:
        r"""The same within a formula, as TeX writes it: 1{,}234, 5.6\,\%, 7 \cdot 10^{-8}."""
        _, text = self._text(result, steps, spec)
        text = text.replace(",", "{,}").replace("%", r"\,\%")
        mantissa, e, exponent = text.partition("e")
        if not e:
            return text
        power = f"10^{{{int(exponent)}}}"
        return power if mantissa == "1" else rf"{mantissa} \cdot {power}"

    def _text(self, result: str, steps: Sequence[str], spec: str) -> tuple[Any, str]:
        value, path = self.value(result, steps), ".".join(steps)
        source = f"site_assets/results/{result}.json"
        if not isinstance(value, int | float | str):
            raise Missing(f"{source} has no single value at {path!r}")
        try:
            return value, format(value, spec)
        except ValueError as error:
            raise Missing(f"{value!r} at {path!r} of {source}: {error}") from None
