"""The page "Inpainting"."""

from scripts.pages.inpainting import figures, measurements

__all__ = ["figures", "measurements"]
