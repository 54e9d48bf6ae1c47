"""No page states a number that nothing computes.

What is typed into a page has to be *given*: a setting or a choice, which no results file can tell
better. Everything else is read from site_assets/results/ by a macro of the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
RESULTS = ROOT / "site_assets" / "results"

ASIDE = re.compile(
    r"""
    ^---\n.*?^---$                # front matter
    | ^[ ]*```.*?^[ ]*```[ ]*$    # code
    | \{\#\#.*?\#\#\}             # comments
    | \{\{.*?\}\}                 # macros
    | \{[^{}|"\n]+:[^{}|:\\\n]*\}  # measured numbers of a table
    | `[^`\n]*`                   # code in a line
    | ^\#\#[ ]Further[ ]reading.*\Z
    | ^\#.*?$                     # headings
    | \]\([^)\n]*\)               # where links lead
    | \{[ ]*[.:\#][^}\n]*\}       # attributes
    | </?[a-z]+(?:[ ][^<>\n]*)?>  # tags
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
NUMBER = re.compile(
    r"(?<!\w)(?<!\d\.)\d+(?:(?:,|\{,\})\d{3})*(?:\.\d+)?"
    r"(?:(?:\\,| |\\ )?\\?%| \\cdot 10\^\{-?\d+\})?"
)
SHAPE = re.compile(r"[.,%]|\d{4}|cdot")

SETTING = "a setting of the recipes or the sources"
EXAMPLE = "worked by hand in an example or an exercise, step by step"
SPLIT = "the size of a split of MNIST"
EVERYWHERE = {
    "0.02": SETTING,
    "0.1307": SETTING,
    "0.3081": SETTING,
    "55,000": SPLIT,
    "5,000": SPLIT,
    "10,000": SPLIT,
    "1000": "T of most schedules, its last time, and the steps that visit every time",
    "100%": "all",
}
GIVEN: dict[str, dict[str, str]] = {
    "conventions.md": {
        "0.1": SETTING,
        "0.2": SETTING,
        "0.5": "the source's sweep of omega",
        "0.99": "a threshold, one percent off",
    },
    "courses.md": {
        "0.5": SETTING,
        "0.1": SETTING,
        "10%": SETTING,
        "20%": SETTING,
        "0.2": SETTING,
        "0.999": SETTING,
        "0.4": "a level of noise that the source shows",
        "0.6": "a level of noise that the source shows",
        "0.8": "a level of noise that the source shows",
        "3e-5": "the amplitude that scripts.denoiser leaves of the digit",
    },
    "denoiser.md": {
        "0.5": SETTING,
        **dict.fromkeys(("0.2", "0.25", "0.6", "0.614", "0.65", "0.8", "1.2", "1.386"), EXAMPLE),
    },
    "denoising.md": dict.fromkeys(
        ["0.64", "0.8", "0.2", "0.36", "0.894", "1.356"], "an exercise, to be done by hand"
    ),
    "digits.md": {
        "3,000": "a number of steps chosen as an example",
        "22.5": "a quarter of the quarter turn",
        "67.5": "three quarters of the quarter turn",
        "50%": "chance between two",
        "1,000": "the size of a batch in scripts/workshop/sampling_speeds.py",
    },
    "editing.md": {
        **dict.fromkeys(
            ("0.2", "0.3", "0.5", "0.6", "0.7", "0.8", "0.9"), "a strength or a pixel of an example"
        ),
        "0.69": "a strength of the figures",
        "0.78": "a strength of the figures",
        "60%": "the share of steps that a strength of 0.6 is",
    },
    "forward.md": {
        "70,000": "images in MNIST",
        **dict.fromkeys(("2020", "2021"), "the year of a paper"),
        **dict.fromkeys(
            ("0.28", "0.36", "0.4096", "0.5", "0.5904", "0.6", "0.64", "0.8", "1.1"), EXAMPLE
        ),
        **dict.fromkeys(("0.1216", "0.19", "0.4816", "0.5184", "0.72", "0.81", "0.9"), EXAMPLE),
    },
    "backgrounds.md": {
        "0.8": "a tenth of white on the scale from -1 to 1",
        "0.2": "from there to black: fog by definition",
        "0.1": "a shift chosen as an example",
        "0.6": "a ground chosen as an example",
        "1024": "pixels of a padded image",
    },
    "guidance.md": {
        "0.2": "a pixel chosen as an example",
        "0.6": "a pixel chosen as an example",
        "1.4": "a scale that is measured",
    },
    "guidance-measured.md": {
        "10%": SETTING,
        "20%": SETTING,
        "0.1": "the source's sweep of omega",
        "0.5": "the source's sweep of omega",
        "1.1": "the same, plus 1",
        "1.5": "the same, plus 1",
        **dict.fromkeys(("1.2", "1.3", "1.4"), "a scale that is measured"),
        "0.7": "how far the spread is brought back, as measured",
    },
    "install.md": {"3.11": "Python's version, as in pyproject.toml"},
    "leaderboard.md": {
        "1135": "ones among MNIST's test digits",
    },
    "slips.md": {
        "0.64": "an alpha_bar whose root is known",
        "0.36": "the rest to 1",
        "0.6": "its root, and the rest of 0.4 to 1",
        "0.4": "a probability of the source's network of switches",
        "0.1": "a probability of the source's network of switches",
        "0.16": "the slip",
        "0.9": "the rest of 0.1 to 1",
        "0.144": "what the slip gives",
        "0.54": "the product of 0.6 and 0.9",
    },
    "solvers.md": {
        "0.7": "the eta that tests/test_diffusers.py takes",
    },
    "students.md": {
        **dict.fromkeys(("0.6", "0.8", "0.75", "1.03", "0.28", "0.35"), EXAMPLE),
    },
    "few-steps.md": dict.fromkeys(
        [
            "2.718",
            "1.5",
            "2.25",
            "1.75",
            "2.375",
            "2.5",
            "2.44",
            "2.60",
            "2.64",
            "0.6",
            "0.8",
            "0.2",
            "0.9",
            "0.64",
            "0.089",
            "0.111",
            "0.289",
            "0.537",
            "0.447",
            "0.36",
            "0.15",
            "0.4",
            "0.25",
            "0.55",
            "0.742",
            "0.632",
        ],
        "the worked examples and an exercise, to be done by hand",
    ),
    "inpainting.md": {"0.9": "a correlation chosen as an example"},
    "network.md": {
        "10000": "the base of the sinusoids' periods, by definition",
        **dict.fromkeys(("0.01", "0.03", "0.14", "0.99", "1.00"), EXAMPLE),
        **dict.fromkeys(
            ("0.075", "0.1", "0.3", "0.4", "0.5", "0.6", "0.75", "0.8", "0.925", "1.1"), EXAMPLE
        ),
    },
    "randomness.md": {
        "2,000": "20 starts with 100 runs each, as in scripts.randomness",
        "0.07": "what is called no evidence: the error above it, rounded up",
    },
    "reproduce.md": {
        "3.11": "Python's version, as in pyproject.toml",
        "98%": "a share chosen as an example",
        "1,000": "a count chosen as an example",
        "0.4": "the standard error of the two above, in percentage points",
    },
    "sampling.md": {
        "0.99": "a threshold, one percent off",
        **dict.fromkeys(
            [
                "0.64",
                "0.8",
                "0.6",
                "0.2",
                "0.36",
                "0.4",
                "0.5",
                "0.25",
                "0.894",
                "0.447",
                "0.497",
                "0.333",
                "0.596",
                "0.667",
                "0.387",
                "0.142",
            ],
            "the worked example and its exercise, to be done by hand",
        ),
    },
    "schedules.md": {
        "0.95": "a threshold, a twentieth gone",
        "0.05": "a threshold, a twentieth left",
        "0.2": "the last of the betas far too large",
        "2e-4": "the last of the betas far too small",
        "0.999": "the cap of NoiseSchedule.cosine",
        "0.9": "a time to look at",
        "0.8": "a time to look at",
    },
    "sdedit.md": {
        "0.3": "a strength that is measured",
        "0.39": "a strength of the figures",
        "0.69": "a strength of the figures",
        "0.78": "a strength of the figures",
        "0.84": "a strength of the figures",
        "0.90": "a strength of the figures",
        "0.5": "a strength that is measured",
        "0.6": "a strength chosen as an example",
        "0.7": "a strength that is measured",
        "0.9": "a strength that is measured",
        "60%": "the share of steps that a strength of 0.6 is",
    },
    "text-to-image.md": {
        **dict.fromkeys(
            ("4.8", "0.4", "0.9", "4.3", "1.2"), "billions of weights, as the models' cards say"
        ),
        **dict.fromkeys(("9.6", "0.8", "1.8", "8.6", "2.4"), "two bytes for each of them"),
        **dict.fromkeys(
            ("0.96", "0.90", "0.84", "0.78", "0.69", "0.39"), "(990 - 30 i_start) / 1000"
        ),
        "1.4": "the guidance of the recipe `digits`",
    },
    "sources.md": {"4.0": "a licence's version", "3.0": "a licence's version"},
    "warmup.md": {
        "0.4": "a probability that the problem gives",
        "0.1": "a probability that the problem gives",
        "0.6": "a probability that the problem gives",
        "0.9": "1 less the given 0.1",
        "0.8": "a probability of our own choice",
        "0.48": EXAMPLE,
    },
    "training.md": {
        "0.999": SETTING,
        "2020": "the year of a paper",
        "4000": "a T chosen as an example",
        **dict.fromkeys(("0.04", "0.2", "0.3", "0.5", "0.6", "0.8", "1.1", "1.4"), EXAMPLE),
        **dict.fromkeys(("0.045", "0.09", "0.4", "0.56", "0.7"), EXAMPLE),
    },
}


def typed(text: str) -> Iterator[tuple[int, str]]:
    """The numbers typed into a page outside of code, macros, links and references, with their
    lines: decimals, percentages, thousands, multiples of powers of ten; whole numbers below a
    thousand are let pass."""
    text = ASIDE.sub(lambda aside: re.sub(r"[^\n]", " ", aside[0]), text)
    for number, line in enumerate(text.split("\n"), 1):
        for found in NUMBER.finditer(line):
            if SHAPE.search(found[0]):
                plain = found[0].replace(r" \cdot 10^", "e")
                yield number, re.sub(r"\\,|[\\{} ]", "", plain)


def pages() -> dict[str, str]:
    """Every page's text by its path within docs/."""
    return {
        p.relative_to(DOCS).as_posix(): p.read_text("utf-8")
        for p in DOCS.rglob("*.md")
        if "write-up" not in p.parts  # which a notebook leaves when it is run there
    }


def test_the_scan_sees_prose_formulas_and_tables_and_nothing_else():
    text = (
        "# T of 0.1\n\nAt 0.25 and $x = 1{,}234$, `0.5` or\n12 % [of 3.5](a.md#0.7),\n"
        '{{ number("a", "b.0.1", ".2f") }} $-0.42..2.82$ $2.2\\,\\%$.\n'
        "| 4096 | $3 \\cdot 10^{-5}$ | 17 |\n| {rows.0.25:.3f} | ${a#b:.1%}$ of 0.7 |\n"
        "```\n0.3\n```\n## Further reading\n\n2021 0.6\n"
    )
    assert list(typed(text)) == [
        (3, "0.25"), (3, "1,234"), (4, "12%"), (4, "3.5"),
        (5, "0.42"), (5, "2.82"), (5, "2.2%"), (6, "4096"), (6, "3e-5"),
        (7, "0.7"),
    ]  # fmt: skip


def test_every_typed_number_is_given():
    unknown = [
        f"docs/{page}:{line}: {number}"
        for page, text in pages().items()
        for line, number in typed(text)
        if number not in EVERYWHERE and number not in GIVEN.get(page, {})
    ]
    message = "typed, but neither computed nor given; read it from a result or add it to GIVEN"
    assert not unknown, f"{message}:\n" + "\n".join(unknown)


MACRO_IN_A_CELL = re.compile(r"^[ ]*\|.*\{\{.*$", re.MULTILINE)


def test_a_table_is_one_macro_and_not_one_in_each_cell():
    assert MACRO_IN_A_CELL.findall('a\n    | b | {{ number("c", "d") }} |\n{{ e }} | f') == [
        '    | b | {{ number("c", "d") }} |'
    ]
    cells = [
        f"docs/{page}: {line.strip()[:80]}"
        for page, text in pages().items()
        for line in MACRO_IN_A_CELL.findall(text)
    ]
    message = "a macro in a cell; write {path:format} within {% call table(...) %}"
    assert not cells, f"{message}:\n" + "\n".join(cells)


def test_no_given_is_left_over():
    found = {page: {number for _, number in typed(text)} for page, text in pages().items()}
    unused = [
        (page, number) for page in GIVEN for number in GIVEN[page].keys() - found.get(page, set())
    ]
    assert unused == []


def leaves(value: Any) -> Iterator[float]:
    """All numbers within a result."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    elif isinstance(value, int | float):
        yield float(value)


@pytest.mark.parametrize("page", ["EVERYWHERE", *GIVEN])
def test_what_is_called_a_setting_is_one(page):
    settings = json.loads((RESULTS / "facts.json").read_text("utf-8"))["settings"]
    sources = json.loads((RESULTS / "sources.json").read_text("utf-8"))
    known = {*leaves(settings), *leaves(sources)}
    given = EVERYWHERE if page == "EVERYWHERE" else GIVEN[page]
    for number, reason in given.items():
        if reason == SETTING:
            share = number.endswith("%")
            assert float(number.rstrip("%")) / (100 if share else 1) in known
