"""The page "Few steps: a leaderboard"."""

from scripts.pages.leaderboard import exact, facts, figures, measurements

__all__ = ["exact", "facts", "figures", "measurements"]
