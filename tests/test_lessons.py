"""The lessons in their order: no term before it is introduced, and what each of them has."""

import importlib
import json
import re
from pathlib import Path

import pytest
import yaml

from tests.test_style import prose

pytestmark = pytest.mark.usefixtures("theme")

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
WORDS, ALL_WORDS = 1800, 18_000
"""Of a lesson, and of all of them together."""

LIVE = re.compile(r'<div data-live="[a-z-]+"|<!-- live: [a-z-]+ -->')
FOLDED = re.compile(r"^( *)\?\?\?\+? .*\n(?:\1 {4}.*\n|[ ]*\n)*", re.MULTILINE)
TABLE = re.compile(r"^ *\|.*$", re.MULTILINE)
TAG = re.compile(r"<[^>\n]*>")
SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?!\s))*[.!?]?")
FIGURE = re.compile(r'\{\{ figure\("([a-z0-9-]+)"')


@pytest.fixture(scope="module")
def terms(theme):
    return importlib.import_module("glossary").read(DOCS / "glossary.yml")


@pytest.fixture(scope="module")
def lessons(theme):
    """The lessons' texts by their files, in the order of the nav."""
    settings = yaml.safe_load(re.sub(r"!\w+", "", (ROOT / "mkdocs.yml").read_text("utf-8")))
    files = importlib.import_module("course").lessons(settings["nav"])
    return {file: (DOCS / file).read_text("utf-8") for file in files}


def bare(text: str) -> str:
    """A page's prose, without tags, its characters where they were."""
    return TAG.sub(lambda tag: " " * len(tag[0]), prose(text))


def home(term, files: list[str]) -> str | None:
    """The lesson that introduces a term, if any does."""
    found = term.lesson or term.page.partition("#")[0]
    return found if found in files else None


def captions(text: str) -> str:
    """What stands below the figures of a page."""
    figures = json.loads((ROOT / "site_assets/manifest.json").read_text("utf-8"))["figures"]
    return "\n\n".join(
        f"{figures[name]['caption']} {figures[name]['made']}" for name in FIGURE.findall(text)
    )


def points_to(text: str, place: int, term, files: list[str]) -> bool:
    """Whether the sentence at a place links to a page that explains the term."""
    sentence = next(s for s in SENTENCE.finditer(text) if s.start() <= place < s.end())
    pages = {term.page.partition("#")[0], home(term, files)}
    return any(re.search(rf"\]\({re.escape(page)}[)#]", sentence[0]) for page in pages if page)


def too_early(lessons: dict[str, str], terms: list) -> list[str]:
    """Mentions of terms before the lesson that introduces them, each in a line.

    A term may be named earlier in a sentence that links to where it is explained.
    """
    mentions = importlib.import_module("glossary").mentions
    files, faults = [*lessons], []
    for number, (file, page) in enumerate(lessons.items()):
        for text in (page, captions(page)):
            for place, words, term in mentions(bare(text), terms):
                where = f"{file}:{text[:place].count(chr(10)) + 1}: {words!r}"
                introduced = home(term, files)
                if introduced is None:
                    faults.append(f"{where} is introduced by no lesson")
                elif files.index(introduced) > number and not points_to(text, place, term, files):
                    faults.append(f"{where} is introduced by {introduced}")
    return faults


def unmarked(lessons: dict[str, str], terms: list) -> list[str]:
    """Terms that lessons use and that are not in bold where they are introduced."""
    mentions = importlib.import_module("glossary").mentions
    used = {term.term for text in lessons.values() for *_, term in mentions(bare(text), terms)}
    faults = []
    for term in terms:
        if term.term in used and (file := home(term, [*lessons])):
            bold = re.findall(r"\*\*([^*\n]+)\*\*", bare(lessons[file]))
            if term.term not in {found.term for b in bold for *_, found in mentions(b, terms)}:
                faults.append(f"{file}: '{term.term}'")
    return faults


# The order of terms


def test_no_lesson_uses_a_term_before_it_is_introduced(lessons, terms):
    assert too_early(lessons, terms) == []


def test_a_term_is_in_bold_where_it_is_introduced(lessons, terms):
    assert unmarked(lessons, terms) == []


def test_a_term_that_comes_too_early_is_found(terms):
    lessons = {
        "denoiser.md": "# One\n\nA **sampler**: `DDIM`, $DDIM$.\n\nSee\n<a id='DDIM'></a> DDIM.\n",
        "sampling.md": "Read about FID. [FID](guidance.md#measured) is later.\n\n**DDIM**\n",
        "guidance.md": "An **FID** with a seed. RePaint.\n",
    }
    chosen = [t for t in terms if t.term in ("DDIM", "FID", "RePaint", "seed")]
    assert too_early(lessons, chosen) == [
        "denoiser.md:6: 'DDIM' is introduced by sampling.md",
        "sampling.md:1: 'FID' is introduced by guidance.md",
        "guidance.md:1: 'RePaint' is introduced by no lesson",
    ]
    assert unmarked(lessons, chosen) == ["sampling.md: 'seed'"]


def test_a_caption_is_read_with_its_lesson(terms):
    name, guidance = "guidance-scales", [t for t in terms if t.term == "guidance"]
    lessons = {"denoiser.md": f'{{{{ figure("{name}") }}}}', "guidance.md": "**Guidance**"}
    assert too_early(lessons, guidance) == [
        "denoiser.md:1: 'guidance' is introduced by guidance.md"
    ]


# What each lesson has


def count(text: str) -> int:
    """The words of a page that are read in any case: no code, tables or folded solutions."""
    read = TABLE.sub("", bare(FOLDED.sub("\n", text)))
    return len(re.findall(r"[^\W_][\w'’-]*", read))


def missing(text: str) -> set[str]:
    """What a lesson should have and this one has not."""
    exercises = text.count('!!! exercise "')
    here = {
        "a live figure": bool(LIVE.search(text)),
        "a summary": "\n## Summary\n" in text,
        "three to five exercises": 3 <= exercises <= 5 and "\n## Exercises" in text,
        "a solution for each": text.count('    ??? success "Solution"') == exercises,
        "an exercise on paper": ". On paper" in text,
        "an exercise in code with its check": ". In code" in text and "checks." in text,
        "an exercise that predicts first": ". Predict, then measure" in text,
        "a pitfall": "Pitfall: " in text,
        "further reading": "\n## Further reading\n" in text,
        f"at most {WORDS} words": count(text) <= WORDS,
    }
    return {name for name, there in here.items() if not there}


def test_each_lesson_is_complete_and_short(lessons):
    assert {file: missing(text) for file, text in lessons.items() if missing(text)} == {}
    assert sum(map(count, lessons.values())) < ALL_WORDS


def test_what_a_lesson_lacks_is_found(lessons):
    text = lessons["denoiser.md"]
    assert missing(LIVE.sub("<div", text)) == {"a live figure"}
    assert missing(text.replace("## Summary", "## Sum")) == {"a summary"}
    assert missing(text.replace("??? success", "!!! success", 1)) == {"a solution for each"}
    assert missing("word " * WORDS + text) == {f"at most {WORDS} words"}
    assert count("Three words\n\n| a table |\n\n??? note\n    folded\n\n`code` here.\n") == 3
