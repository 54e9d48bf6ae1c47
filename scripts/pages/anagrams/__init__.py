"""The page "Visual anagrams": its figures and measurements."""

from scripts.pages.anagrams import figures, measurements

__all__ = ["figures", "measurements"]
