"""The page "Warm-up: chains and causes"."""

from scripts.pages.warmup import chain, figures, measurements, net

__all__ = ["chain", "figures", "measurements", "net"]
