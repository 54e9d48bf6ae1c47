"""The quiz: eight questions for a lesson, each answer with its explanation folded below it.

`docs/quiz/NAME.yml` has a list of questions, in Markdown:

    - ask: What is left of the image at $t = T$?
      answers:
        - says: Almost nothing.
          right: true
          because: $\\bar\\alpha_T$ is close to 0.
        - says: Half of it.
          because: That is so where $\\bar\\alpha_t = 1/2$.

It works without a script: an answer is a `<details>`, which a press of Enter unfolds.
"""

from pathlib import Path
from typing import Annotated

import yaml
from course import Wrong, faults
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

Words = Annotated[str, Field(min_length=1)]


class Answer(BaseModel):
    """One answer, and why it is right or wrong."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    says: Words
    because: Words
    right: bool = False


class Question(BaseModel):
    """A question with three or four answers, of which one is right."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    ask: Words
    answers: Annotated[list[Answer], Field(min_length=3, max_length=4)]

    @model_validator(mode="after")
    def _one_is_right(self) -> "Question":
        right = sum(answer.right for answer in self.answers)
        if right != 1:
            raise ValueError(f"{right} answers are right, and not one")
        return self


Quiz = TypeAdapter(Annotated[list[Question], Field(min_length=8, max_length=8)])


def read(path: Path) -> list[Question]:
    """The eight questions of a file.

    Raises:
        Wrong: the file is not YAML, or not a quiz; the message says what is wrong and where.
    """
    try:
        return Quiz.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise Wrong(f"there is no docs/quiz/{path.name}") from None
    except yaml.YAMLError as error:
        raise Wrong(f"docs/quiz/{path.name} is not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise Wrong(f"docs/quiz/{path.name}: {'; '.join(faults(error))}") from None


def markdown(name: str, questions: list[Question]) -> str:
    """The questions as Markdown with HTML, for md_in_html."""
    parts = ['<div class="quiz" markdown="1">']
    for number, question in enumerate(questions, 1):
        group = f"{name}-{number}"
        parts += [
            f'<div class="question" role="group" aria-labelledby="{group}" markdown="1">',
            f'<div class="ask" id="{group}" markdown="1">',
            f"**{number}.** {question.ask}",
            "</div>",
        ]
        for letter, answer in zip("ABCD", question.answers, strict=False):
            kind, verdict = ("right", "Right.") if answer.right else ("wrong", "Not quite.")
            parts += [
                f'<details class="answer {kind}" name="{group}" markdown="1">',
                f'<summary markdown="span">{letter}. {answer.says}</summary>',
                f"**{verdict}** {answer.because}",
                "</details>",
            ]
        parts.append("</div>")
    return "\n\n".join([*parts, "</div>"])
