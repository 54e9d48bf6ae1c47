"""The page "Few steps: a leaderboard"."""

from scripts.pages.leaderboard import clipping, exact, facts, figures, measurements

__all__ = ["clipping", "exact", "facts", "figures", "measurements"]
