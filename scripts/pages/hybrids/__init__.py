"""The page "Hybrid images": its figures and measurements."""

from scripts.pages.hybrids import figures, measurements

__all__ = ["figures", "measurements"]
