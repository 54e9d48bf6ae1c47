"""Folds away, in the code on a page, each docstring that is longer than the code it describes."""

import ast
import re
from collections.abc import Iterator
from html import escape, unescape

CODE = re.compile(
    r'<div class="(language-python highlight)">([^\n]*?<code>)(.*?)(</code></pre></div>)', re.DOTALL
)
TAG = re.compile(r"<[^>]*>")
DESCRIBED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PLAIN = re.compile(r'<span class="[nopw]">([^<]*)</span>')
"""Names, signs and white space, which need no colour: half of the elements of some pages."""
OPEN = '<details class="docstring">'


def fold(page: str) -> str:
    """The page's HTML with its long docstrings folded into `<details>`; their first line shows.

    Names and signs in code lose their elements, which need no colour.

    The copy button takes the whole code, folded or not.
    """
    return CODE.sub(_folded, PLAIN.sub(r"\1", page))


def _folded(block: re.Match[str]) -> str:
    kind, head, code, tail = block.groups()
    lines = code.split("\n")  # a highlighted token ends with its line
    text = unescape(TAG.sub("", code))
    ranges = list(long_docstrings(text))
    for first, last in reversed(ranges):
        start, *rest = lines[first - 1 : last]
        hidden = "\n".join(rest)
        inside = f"{OPEN}<summary><span>{start}</span>\n</summary>{hidden}\n</details>"
        after = lines[last] if last < len(lines) else ""
        lines[first - 1 : last + 1] = [inside + after]
    copied = f' data-copy="{escape(text)}"' if ranges else ""
    return f'<div class="{kind}"{copied}>{head}{chr(10).join(lines)}{tail}'


def long_docstrings(code: str) -> Iterator[tuple[int, int]]:
    """The first and the last line, from 1, of docstrings with more lines than their code has.

    The code is that of the function or class, blank lines and all docstrings left out. What is no
    Python by itself, such as half a function, has none.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return
    lines = code.split("\n")
    described = [node for node in ast.walk(tree) if isinstance(node, DESCRIBED)]
    docstrings = {
        node: range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
        for node in described
        if ast.get_docstring(node, clean=False) is not None
    }
    prose = {number for docstring in docstrings.values() for number in docstring}
    for node, docstring in sorted(docstrings.items(), key=lambda item: item[1].start):
        decorated = min(part.lineno for part in (node, *node.decorator_list))
        of_code = [
            number
            for number in range(decorated, (node.end_lineno or 0) + 1)
            if number not in prose and lines[number - 1].strip()
        ]
        if len(docstring) > len(of_code):
            yield docstring.start, docstring[-1]
