"""The page "Schedules"."""

from scripts.pages.schedules import facts, figures, measurements

__all__ = ["facts", "figures", "measurements"]
