"""Writing files so that a reader never sees half of one, and that two programs never mix theirs."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from torch import Tensor

PARTIAL = ".partial"
"""Stands before the ending of a temporary file, after its output's name and a random part."""


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Lends a temporary file beside `path`, and moves it there once all has been written.

    If something stops it (an exception, a full disk, a kill), `path` keeps its old content.
    A file that is replaced keeps its permissions; of a link, the file that it points to is
    replaced. What a kill left beside `path` is removed.

    Raises:
        OSError: the folder does not exist or cannot be written to, or the disk is full.
    """
    asked, path = path, _behind_links(path)
    clear_partial(path)
    try:
        handle, name = tempfile.mkstemp(f"{PARTIAL}{path.suffix}", _prefix(path), path.parent)
        temporary = Path(name)
        try:
            _lock(handle)
            yield temporary
            with temporary.open("r+b") as written:
                os.fsync(written.fileno())
            temporary.chmod(stat.S_IMODE(path.stat().st_mode) if path.exists() else _new_mode())
            if sys.platform == "win32":  # does not move what is open
                os.close(handle)
                handle = -1
            temporary.replace(path)
        finally:
            if handle >= 0:
                os.close(handle)
            temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(f"cannot write '{asked}': {reason}") from error


def clear_partial(path: Path) -> None:
    """Removes what a kill left beside `path` while it was written, not what is in use."""
    path = _behind_links(path)
    with suppress(OSError):
        for file in [*path.parent.iterdir()]:
            if file.name.startswith(_prefix(path)) and file.name.endswith(PARTIAL + path.suffix):
                _remove_abandoned(file)


def clear_folder(folder: Path) -> None:
    """Removes what kills left anywhere below a folder, not what is in use."""
    for file in [*folder.rglob(f".*{PARTIAL}.*")]:
        _remove_abandoned(file)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Writes values as JSON, all or nothing."""
    with atomic(path) as file:
        file.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8", newline="\n")


def write_tensors(
    path: str | Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None
) -> None:
    """Writes tensors as safetensors, all or nothing.

    Raises:
        OSError: the file cannot be written, for example because the disk is full.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    with atomic(path) as file:
        try:
            save_file(tensors, file, metadata)
        except SafetensorError as error:
            raise OSError(f"{error}") from error


@contextmanager
def alone(path: Path, doing: str) -> Iterator[None]:
    """Keeps other programs from doing the same with `path` until the block ends.

    The lock is a hidden file beside `path`. A kill leaves the file but not the lock.

    Args:
        path: what is to be written.
        doing: what this program does, in words for the second one: "a training writes".

    Raises:
        ValueError: another program holds the lock.
    """
    path = _behind_links(path)
    lock = filelock.FileLock(path.with_name(f"{_prefix(path)}{_digest(path.name)}.lock"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise ValueError(f"{doing} '{path}' at this moment: wait until it has ended") from error
    except NotImplementedError:  # a file system without locks
        yield
        return
    try:
        yield
    finally:
        if sys.platform != "win32":  # still held: a program that waits sees that it is gone
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _behind_links(path: str | Path) -> Path:
    return Path(os.path.realpath(path))


def _prefix(path: Path) -> str:
    """How the names of the temporary files begin: not longer than a file system takes."""
    return f".{path.stem.encode()[:60].decode(errors='ignore')}-"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def _lock(handle: int) -> bool:
    """Whether an open file is this program's from now on. Windows locks open files by itself."""
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # in use, or on a file system without locks
            return False
    return True


def _remove_abandoned(file: Path) -> None:
    with suppress(OSError):
        handle = os.open(file, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            unused = _lock(handle)
            if unused and sys.platform != "win32":
                file.unlink()
        finally:
            os.close(handle)
        if sys.platform == "win32":
            file.unlink()


def _new_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
