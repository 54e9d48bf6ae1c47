"""Which pixels of a photo or scan are the digit, and which are paper, shadow, lines and dirt.

Five steps, all on grey pixels in [0, 1]:

1. the background's level is estimated at every pixel by a morphological closing: it removes
   what is narrower than its window, and keeps gradients and the edges of shadows;
2. the contrast to the background is divided by that of the ink, and pixels above a half are ink;
3. ruled lines from side to side are taken out, except where a stroke crosses them;
4. the connected parts are compared: the largest that is neither a frame nor the edge of a page is
   the digit, with the parts that are near it or nearly as large; the others are removed;
5. with the width of the digit's stroke known, the background is estimated once more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

CANDIDATES = 40
"""How many parts are compared, from the largest on; the rest is dirt."""


@dataclass(frozen=True)
class Part:
    """A connected part of the ink: its label, pixels, summed contrast, place and border pixels."""

    label: int
    area: int
    mass: float
    place: tuple[slice, slice]
    contact: float

    @property
    def extent(self) -> int:
        return max(side.stop - side.start for side in self.place)

    @property
    def height(self) -> int:
        return self.place[0].stop - self.place[0].start

    @property
    def score(self) -> float:
        """How likely it is the digit: the edge of a desk runs along the image's border."""
        return (
            self.mass
            * self.extent
            * (1 if self.contact == 0 else 0.3 if self.contact < 0.04 else 0.03)
        )

    def encloses(self, other: Part) -> bool:
        return all(
            a.start < b.start and b.stop < a.stop
            for a, b in zip(self.place, other.place, strict=True)
        )

    def gap(self, other: Part) -> int:
        """Pixels between the boxes of two parts."""
        return max(
            max(a.start - b.stop, b.start - a.stop, 0)
            for a, b in zip(self.place, other.place, strict=True)
        )


# --8<-- [start:find]
def find_ink(pixels: np.ndarray, pages: int = 1) -> np.ndarray:
    """The ink of a digit, 1 on its strokes and 0 elsewhere.

    Args:
        pixels: (H, W) in [0, 1], of dark ink on light paper or the other way round.
        pages: how many sheets may lie on one another, such as a page on a desk.

    Returns:
        (H, W) in [0, 1]; the edges of strokes are in between.
    """
    light = pixels if _ink_is_dark(pixels) else 1 - pixels
    window = max(3, round(0.4 * min(pixels.shape)))
    for _ in range(2):
        contrast = _contrast(light, window)
        mask, labels, parts, level = _parts(contrast)
        if not parts:
            return np.clip(contrast / max(float(contrast.max()), 1e-6), 0, 1)
        digit = parts[0]
        inside = labels[digit.place] == digit.label
        if pages and _is_page(inside, pixels.size):
            found = np.zeros_like(pixels)
            found[digit.place] = find_ink(pixels[digit.place], pages - 1)
            return found
        stroke = 2 * ndimage.distance_transform_edt(np.pad(inside, 1)).max()
        window = min(window, round(2.5 * stroke) + 5)
    kept = np.isin(labels, [part.label for part in parts])
    near = ndimage.maximum_filter(kept, 3 + 2 * round(0.01 * digit.extent))
    near &= kept | ~ndimage.maximum_filter(mask & ~kept, 5)
    # Half of the contrast is an edge; a window around it leaves out paper's grain and shadows.
    return np.where(near, np.clip(2 * contrast / level - 0.5, 0, 1), 0).astype(np.float32)
    # --8<-- [end:find]


