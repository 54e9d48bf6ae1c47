"""The page "Time and randomness"."""

from scripts.pages.randomness import facts, measurements

__all__ = ["facts", "measurements"]
