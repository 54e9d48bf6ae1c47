"""The page "Hybrid images": its figures and measurements."""

from scripts.pages.hybrids import figures, large, measurements

__all__ = ["figures", "large", "measurements"]
