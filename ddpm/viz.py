"""One look for all pictures: sheets of images, GIFs, and plots (`ddpm.plots`).

Images lie on a dark card, in thin grey frames, so a sheet looks the same on a light page and on a
dark one. Plots have no background of their own and use colours that read on either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ddpm import arguments, tensors

if TYPE_CHECKING:
    from ddpm.plots import (
        BLUE,
        GREEN,
        INK,
        ORANGE,
        PURPLE,
        SKY,
        VERMILION,
        log_scale,
        matrix,
        plot,
        style,
        write_svg,
    )
else:

    def __getattr__(name: str):
        """What `ddpm.plots` gives, imported at its first use: sheets do not wait for matplotlib."""
        if name in __all__:
            return getattr(import_module("ddpm.plots"), name)
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


__all__ = [
    "BLUE",
    "CARD",
    "FAINT",
    "FRAME",
    "GREEN",
    "INK",
    "ORANGE",
    "PURPLE",
    "SKY",
    "TEXT",
    "VERMILION",
    "as_grid",
    "font",
    "lead_sheet",
    "log_scale",
    "matrix",
    "plot",
    "scale_for",
    "sheet",
    "style",
    "title_bar",
    "write_gif",
    "write_png",
    "write_svg",
]

CARD, FRAME, TEXT, FAINT = 20, 105, 235, 165
"""Grey levels of a sheet: background, frame around a digit, labels, names of the axes."""


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib, so that every machine has it."""
    matplotlib = find_spec("matplotlib")  # importing it takes a second
    if not matplotlib or not matplotlib.origin:
        raise ImportError("the labels of a sheet need matplotlib's fonts: install matplotlib")
    fonts = Path(matplotlib.origin).parent / "mpl-data/fonts/ttf"
    return ImageFont.truetype(str(fonts / "DejaVuSans.ttf"), size)


def _to_bytes(images: Tensor) -> npt.NDArray[np.uint8]:
    return (images.detach().cpu().clamp(0, 1) * 255).round().to(torch.uint8).numpy()


