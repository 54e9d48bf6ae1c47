"""The page "Schedules"."""

from scripts.pages.schedules import facts, measurements

__all__ = ["facts", "measurements"]
