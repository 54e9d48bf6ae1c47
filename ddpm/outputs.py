"""Outputs of commands: which files may be written, and the mark by which ours are recognised.

A command replaces a file of its own kind that this package wrote, and says so. Any other file is
the user's, and is only replaced with `--force`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ddpm.files import alone, clear_partial

WAY_OUT = "--restart starts again, another --out keeps both"
ANOTHER = "another --out keeps it"

MARK = b"made by ddpm"
"""What a PNG's text, a GIF's comment and a zip archive's comment say."""

GIF_COMMENT = b"\x21\xfe" + bytes([len(MARK)]) + MARK + b"\x00"
PNG_TEXT = b"Software\x00" + MARK
HEADER = 10_000_000
"""Bytes of a safetensors header or a JSON file that are looked at, at most."""


def sign(file: Path) -> None:
    """Adds the mark to a PNG, a GIF or a `.npz`; what they show or hold stays the same."""
    ending = file.suffix.lower()
    if ending == ".npz":
        with zipfile.ZipFile(file, "a") as archive:
            archive.comment = MARK
    elif ending == ".gif":
        content = file.read_bytes()
        file.write_bytes(b"GIF89a" + content[6:-1] + GIF_COMMENT + content[-1:])
    elif ending == ".png":
        import zlib

        content, kind = file.read_bytes(), b"tEXt" + PNG_TEXT
        chunk = len(PNG_TEXT).to_bytes(4, "big") + kind + zlib.crc32(kind).to_bytes(4, "big")
        file.write_bytes(content[:-12] + chunk + content[-12:])  # before the last chunk, IEND


def signed(file: Path) -> bool:
    """Whether this package wrote a file: a picture, arrays, weights, a checkpoint or a log."""
    ending = file.suffix.lower()
    with suppress(OSError, ValueError, RecursionError, zipfile.BadZipFile):
        if ending == ".npz":
            with zipfile.ZipFile(file) as archive:
                comment = archive.comment
            return comment == MARK or holds_epochs(file)  # these had no mark at first
        if ending == ".safetensors":
            return bool(header_of(file))
        if ending == ".json":
            return _is_log(file)
        with file.open("rb") as content:
            content.seek(-min(200, file.stat().st_size), os.SEEK_END)
            end = content.read()
        return {".gif": GIF_COMMENT + b";", ".png": PNG_TEXT}.get(ending, b"-") in end
    return False


def header_of(file: Path) -> dict[str, Any]:
    """The metadata of weights or of a checkpoint that this package wrote; empty for other files.

    Its `recipe` is a dictionary.
    """
    with (
        suppress(OSError, ValueError, KeyError, TypeError, RecursionError),
        file.open("rb") as content,
    ):
        size = int.from_bytes(content.read(8), "little")
        if size <= HEADER:
            metadata = dict(json.loads(content.read(size))["__metadata__"])
            recipe = json.loads(metadata["recipe"])
            if isinstance(recipe, dict) and {"name", "network"} <= recipe.keys():
                return metadata | {"recipe": recipe}
    return {}


def holds_epochs(file: Path) -> bool:
    """Whether a file holds what a training keeps in a `.npz`: images by the number of an epoch."""
    with suppress(OSError, ValueError, zipfile.BadZipFile), zipfile.ZipFile(file) as archive:
        names = [Path(name).stem for name in archive.namelist()]
        return bool(names) and all(name.isdecimal() for name in names)
    return False


