"""The page "What the courses claim": a rule for each claim, and the measurements made for them.

`verdicts` holds what the rules share, `course_a` to `course_c` and `misprints` the rules, and
`own`, `pictures`, `trainings`, `slips` and `wide` the measurements that no other page makes.
"""

from scripts.pages.claims import (
    course_a,
    course_a_training,
    course_b,
    course_c,
    misprints,
    own,
    pictures,
    slips,
    trainings,
    verdicts,
    wide,
)

__all__ = [
    "course_a",
    "course_a_training",
    "course_b",
    "course_c",
    "misprints",
    "own",
    "pictures",
    "slips",
    "trainings",
    "verdicts",
    "wide",
]
