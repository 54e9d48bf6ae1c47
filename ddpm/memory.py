"""How a program keeps the memory that it has once asked for."""

from __future__ import annotations

import ctypes
import sys


def keep_freed_memory() -> bool:
    """Asks the C library to keep the memory of a layer's result for the next layer's.

    It would otherwise give large blocks back to the system, which clears every page of the next
    one: on two cores a third of a training's time. Programs call it, the library does not: the
    memory of a process never shrinks again.

    Returns:
        Whether it was asked: only glibc, on Linux, knows the request.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD and M_MMAP_MAX of malloc.h
    return bool(mallopt and mallopt(mmap_max, 0) and mallopt(trim_threshold, 2**31 - 1))