def _ink_is_dark(pixels: np.ndarray) -> bool:
    """Compares the strongest deviations from the background to either side.

    A quadratic surface is subtracted first, as light falls unevenly on a page.
    """
    step = tuple(max(1, side // 128) for side in pixels.shape)
    small = ndimage.uniform_filter(pixels, step)[:: step[0], :: step[1]]
    y, x = (
        axis / max(1, n - 1) for axis, n in zip(np.indices(small.shape), small.shape, strict=True)
    )
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1).reshape(-1, 6)
    values = small.reshape(-1).astype(np.float64)
    keep = np.abs(values - np.median(values)) <= np.quantile(
        np.abs(values - np.median(values)), 0.8
    )
    surface = terms @ np.linalg.lstsq(terms[keep], values[keep], rcond=None)[0]
    rest = values - surface
    rest -= np.median(rest)
    return bool((rest**3).sum() <= 0)


def _contrast(light: np.ndarray, window: int) -> np.ndarray:
    """Which share of the background's light is missing (H, W), from 0 for paper to 1 for black."""
    smooth = ndimage.median_filter(light, 3)
    # The odd reflection lets a gradient go on beyond the image's border.
    wide = np.pad(smooth, window, mode="reflect", reflect_type="odd")
    wide = wide.clip(smooth.min(), smooth.max())
    paper = ndimage.grey_closing(wide, (window, window))[window:-window, window:-window]
    floor = max(0.35 * float(np.median(paper)), 1e-3)
    return ((paper - light) / np.maximum(paper, floor)).clip(0, 1)


def _parts(contrast: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[Part], float]:
    """Finds the parts that are the digit.

    Returns:
        All ink (H, W), the labels of its parts, the parts that are the digit, the most likely
        first, and the contrast of its ink.
    """
    middle = float(np.median(contrast))
    spread = 1.4826 * float(np.median(np.abs(contrast - middle)))
    level = 2 * max(0.04, middle + 6 * spread)
    # The first threshold tells ink from paper; the next two are half of the ink's own contrast.
    for _ in range(3):
        mask = contrast > level / 2
        labels, parts = _digit(_without_lines(mask), contrast)
        if not parts:
            break
        values = contrast[parts[0].place][labels[parts[0].place] == parts[0].label]
        level = float((values**5).sum() / (values**4).sum())  # the darkest, if shadows touch it
    return mask, labels, parts, level


def _digit(mask: np.ndarray, contrast: np.ndarray) -> tuple[np.ndarray, list[Part]]:
    labels, count = ndimage.label(mask, np.ones((3, 3)))  # corners connect, too
    if not count:
        return labels, []
    flat = labels.ravel()
    areas = np.bincount(flat, minlength=count + 1)
    masses = np.bincount(flat, contrast.ravel(), minlength=count + 1)
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    contacts = np.bincount(edge, minlength=count + 1) / len(edge)
    places = ndimage.find_objects(labels)
    largest = [int(k) for k in np.argsort(-masses[1:])[:CANDIDATES] + 1]
    parts = [
        Part(k, int(areas[k]), float(masses[k]), places[k - 1], float(contacts[k])) for k in largest
    ]
    framed = [part for part in parts if not _is_frame(part, parts, labels)]
    framed.sort(key=lambda part: -part.score)
    kept, others = framed[:1], framed[1:]
    while found := [part for part in others if _belongs(part, kept)]:
        kept += found
        others = [part for part in others if part not in found]
    return labels, kept


def _belongs(part: Part, digit: list[Part]) -> bool:
    """Whether a part is of the same digit (a gap in a stroke), or another digit beside it."""
    largest = digit[0]
    if part.contact or part.extent > 1.3 * max(one.extent for one in digit):
        return False
    if any(part.gap(one) <= 0.08 * largest.extent for one in digit):
        return part.area >= 0.05 * largest.area
    return part.area >= 0.3 * largest.area and part.height >= 0.5 * largest.height


def _without_lines(mask: np.ndarray) -> np.ndarray:
    """Ink without thin lines from one side of the image to the other, but for crossing strokes."""
    rest = mask
    for axis in (0, 1):
        across, along = mask.shape[axis], mask.shape[1 - axis]
        thickest = round(0.05 * across)
        if thickest < 4:
            continue
        # A line may be a little tilted, so it is looked for in a thicker one.
        thick = ndimage.maximum_filter1d(mask, 1 + 2 * round(0.01 * across), axis)
        run = mask & _open(thick, round(0.9 * along), 1 - axis)
        if not run.any():
            continue
        # What is much thicker than the line is a stroke that crosses it.
        thin = run & ~_open(mask, thickest, axis)
        stroke = 2 * ndimage.distance_transform_edt(mask & ~thin).max()
        for thickness in range(3, min(thickest, round(0.7 * stroke)), 2):
            line = run & ~_open(mask, thickness, axis)
            if line.sum() >= 0.7 * thin.sum():
                break
        else:
            continue  # as thick as the digit's stroke: it is the bar of a 4 or 7
        # A stroke along the border is the bar of a digit that fills the image.
        inside = [slice(None)] * 2
        inside[axis] = slice(thickest, across - thickest)
        rest = rest.copy()
        rest[tuple(inside)] &= ~line[tuple(inside)]
    return rest


def _open(mask: np.ndarray, length: int, axis: int) -> np.ndarray:
    """What of a mask lies in runs of so many pixels along an axis."""
    return (
        ndimage.grey_opening(mask.astype(np.uint8), (length, 1) if axis == 0 else (1, length)) > 0
    )


def _is_frame(part: Part, parts: list[Part], labels: np.ndarray) -> bool:
    """Whether a part is a hollow rectangle around another part."""
    inner = [p for p in parts if part.encloses(p) and p.extent > 0.15 * part.extent]
    if not inner:
        return False
    mask = labels[part.place] == part.label
    filled = ndimage.binary_fill_holes(mask)
    return part.area < 0.4 * filled.sum() and rectangularity(filled) > 0.85


def _is_page(mask: np.ndarray, pixels: int) -> bool:
    """Whether a part is a solid rectangle with something on it."""
    filled = ndimage.binary_fill_holes(mask)
    area = int(filled.sum())
    if area < 0.08 * pixels or not 0.65 < mask.sum() / area < 0.998:
        return False
    return rectangularity(filled) > 0.85


def rectangularity(mask: np.ndarray) -> float:
    """The share that a shape (H, W) fills of the smallest rectangle around it, at any angle."""
    y, x = np.nonzero(mask & ~ndimage.binary_erosion(mask))
    angles = np.linspace(0, np.pi / 2, 31)[:, None]
    cos, sin = np.cos(angles), np.sin(angles)
    rectangles = (np.ptp(x * cos + y * sin, axis=1) + 1) * (np.ptp(y * cos - x * sin, axis=1) + 1)
    return float(mask.sum() / rectangles.min())
