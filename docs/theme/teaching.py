"""Macros of the pages to teach with: the quiz and the glossary."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import course
import glossary
import quiz as quizzes


def define(env: Any, macro: Callable[[Callable[..., str]], Callable[..., str]]) -> None:
    """Adds the macros to those of macros.py, which gives what reports their faults."""
    docs = Path(env.project_dir, "docs")

    def missing() -> list[str]:
        planned = env.conf["extra"].get("planned", [])
        return [page for page in planned if not (docs / page).is_file()]

    @macro
    def quiz(name: str) -> str:
        """The eight questions of a lesson: see quiz.py."""
        return quizzes.markdown(name, quizzes.read(docs / "quiz" / f"{name}.yml"))

    @macro
    def all_quizzes(level: int = 2) -> str:
        """The questions of every lesson that has some, each under its lesson's title."""
        titles = {file: title for title, file in course.entries(env.conf["nav"])}
        parts = []
        for number, file in enumerate(course.lessons(env.conf["nav"]), 1):
            name = Path(file).stem
            if (docs / "quiz" / f"{name}.yml").is_file():
                heading = f"{'#' * level} {number}. {titles[file]} {{ #{name} }}"
                parts += [heading, f"Read first: [{titles[file]}]({file}).", quiz(name)]
        return "\n\n".join(parts)

    @macro
    def course_list() -> str:
        """The lessons that are there, counted, each with what its page says of itself."""
        nav = course.present(env.conf["nav"], missing())
        titles = {file: title for title, file in course.entries(nav)}
        return "\n".join(
            f"{number}. [{titles[file]}]({file})"
            for number, file in enumerate(course.lessons(nav), 1)
        )

    @macro
    def glossary_list() -> str:
        """Every term of the glossary with its definition."""
        return glossary.markdown(glossary.read(docs / "glossary.yml"), missing())