# --8<-- [start:sheet]
def sheet(
    images: Tensor,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    down: str = "",
    across: str = "",
    scale: int = 3,
    gap: int = 4,
) -> Image.Image:
    """Images in rows and columns on a dark card.

    Args:
        images: (R, C, H, W) in [0, 1], or (R, C, 3, H, W) in colour; a cell of NaN stays empty.
        rows, columns: a label for each row, beside it, and for each column, above it.
        down, across: what the rows and the columns are.
        scale: screen pixels per image pixel, a whole number so that pixels stay square.
        gap: pixels between two cells.

    Returns:
        A grey image (mode "L"), or one in colour (mode "RGB").

    Raises:
        ValueError: the images are neither grey nor have three channels.
    """
    images = tensors.tensor("images", images)
    scale, gap = arguments.integer("scale", scale, 1), arguments.integer("gap", gap, 0)
    if images.ndim not in (4, 5) or (images.ndim == 5 and images.shape[2] != 3):
        raise ValueError(
            "a sheet takes grey images (R, C, H, W) or colour ones (R, C, 3, H, W),"
            f" not {tuple(images.shape)}"
        )
    rows, columns = arguments.items("rows", rows), arguments.items("columns", columns)
    count_down, count_across, *_, height, width = images.shape
    if images.numel() == 0 or len(rows) > count_down or len(columns) > count_across:
        raise ValueError(
            f"a sheet of {count_down} rows and {count_across} columns takes no more labels, not"
            f" {len(rows)} rows and {len(columns)} columns"
        )
    size = max(20, 10 * scale)  # of the letters: readable when a phone shows the sheet at 40%
    letters, small = font(size), font(round(size * 0.9))
    cell_y, cell_x = height * scale + gap + 2, width * scale + gap + 2
    label_width = max((letters.getlength(label) for label in rows), default=0)
    left = gap + (round(label_width) + size // 2 if rows else 0) + (size + 10 if down else 0)
    top = gap + (size + 14 if columns else 0) + (size + 12 if across else 0)
    card = Image.new(
        "L", (left + count_across * cell_x + gap, top + count_down * cell_y + gap), CARD
    )
    draw = ImageDraw.Draw(card)

    middle = left + count_across * cell_x / 2
    if across:
        draw.text((middle, gap + size / 2), across, FAINT, small, anchor="mm")
    if down:
        strip = Image.new("L", (count_down * cell_y, size + 10), CARD)
        ImageDraw.Draw(strip).text(
            (strip.width / 2, strip.height / 2), down, FAINT, small, anchor="mm"
        )
        card.paste(strip.rotate(90, expand=True), (gap, top))
    for j, label in enumerate(columns):
        draw.text(
            (left + (j + 0.5) * cell_x, top - size / 2 - 6), label, TEXT, letters, anchor="mm"
        )
    for i, label in enumerate(rows):
        at = (left - size / 3, top + (i + 0.5) * cell_y)
        draw.text(at, label, TEXT, letters, anchor="rm")
    cells = []
    for i in range(count_down):
        for j in range(count_across):
            if images[i, j].isnan().any():
                continue
            x, y = left + j * cell_x, top + i * cell_y
            draw.rectangle((x, y, x + width * scale + 1, y + height * scale + 1), outline=FRAME)
            cells.append((images[i, j], (x + 1, y + 1)))
    if images.ndim == 5:
        card = card.convert("RGB")
    for cell, at in cells:
        pixels = _to_bytes(cell.movedim(0, 2) if cell.ndim == 3 else cell)
        card.paste(Image.fromarray(pixels.repeat(scale, 0).repeat(scale, 1)), at)
    return card
    # --8<-- [end:sheet]


def scale_for(side: int, shown: int = 84) -> int:
    """The `scale` at which images of that side are about `shown` pixels large: 3 for 28."""
    return max(1, round(shown / arguments.integer("side", side, 1)))


def title_bar(card: Image.Image, text: str, size: int = 30) -> Image.Image:
    """The card with a line of text above it, on the same background."""
    bar = Image.new("L", (card.width, size + 16), CARD)
    ImageDraw.Draw(bar).text((12, size / 2 + 10), text, TEXT, font(size), anchor="lm")
    taller = Image.new(card.mode, (card.width, card.height + bar.height))
    taller.paste(bar.convert(card.mode), (0, 0))
    taller.paste(card, (0, bar.height))
    return taller


def as_grid(images: Tensor, columns: int | None = None) -> Tensor:
    """Images (N, 1, H, W) as (R, C, H, W), or (N, 3, H, W) as (R, C, 3, H, W), for `sheet`.

    They go row by row; the last row is filled up with empty cells (NaN).
    """
    images = tensors.images("images", images)
    if images.shape[1] not in (1, 3):
        raise ValueError(f"a grid takes images of 1 or 3 channels, not {images.shape[1]}")
    count = len(images)
    columns = min(10, count) if columns is None else arguments.integer("columns", columns, 1)
    missing = -count % columns
    empty = images.new_full((missing, *images.shape[1:]), torch.nan)
    cell = images.shape[2:] if images.shape[1] == 1 else images.shape[1:]
    return torch.cat([images, empty]).reshape(-1, columns, *cell)


def lead_sheet(lead: dict[str, Tensor], images: Tensor, across: int = 8) -> Image.Image:
    """Images (N, C, H, W) in rows of `across`, after named pictures in the first row.

    The pictures are (H, W) beside grey images and (3, H, W) beside colour ones.
    """
    lines = as_grid(images, min(across, len(images)))
    head = lines.new_full((len(lines), len(lead), *lines.shape[2:]), torch.nan)
    head[0] = torch.stack([*lead.values()])
    names = [*lead, *[""] * lines.shape[1]]
    scale = scale_for(images.shape[-1])
    return sheet(torch.cat([head, lines], dim=1), columns=names, scale=scale)


def write_png(image: Image.Image, path: str | Path) -> None:
    """Writes a sheet."""
    image.save(path, format="PNG", optimize=True)


def write_gif(
    frames: Iterable[Image.Image],
    path: str | Path,
    milliseconds: int = 80,
    hold: int = 2500,
    levels: int = 16,
) -> None:
    """Writes a GIF that plays for ever.

    Args:
        frames, path: sheets of one size, and where to.
        milliseconds, hold: how long each frame stays, and the last one.
        levels: of each channel; fewer make a smaller file. In colour, 256 for each frame.
    """
    from io import BytesIO

    import imageio.v3 as imageio  # only GIFs need it

    step = 255 / (arguments.integer("levels", levels, 2, 256) - 1)
    shown = [(np.round(np.asarray(f) / step) * step).round().astype(np.uint8) for f in frames]
    if not shown:
        raise ValueError("frames must be at least 1, not none")
    durations = [milliseconds] * (len(shown) - 1) + [hold]
    file = BytesIO()  # on a full disk, imageio would try once more while it ends
    imageio.imwrite(file, shown, plugin="pillow", extension=".gif", duration=durations, loop=0)
    Path(path).write_bytes(file.getvalue())
