"""The page "Few steps: a leaderboard"."""

from scripts.pages.leaderboard import clipping, exact, facts, few_steps, figures, measurements

__all__ = ["clipping", "exact", "facts", "few_steps", "figures", "measurements"]
