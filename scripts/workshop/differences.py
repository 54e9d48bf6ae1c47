"""How far two pictures are apart, so that a table can tell rounding from a fault."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageSequence

NUMBER = re.compile(r"(?<![\w#.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?")
EMBEDDED = re.compile(r"data:image/png;base64,([^\"]+)")

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """How far two pictures of one shape are apart.

    Attributes:
        largest: the largest difference, of a pixel in 0..255 or of a number in a drawing.
        share: the share of pixels or numbers that differ, in 0..1.
        of: "pixels" or "numbers".
    """

    largest: float
    share: float
    of: str

    def __str__(self) -> str:
        if not self.largest:
            return f"the same {self.of}"
        most = f"{self.largest:.2g}" if self.of == "numbers" else f"{self.largest:.0f} of 255"
        share = f"{float(f'{100 * self.share:.2g}'):g}" if self.share > 1e-4 else "less than 0.01"
        return f"up to {most} in {share}% of the {self.of}"


def difference(old: bytes, new: bytes, ending: str) -> Difference | None:
    """How far the contents of two files of one kind are apart; None if they have other shapes.

    Pictures have one shape if their sizes and their numbers of frames agree, drawings if they
    agree in all but their numbers: those of an embedded image are its pixels.

    Args:
        old, new: what the files hold.
        ending: "png", "gif" or "svg".
    """
    read = _drawing if ending == "svg" else _frames
    (old_shape, before), (new_shape, after) = read(old), read(new)
    if old_shape != new_shape or before.shape != after.shape:
        return None
    apart = np.abs(before - after)
    differing = apart.reshape(len(apart), -1).any(1) if len(apart) else apart
    share = float(differing.mean()) if len(apart) else 0.0
    return Difference(apart.max(initial=0), share, "numbers" if ending == "svg" else "pixels")


def _frames(content: bytes) -> tuple[str, Numbers]:
    """All pixels of all frames, (N, 4), and the frames' sizes."""
    with Image.open(io.BytesIO(content)) as image:
        frames = [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]
    shape = str([frame.shape for frame in frames])
    return shape, np.concatenate([frame.reshape(-1, 4) for frame in frames]).astype(float)


def _drawing(content: bytes) -> tuple[str, Numbers]:
    """All numbers of an SVG, (N,), and what stands between them."""
    text = content.decode()
    pixels = [_frames(base64.b64decode(found)) for found in EMBEDDED.findall(text)]
    text = EMBEDDED.sub("", text)
    # Matplotlib names a clip path by a hash of its numbers; here it is named by its turn.
    turns = {name: f"id{i}" for i, name in enumerate(re.findall(r'\bid="([^"]+)"', text))}
    text = re.sub(r'(?<=\bid=")[^"]+|(?<=#)[\w.-]+', lambda m: turns.get(m[0], m[0]), text)
    shape = [NUMBER.sub("0", text), *(size for size, _ in pixels)]
    numbers = [np.array([float(number) for number in NUMBER.findall(text)])]
    return "\n".join(shape), np.concatenate([*numbers, *(values.ravel() for _, values in pixels)])


def describe(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """How far files of the same paths are apart, in words; nothing where their bytes agree."""
    found = []
    for path in sorted(before.keys() & after.keys()):
        if before[path] != after[path]:
            apart = difference(before[path], after[path], path.rpartition(".")[2])
            which = "still: " if path.endswith(".still.png") else ""
            found.append(which + (str(apart) if apart else "other shapes"))
    return "; ".join(found)
