"""The words that the guide to the site's style avoids, found on every page and in programs."""

import ast
import io
import json
import re
import tokenize
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
ASIDE = re.compile(
    r"""
    ^---\n.*?^---$                     # front matter
    | ^[ ]*```.*?^[ ]*```[ ]*$         # code
    | `[^`\n]*`                        # code in a line
    | \{\#\#.*?\#\#\}                  # comments
    | \{%.*?%\} | \{\{.*?\}\}          # macros
    | \{[^{}|"\n]+:[^{}|:\\\n]*\}      # measured numbers of a table
    | \$\$.*?\$\$ | \$[^$\n]*\$        # formulas
    | \]\([^)\n]*\)                    # where links lead
    | \{[ ]*[.:\#][^}\n]*\}            # attributes
    | ^\#\#[ ]Further[ ]reading.*\Z    # titles of papers
    | ^[ ]*---?8<---?.*$
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
INSTEAD = {
    r"(?<!on the )(?<!ground )\bgrounds?\b(?! truth)": "background",
    r"\bdr(?:aw|aws|ew|awn|awing) (?:(?!and\b)\w+ )?digits?\b": "sample, generate",
    r"\bread as (?:asked|what|one)\b|\bread right\b": "recognised, accuracy",
    r"\bworth\b": "the effect of, what ... gains",
    r"\b(?:buys?|bought)\b": "gains",
    r"\bfrom (?:afar|near)\b": "from a distance, up close",
    r"\b(?:is|are|was|were|be|been|not) told\b(?! apart)": "conditioned on, gets",
    r"\bguess(?:es)? (?:of|at) the\b": "prediction",
    r"\b(?:visited times|times visited)\b": "timesteps",
    r"(?<!twice )(?<!times )(?<!half )\bas many\b": "the same number of",
    r"\b(?:foretold|foretell|anew|commonest|superfluous|unawares)\b": "predicted, again, ...",
    r"\bmended\b": "fixed",
    r"\bWhat came of it\b|\bBeside the way\b": "Results, Also on this site",
    r"\b(?:whoever|nobody)\b": "you, no one in particular: say it of the thing",
    r"(?:^|[.:?!] )Who (?!is\b|are\b)\w+s\b": "you, if you",
    r"\b(?:oneself|one's own)\b": "yourself, your own",
}
"""What to avoid, as patterns, and what to write instead."""

EXCEPTIONS: dict[str, dict[str, str]] = {}
"""Words of a page that stay, as they are written, each with its reason."""

NOT_YET: frozenset[str] = frozenset()
"""Pages that are not rewritten; take one off when it is."""


def prose(text: str) -> str:
    """A page without its code, macros, formulas and references, its lines where they were."""
    return ASIDE.sub(lambda aside: re.sub(r"[^\n]", " ", aside[0]), text)


def found(text: str, kept: dict[str, str]) -> list[str]:
    """The words to avoid, each with its line and what to write instead."""
    faults = []
    for number, line in enumerate(prose(text).split("\n"), 1):
        for pattern, instead in INSTEAD.items():
            for match in re.finditer(pattern, line, re.IGNORECASE if "Who" not in pattern else 0):
                if match[0] not in kept:
                    faults.append(f"{number}: {match[0]!r}: {instead}")
    return faults


PAGES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.md")
    if not {"write-up", "api"} & {*path.relative_to(DOCS).parts}
)


def test_words_to_avoid_are_found_in_prose_alone():
    text = (
        "---\ntitle: worth\n---\n# It is worth it\n\nThe grey ground, `ground`, $ground$, "
        "[on the ground](worth.md).\n\n```\nworth\n```\nWho counts from 0. Who is that?\n"
        "Ground truth.\n\n## Further reading\n\nworth\n"
    )
    assert [fault.split(": ")[:2] for fault in found(text, {})] == [
        ["4", "'worth'"], ["6", "'ground'"], ["11", "'Who counts'"],
    ]  # fmt: skip
    assert [fault.split(":")[0] for fault in found(text, {"worth": "kept"})] == ["6", "11"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_avoids_the_words(page):
    faults = found((DOCS / page).read_text("utf-8"), EXCEPTIONS.get(page, {}))
    if page in NOT_YET:
        assert faults, f"{page} is rewritten: take it off NOT_YET"
    else:
        assert faults == []


def cells(text: str) -> str:
    """The prose of a notebook's source: its comments, without code, the lines where they were."""
    kept = []
    for line in text.split("\n"):
        kept.append(line.removeprefix("# ") if line.startswith("# ") else "")
    return "\n".join(kept)


OTHERS = sorted(
    path.relative_to(DOCS).as_posix()
    for pattern in ("notebooks/*.py", "assignment/source.py", "quiz/*.yml", "glossary.yml")
    for path in DOCS.glob(pattern)
)


@pytest.mark.parametrize("name", OTHERS)
def test_notebooks_quizzes_and_the_glossary_avoid_the_words(name):
    text = (DOCS / name).read_text("utf-8")
    assert found(cells(text) if name.endswith(".py") else text, {}) == []


MANIFEST = DOCS.parent / "site_assets" / "manifest.json"


@pytest.mark.parametrize("words", ["caption", "alt"])
def test_captions_and_alternative_texts_avoid_the_words(words):
    figures = json.loads(MANIFEST.read_text("utf-8"))["figures"]
    faults = {name: found(figure[words], {}) for name, figure in figures.items()}
    assert {name: fault for name, fault in faults.items() if fault} == {}


def described(source: str) -> str:
    """The docstrings and comments of a program, the lines where they were."""
    lines = [""] * (source.count("\n") + 2)
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(words))):
                for number, line in enumerate(words.split("\n"), node.lineno):
                    lines[number] = line
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            lines[token.start[0]] += token.string
    return "\n".join(lines[1:])


PROGRAMS = ("ddpm", "scripts", "tests", "docs/theme")


@pytest.mark.parametrize("folder", PROGRAMS)
def test_docstrings_and_comments_avoid_the_words(folder):
    faults = {}
    for path in sorted((DOCS.parent / folder).rglob("*.py")):
        faults[str(path)] = found(described(path.read_text("utf-8")), {})
    assert len(faults) > 5
    assert {name: fault for name, fault in faults.items() if fault} == {}


def test_words_to_avoid_are_found_in_docstrings_and_comments_alone():
    source = (
        'GROUND = "worth"  # the ground\n\n\ndef anew(worth):\n    """Draws a digit.\n\n'
        '    Read as `worth`, or read right.\n    """\n    return worth\n'
    )
    assert [fault.split(": ")[:2] for fault in found(described(source), {})] == [
        ["1", "'ground'"], ["5", "'Draws a digit'"], ["7", "'read right'"],
    ]  # fmt: skip


def test_there_are_few_exceptions_and_each_is_needed():
    assert sum(map(len, EXCEPTIONS.values())) <= 20
    for page, kept in EXCEPTIONS.items():
        text = prose((DOCS / page).read_text("utf-8"))
        for word, reason in kept.items():
            assert word in text
            assert len(reason.split()) >= 2
    assert {*PAGES} >= NOT_YET | EXCEPTIONS.keys()
