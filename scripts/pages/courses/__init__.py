"""The page "The courses' models": `course_b` has that course's samples, `models` the rest."""

from scripts.pages.courses import course_b, models
from scripts.pages.courses.models import derived

__all__ = ["course_b", "derived", "models"]
