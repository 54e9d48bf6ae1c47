"""The page on text-to-image: its figures."""

from scripts.pages.text import figures

__all__ = ["figures"]
