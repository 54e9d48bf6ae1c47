"""The glossary: its list, and the first mention of each term on a page, with its definition.

`docs/glossary.yml` is a list of terms. A mention is the term itself or one of `also`, as a whole
word; one with a capital letter in it is found as it is written, and any other in both cases. The
lesson that introduces a term is named if it is not the page that explains it.

    - term: DDIM
      also: [DDIM's]
      means: A sampler without noise ...
      page: solvers.md
      lesson: sampling.md
"""

import re
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Annotated

import texts
import yaml
from course import Wrong, faults
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

PAGE = "symbols.md"
"""Where the list is."""
SKIPPED = ("pre", "code", "a", "h[1-6]", "table", "summary", "button", "math", "svg", "small")
"""No term is linked in these; within a table its definition would be cut off."""
FORMULA = re.compile(r"(\\\(.*?\\\)|\\\[.*?\\\])", re.DOTALL)


class Term(BaseModel):
    """A term: its name and other forms, its meaning in plain text, the page that explains it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    term: Annotated[str, Field(min_length=1)]
    also: list[str] = []
    never: list[str] = []  # phrases in which the word means something else
    means: Annotated[str, Field(min_length=20, max_length=320)]
    page: Annotated[str, Field(pattern=r"^[a-z0-9/-]+\.md(#[a-z0-9-]+)?$")]
    lesson: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.md$")] | None = None

    @property
    def anchor(self) -> str:
        """Its place in the list."""
        return "term-" + re.sub(r"[^a-z0-9]+", "-", self.term.lower()).strip("-")


def read(path: Path) -> list[Term]:
    """The terms of a file in alphabetical order; none where there is no such file.

    Raises:
        Wrong: the file is not a glossary, or names a term twice.
    """
    if not path.is_file():
        return []
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        terms = TypeAdapter(list[Term]).validate_python(found)
    except yaml.YAMLError as error:
        raise Wrong(f"docs/{path.name} is not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise Wrong(f"docs/{path.name}: {'; '.join(faults(error))}") from None
    names = [_key(name) for term in terms for name in (term.term, *term.also)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Wrong(f"docs/{path.name} has {twice[0]!r} twice")
    return sorted(terms, key=lambda term: term.term.lower())


def markdown(terms: list[Term], missing: list[str]) -> str:
    """The list, for def_list; pages that are not written yet are not linked."""
    parts = []
    for term in terms:
        missed = term.page.partition("#")[0] in missing
        more = "" if missed else f" [More on {escape(term.term)}]({term.page})"
        name = f'<span id="{term.anchor}">{escape(term.term)}</span>'
        parts.append(f"{name}\n:   {escape(term.means)}{more}")
    return "\n\n".join(parts)


def linked(html: str, terms: list[Term], address: str) -> str:
    """A page's HTML with the first mention of each term linked.

    Args:
        html: the page's text, before its formulas are typeset.
        terms: the glossary.
        address: of the page with the list, relative to this one.
    """
    if not terms:
        return html
    pattern, meant = _finder(terms)
    done: set[str] = set()

    def mention(found: re.Match[str]) -> str:
        term = meant(found[0])
        if term is None or term.anchor in done:
            return found[0]
        done.add(term.anchor)
        tip = f"tip-{term.anchor}"
        return (
            f'<span class="term"><a href="{address}#{term.anchor}" aria-describedby="{tip}">'
            f'{found[0]}</a><span class="tip" role="tooltip" id="{tip}">{escape(term.means)}'
            "</span></span>"
        )

    def around_formulas(text: str) -> str:
        parts = FORMULA.split(text)
        return "".join(p if FORMULA.fullmatch(p) else pattern.sub(mention, p) for p in parts)

    return texts.change(html, SKIPPED, around_formulas)


def mentions(text: str, terms: list[Term]) -> Iterator[tuple[int, str, Term]]:
    """Every mention of a term in a text without tags: its place, its words, and the term."""
    pattern, meant = _finder(terms)
    for found in pattern.finditer(text):
        if term := meant(found[0]):
            yield found.start(), found[0], term


def _finder(terms: list[Term]) -> tuple[re.Pattern[str], Callable[[str], Term | None]]:
    """A pattern for mentions of terms, and the term that one means, if any."""
    named = {_key(name): term for term in terms for name in (term.term, *term.also)}
    never = {_key(phrase) for term in terms for phrase in term.never}
    longest = sorted({*named, *never}, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(_spaced(name) for name in longest)})(?![\w-])")
    return pattern, lambda words: named.get(_key(" ".join(words.split())))


def _key(name: str) -> str:
    """A name as it is looked up: in small letters, but for one that has capitals by itself."""
    return name if re.search("[A-Z]", name[1:]) or len(name) == 1 else name.lower()


def _spaced(name: str) -> str:
    """A pattern for a name: any white space in it, and a capital at its beginning."""
    first = re.escape(name[0])
    if name[0].islower():
        first = f"[{name[0].upper()}{name[0]}]"
    return first + r"\s+".join(re.escape(part) for part in name[1:].split(" "))
