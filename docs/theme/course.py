"""A page's place in the course, from its front matter: level, minutes, what to know first, next.

    level: beginner
    minutes: 20
    first: [forward.md]
    next: network.md

A line below the title and one at the end of the page say so.
"""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LESSONS = "Lessons"
"""The section of the nav whose pages are counted; its last one is an appendix."""
LIVE = re.compile(
    r"^<!-- live: (?P<name>[a-z-]+) -->\n+(?P<still><figure[\s\S]*?</figure>|.+(?:\n.+)*)",
    re.MULTILINE,
)
"""The comment before the still figure in whose place there is one to move."""
TITLE = re.compile(r"^# .*\n", re.MULTILINE)


class Place(BaseModel):
    """What the front matter of a page says; other keys, such as a description, are allowed."""

    model_config = ConfigDict(extra="ignore")

    level: Literal["beginner", "intermediate", "advanced"]
    minutes: int = Field(ge=1, le=180)
    first: list[str] = []
    next: str | None = None


class Wrong(Exception):
    """A page's front matter, or a file that the site is built from, is not as it must be."""


def place(meta: Mapping[str, Any]) -> Place | None:
    """A page's place, or None for a page that says nothing about it.

    Raises:
        Wrong: something is missing, or has an unknown value.
    """
    if not Place.model_fields.keys() & meta.keys():
        return None
    try:
        return Place.model_validate(dict(meta))
    except ValidationError as error:
        raise Wrong("; ".join(faults(error))) from None


def faults(error: ValidationError) -> Iterator[str]:
    """What is wrong with a file, each with the place in it."""
    for fault in error.errors():
        where = ".".join(str(step) for step in fault["loc"])
        yield f"{where}: {fault['msg']}" if where else str(fault["msg"])


def entries(nav: Any) -> Iterator[tuple[str, str]]:
    """The titles of a nav's pages with their files, in its order."""
    for entry in nav or []:
        for title, inner in entry.items() if isinstance(entry, dict) else [("", entry)]:
            if isinstance(inner, str):
                yield title, inner
            else:
                yield from entries(inner)


def present(nav: Any, missing: Collection[str]) -> Any:
    """The nav without the entries of the missing pages, and without sections left empty."""
    kept = []
    for entry in nav or []:
        if not isinstance(entry, dict):
            kept += [entry] if entry not in missing else []
            continue
        for title, inner in entry.items():
            if not isinstance(inner, str):
                inner = present(inner, missing)
            if inner and (not isinstance(inner, str) or inner not in missing):
                kept.append({title: inner})
    return kept


def lessons(nav: Any) -> list[str]:
    """The files of the lessons in their order, without the appendix."""
    for entry in nav or []:
        if isinstance(entry, dict) and LESSONS in entry:
            return [file for title, file in entries(entry[LESSONS]) if "ppendix" not in title]
    return []


def live(text: str) -> str:
    """A page's Markdown with each still figure marked that the browser can make a live one."""
    return LIVE.sub(r'<div data-live="\g<name>" markdown="1">\n\n\g<still>\n\n</div>', text)


def framed(text: str, uri: str, place: Place, nav: Any, missing: Collection[str]) -> str:
    """A page's Markdown with the line below its title and the line at its end.

    Args:
        text: the Markdown, front matter left out.
        uri: the page's file, relative to docs/.
        place: what its front matter says.
        nav: the nav, where the titles of other pages are.
        missing: pages that the nav names and that are not written yet; they are left out.
    """
    titles = {file: title for title, file in entries(nav)}

    def link(file: str) -> str:
        if file not in titles:
            raise Wrong(f"{file!r} is not in the nav")
        address = posixpath.relpath(file, posixpath.dirname(uri) or ".")
        return f"[{titles[file]}]({address})"

    facts = [place.level.capitalize(), f"{place.minutes} minutes"]
    counted = lessons(nav)
    if uri in counted:
        facts.insert(0, f"Lesson {counted.index(uri) + 1} of {len(counted)}")
    if first := [link(file) for file in place.first if file not in missing]:
        facts.append(f"Know first: {', '.join(first)}")
    above = f'<p class="place" markdown="span">{" · ".join(facts)}</p>\n'
    title = TITLE.search(text)
    cut = title.end() if title else 0
    text = f"{text[:cut]}\n{above}\n{text[cut:]}"
    if place.next and place.next not in missing:
        text += f'\n\n<p class="place next" markdown="span">Next: {link(place.next)}</p>\n'
    return text
