"""The page "SDEdit in detail"."""

from scripts.pages.sdedit import figures, pictures

__all__ = ["figures", "pictures"]