def _is_log(file: Path) -> bool:
    if file.stat().st_size > HEADER:
        return False
    values = json.loads(file.read_text(encoding="utf-8"))
    return isinstance(values, dict) and {"recipe", "epochs", "how"} <= values.keys()


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths are one file, be it by a link or by a name in other letters."""
    with suppress(OSError):
        if os.path.samefile(one, other):  # noqa: PTH121 (takes what is not there as well)
            return True
    real = [os.path.normcase(os.path.realpath(path)) for path in (one, other)]
    return real[0] == real[1]


def check_output(
    out: Path,
    option: str = "--out",
    force: bool = False,
    others: Mapping[str, Path | None] | None = None,
) -> bool:
    """Looks at where an output goes before any work is done.

    Args:
        out: the file to be written.
        option: what the user called it.
        force: whether a file of the user's may be replaced.
        others: further inputs and outputs, by their option; none of them may be `out`.

    Returns:
        Whether a file is there that will be replaced.

    Raises:
        ValueError: the folder is missing or cannot be written to, the name is too long, the file
            is one of the others, or the user's own.
    """
    try:
        with suppress(FileNotFoundError):
            os.lstat(out)  # complains of a name that is too long, which `exists` may not
        there = out.exists()
        if out.is_dir():
            raise ValueError(f"{option} '{out}' is a folder")
        with tempfile.TemporaryFile(dir=Path(os.path.realpath(out)).parent):
            pass
    except OSError as error:
        raise ValueError(f"cannot write '{_short(out)}': {error.strerror}") from error
    for name, other in (others or {}).items():
        if other is not None and same_file(out, other):
            raise ValueError(f"{option} and {name} are one file, '{out}': give two")
    if not there:
        return False
    if not out.is_file():
        raise ValueError(f"{option} '{out}' is not a plain file")
    if not force and not os.access(out, os.W_OK):
        raise ValueError(f"'{out}' is read-only: --force overwrites it, another {option} keeps it")
    if not force and not signed(out):
        raise ValueError(
            f"'{out}' is there and was not made by this program:"
            f" --force overwrites it, another {option} keeps it"
        )
    return True


def say_replaced(out: Path) -> None:
    """Says on standard error that a file which is there will be replaced."""
    print(f"note: '{out}' is there and will be replaced", file=sys.stderr)


def _short(out: Path) -> str:
    return f"{out}" if len(out.name) < 100 else f"{str(out)[:100]}..."


@dataclass(frozen=True)
class Outputs:
    """The files of a training, by the name of its weights."""

    weights: Path

    @property
    def checkpoint(self) -> Path:
        """From which the training goes on."""
        return self.weights.with_suffix(".checkpoint.safetensors")

    @property
    def log(self) -> Path:
        """The losses of all epochs."""
        return self.weights.with_suffix(".json")

    @property
    def images(self) -> Path:
        """Samples after some epochs."""
        return self.weights.with_suffix(".npz")

    def check(self, recipe: str, restart: bool, force: bool) -> None:
        """Makes sure that a training only replaces its own files, and says what it replaces.

        Args:
            recipe: its name.
            restart: whether the training begins again.
            force: whether other files may be replaced.

        Raises:
            ValueError: a file cannot be written, is not a training's, or is another training's.
        """
        ends = self.weights.name.lower()
        if not ends.endswith(".safetensors") or ends.endswith(".checkpoint.safetensors"):
            raise ValueError(f"--out must end in .safetensors, not '{self.weights.name}'")
        ours = (self.checkpoint, self.weights, self.log)
        there = [path for path in ours if check_output(path, force=force)]
        for path in there:
            header = header_of(path) if path in (self.weights, self.checkpoint) else {}
            if force or not header:
                continue
            if ("log" in header) != (path == self.checkpoint):
                kind = "a checkpoint" if "log" in header else "a weights file"
                raise ValueError(f"'{path}' is {kind}: --force overwrites it, {ANOTHER}")
            theirs = header["recipe"]["name"]
            if theirs != recipe and (restart or path == self.weights):
                raise ValueError(
                    f"'{path}' is of a training of '{theirs}', with other settings than"
                    f" '{recipe}': --force overwrites it, {ANOTHER}"
                )
        if self.weights in there and self.checkpoint not in there and not (restart or force):
            raise ValueError(f"'{self.weights}' is there without its checkpoint: {WAY_OUT}")
        for path in there:
            if not signed(path) or (restart and path != self.log):
                say_replaced(path)

    def check_images(self, force: bool) -> None:
        """Makes sure that the samples of a training do not replace other pictures.

        Raises:
            ValueError: they would.
        """
        if check_output(self.images, force=force) and not (force or holds_epochs(self.images)):
            raise ValueError(
                f"'{self.images}' is not a training's: --force overwrites it, {ANOTHER}"
            )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other trainings off these files, and removes what a kill left beside them.

        Of the processes that `torchrun` started, the first does so for all.

        Raises:
            ValueError: another training writes them.
        """
        if os.environ.get("RANK", "0") != "0":
            yield
            return
        with alone(self.weights, "another training writes"):
            for path in (self.weights, self.checkpoint, self.log, self.images):
                clear_partial(path)
            yield
