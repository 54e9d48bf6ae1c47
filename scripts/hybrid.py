"""Draws one digit to be seen from afar and another from near: `python -m scripts.hybrid --far 3`.

`.png` is a sheet of the images as they are; `.gif` recedes; `.npz` holds the arrays.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

import torch
import tyro
from matplotlib.figure import Figure as Plot
from PIL import Image
from PIL.Image import Resampling
from torch import Tensor
from torch.nn import functional as F

from ddpm import viz
from ddpm.commands.program import run
from ddpm.commands.shared import (
    SAMPLING,
    Sampling,
    check_out,
    one_label,
    write_frames,
    write_images,
)
from ddpm.data import as_images, bundled
from ddpm.devices import default_device, fast_arithmetic
from ddpm.loading import load
from ddpm.techniques.hybrids import ACROSS, CONTRAST, HYBRID_GUIDANCE, SHARES, gaussian, moving
from ddpm.techniques.hybrids import draw_hybrid as draw
from scripts.workshop.judge import judge, rows
from scripts.workshop.records import read_json
from scripts.workshop.registry import SEED, digest_of, figure, measurement

NAMES = [str(digit) for digit in range(10)]


# --8<-- [start:reading]
def stretched(images: Tensor) -> Tensor:
    """Each image with its darkest grey made black and its brightest white."""
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    return (images - low) / (high - low).clamp(min=1e-6)


def from_afar(images: Tensor, sigma: float = 1.6) -> Tensor:
    """What is left of images or canvases from afar: reduced to 28x28, blurred, with the contrast
    turned up as an eye does: (N, 1, 28, 28)."""
    small = F.avg_pool2d(images, images.shape[-1] // 28)
    return ((stretched(gaussian(sigma)(small, 0)) - 0.35) * 2.5).clamp(0, 1)


def from_near(images: Tensor, sigma: float = 3.0) -> Tensor:
    """The details alone, tile by tile: (N * across**2, 1, 28, 28)."""
    tiles = images.unflatten(2, (-1, 28)).unflatten(4, (-1, 28)).transpose(3, 4)
    tiles = tiles.reshape(-1, 1, 28, 28)
    return stretched((tiles - gaussian(sigma)(tiles, 0)).clamp(min=0))


def read_both(images: Tensor, far: Tensor, near: Tensor) -> tuple[Tensor, Tensor]:
    """Whether each image is read as `far` from afar, and most of its tiles as `near`: bool (N,)."""
    tiles = judge().read(from_near(images)).unflatten(0, (len(images), -1))
    most = (tiles == near[:, None]).float().mean(1) > 0.5
    return judge().read(from_afar(images)) == far, most
    # --8<-- [end:reading]


def hybrid(
    far: str = "3",
    near: str = "8",
    across: int = ACROSS,
    contrast: float = CONTRAST,
    sampling: Annotated[Sampling, tyro.conf.arg(name="")] = SAMPLING,
    out: Path = Path("hybrid.png"),
) -> None:
    """Draws images that are one digit from afar and another from near.

    Args:
        far: the digit to be seen from afar.
        near: the digit to be seen from near.
        across: near digits a side; 1 splits the frequencies of a single image of 28x28.
        contrast: of the far digit, where there are several near ones.
        out: .png for a sheet, .gif to see it recede, .npz for the arrays.
    """
    check_out(out)
    model = sampling.load()
    labels = one_label(far, model), one_label(near, model)
    images = draw(model, *labels, sampling.each, across, contrast, **sampling.how())
    if out.suffix.lower() == ".gif":
        write_frames(out, receding(images))
    else:
        asked = torch.full((len(images),), -1 if labels[0] is None else labels[0])
        sheet = viz.sheet(viz.as_grid(images, min(4, len(images))), scale=3 if across < 3 else 1)
        write_images(out, images, asked, sheet)
    print(f"{out}: {len(images)} images, {far} from afar and {near} from near")


# --8<-- [start:receding]
def receding(images: Tensor, frames: int = 16, rest: int = 6) -> list[Image.Image]:
    """A GIF's frames: the images shrink into the middle of their cells and come back."""
    side = images.shape[-1] * (3 if images.shape[-1] < 56 else 2)
    steps = [1 - 0.82 * k / frames for k in range(frames + 1)]
    return [shrunk(images, side, scale) for scale in [1.0] * rest + steps + [steps[-1]] * rest] + [
        shrunk(images, side, scale) for scale in steps[::-2]
    ]


def shrunk(images: Tensor, side: int, scale: float) -> Image.Image:
    """A sheet of cells of `side` pixels, the images in their middle at a share of that size."""
    cells = []
    for pixels in (images[:, 0] * 255).byte().numpy():
        small = max(8, round(side * scale))
        way = Resampling.NEAREST if small >= pixels.shape[0] else Resampling.BOX
        cell = Image.new("L", (side, side), viz.CARD)
        reduced = Image.fromarray(pixels).resize((small, small), way)
        cell.paste(reduced, ((side - small) // 2, (side - small) // 2))
        cells.append(torch.frombuffer(bytearray(cell.tobytes()), dtype=torch.uint8))
    grid = torch.stack(cells).reshape(-1, 1, side, side).float() / 255
    return viz.sheet(viz.as_grid(grid, min(3, len(images))), scale=1)
    # --8<-- [end:receding]


EACH = 8
"""Images a pair of digits."""

DESIGNS: dict[str, dict[str, Any]] = {
    "gaussian 0.7": {"across": 1, "blur": gaussian(0.7)},
    "gaussian 1": {"across": 1, "blur": gaussian(1.0)},
    "gaussian 1.25": {"across": 1, "blur": gaussian(1.25)},
    "gaussian 1.5": {"across": 1, "blur": gaussian(1.5)},
    "gaussian 2": {"across": 1, "blur": gaussian(2.0)},
    "gaussian 2.5": {"across": 1, "blur": gaussian(2.5)},
    "moving 0.5 to 2.5": {"across": 1, "blur": moving(0.5, 2.5, 1000)},
    "moving 2.5 to 0.7": {"across": 1, "blur": moving(2.5, 0.7, 1000)},
    "2 across, all averages": {"across": 2, "contrast": 1 / 2, "shares": (1.0, 1.0)},
    "3 across, all averages": {"across": 3, "contrast": 1 / 3, "shares": (1.0, 1.0)},
    "4 across, all averages": {"across": 4, "contrast": 1 / 4, "shares": (1.0, 1.0)},
    "4 across, contrast 0.6": {"across": 4, "contrast": 0.6, "shares": (1.0, 1.0)},
    "2 across, share falling": {"across": 2, "contrast": 0.6, "shares": (1.0, 0.5)},
    "3 across, share falling": {"across": 3, "contrast": 0.6, "shares": (1.0, 0.5)},
    "4 across, share 0.7": {"across": 4, "contrast": 0.6, "shares": (0.7, 0.7)},
    "4 across, share falling": {"across": 4, "contrast": 0.6, "shares": (1.0, 0.5)},
}
"""All that was tried: one image split by a fixed kernel, by one that moves with t, and canvases."""


def off_diagonal(count: int) -> tuple[Tensor, Tensor]:
    """Pairs of different digits in a fixed random order, the far and the near: int64 (count,)."""
    pairs = torch.tensor([(a, b) for a in range(10) for b in range(10) if a != b])
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(SEED))
    chosen = pairs[order[torch.arange(count) % len(pairs)]]
    return chosen[:, 0], chosen[:, 1]


def one_design(name: str, count: int) -> dict[str, Any]:
    """What one design is worth over pairs of different digits."""
    far, near = off_diagonal(count)
    with fast_arithmetic(default_device()):
        images = draw(
            load("digits"), far.tolist(), near.tolist(), count, seed=SEED, **DESIGNS[name]
        )
    right_far, right_near = read_both(images, far, near)
    return {
        "design": name,
        "far": float(right_far.float().mean()),
        "near": float(right_near.float().mean()),
        "both": float((right_far & right_near).float().mean()),
        "count": count,
    }


def one_row(far: int, each: int) -> dict[str, Any]:
    """One far digit with every near one, by the default design: shares for near 0..9."""
    near = torch.arange(10).repeat_interleave(each)
    with fast_arithmetic(default_device()):
        images = draw(
            load("digits"), far, near.tolist(), len(near), seed=SEED, first=1000 * (far + 1)
        )
    right = read_both(images, torch.full_like(near, far), near)
    shares = {
        name: part.float().unflatten(0, (10, each)).mean(1).tolist()
        for name, part in (("far", right[0]), ("near", right[1]), ("both", right[0] & right[1]))
    }
    return shares


@measurement
def hybrids(quick: bool) -> dict[str, Any]:
    """What each design of hybrids is worth, and the matrix of all pairs by the default one."""
    each, count = (1, 4) if quick else (EACH, 45)
    settings = {
        "weights": digest_of("weights/digits.safetensors"),
        "each": each,
        "across": ACROSS,
        "contrast": CONTRAST,
        "shares": list(SHARES),
        "guidance": HYBRID_GUIDANCE,
    }
    designs = [*DESIGNS][2:3] if quick else [*DESIGNS]
    jobs: dict[str, Any] = {name: partial(one_design, name, count) for name in designs}
    jobs |= {f"far {a}": partial(one_row, a, each) for a in ((3,) if quick else range(10))}
    table = rows("hybrids-quick" if quick else "hybrids", settings, jobs)
    lines = [row for name, row in table.items() if name.startswith("far ")]
    both = torch.tensor([line["both"] for line in lines])
    digits = bundled()[::10]
    clean = as_images(digits)
    controls = {
        name: float((judge().read(look(clean)) == digits.labels).float().mean())
        for name, look in (("far", from_afar), ("near", from_near))
    }
    off = both if quick else both[~torch.eye(10, dtype=torch.bool)]
    return {
        "designs": {name: table[name] for name in designs},
        "matrix": both.tolist(),
        "far": torch.tensor([line["far"] for line in lines]).mean().item(),
        "near": torch.tensor([line["near"] for line in lines]).mean().item(),
        "mean": float(off.mean()),
        "half": int((off >= 0.5).sum()),
        "of": int(off.numel()),
        "real": controls,
        **settings,
    }


GALLERY = ((3, 8), (7, 4), (5, 2), (2, 5), (6, 2), (9, 3))
"""Far and near digits of the gallery."""


@cache
def gallery() -> Tensor:
    """One image for each pair, not picked: (6, 1, 112, 112)."""
    far, near = zip(*GALLERY, strict=True)
    return draw(load("digits"), list(far), list(near), len(GALLERY), seed=1)


WORDS: dict[str, Any] = {
    "models": ("digits",),
    "settings": {"seed": 1, "pairs": [f"{a}{b}" for a, b in GALLERY]},
}


@figure(
    "hybrid-gallery",
    "hybrids",
    caption="Six canvases of sixteen digits each that from afar are to be one other digit."
    " Step back, or half close your eyes.",
    made="The model `digits`, guidance 4, 25 ancestral steps on canvases of 112x112; nothing"
    " picked.",
    alt="Six canvases. Each holds sixteen copies of a digit in four rows; some of them are bold and"
    " bright, and together these form one large other digit. The 5 made of 2s"
    " is broken.",
    **WORDS,
)
def hybrid_gallery() -> Image.Image:
    """The gallery, as large as is."""
    lines = viz.as_grid(gallery(), 3)
    return viz.sheet(lines, scale=2)


@figure(
    "hybrid-receding",
    "hybrids",
    caption="Six canvases, going away and coming back.",
    made="The gallery's images, reduced by averaging as the eye would.",
    alt="Six canvases of small digits shrink until their bold strokes are what is seen, in most"
    " of them one large digit, and grow again.",
    milliseconds=120,
    levels=8,
    still=0,
    **WORDS,
)
def hybrid_receding() -> list[Image.Image]:
    """The gallery as a GIF."""
    return receding(gallery())


@figure(
    "hybrid-readings",
    "hybrids",
    caption="How the classifier is shown a canvas: from afar, and four of its tiles with their"
    " details alone.",
    made="The gallery's images, treated as for the scores.",
    alt="Six rows. In each, a blurred large digit, then four tiles: those off the far strokes are"
    " outlines of the near digit, those on them often grey blocks.",
    **WORDS,
)
def hybrid_readings() -> Image.Image:
    """What the readings are made from."""
    afar = from_afar(gallery())[:, 0]
    tiles = from_near(gallery())[:, 0].unflatten(0, (len(GALLERY), -1))[:, [0, 5, 10, 15]]
    names = [f"{a}, {b}" for a, b in GALLERY]
    columns = ["afar", *["near"] * 4]
    return viz.sheet(torch.cat([afar[:, None], tiles], dim=1), rows=names, columns=columns)


SMALL = ("gaussian 0.7", "gaussian 1.25", "gaussian 2", "moving 0.5 to 2.5")


@figure(
    "hybrid-small",
    "hybrids",
    caption="On 28x28 pixels the split fails: a narrow blur leaves the far digit alone, a wide one"
    " the near digit, and between them usually one of the two is read, seldom both.",
    made="One image for each pair and design, the same noise down each column, nothing picked.",
    alt="Four rows of ten small images. Those of the first row are nearly all the far digits, those"
    " of the third mostly the near ones; the second and fourth mix clear digits with broken ones.",
    models=("digits",),
    settings={"seed": 0, "designs": list(SMALL)},
)
def hybrid_small() -> Image.Image:
    """The designs that stay at 28x28."""
    far, near = off_diagonal(10)
    lines = [
        draw(load("digits"), far.tolist(), near.tolist(), 10, seed=0, **DESIGNS[name])[:, 0]
        for name in SMALL
    ]
    columns = [f"{a} / {b}" for a, b in zip(far.tolist(), near.tolist(), strict=True)]
    return viz.sheet(torch.stack(lines), rows=list(SMALL), columns=columns, across="far / near")


WIDE = (56, 84)
"""Pixels a side of the canvases that the network itself is shown."""


@figure(
    "wide-canvas",
    "hybrids",
    caption="The network asked for one 3, 6 and 8 on canvases twice and three times as large as any"
    " that it was trained on: it draws strokes and fragments, here and there a digit, never one"
    " that fills the canvas.",
    made="The model `digits` with guidance 2, 25 ancestral steps, nothing picked.",
    alt="Two rows of three canvases. In the upper row curved strokes and some digits of the usual"
    " size; in the lower one broken strokes and specks.",
    models=("digits",),
    settings={"seed": 0, "sizes": list(WIDE), "guidance": 2.0},
)
def wide_canvas() -> Image.Image:
    """Canvases larger than the network's images."""
    model, lines = load("digits"), []
    eps_fn = model.eps_fn([3, 6, 8], 2.0)
    for size in WIDE:
        states = model.states(3, sampler="ancestral", eps_fn=eps_fn, size=size)
        images = model.last_images(states)
        lines.append(F.pad(images, (0, WIDE[-1] - size) * 2, value=viz.CARD / 255)[:, 0])
    return viz.sheet(torch.stack(lines), rows=[f"{s}x{s}" for s in WIDE], columns=["3", "6", "8"])


@figure(
    "hybrid-matrix",
    "hybrids",
    caption="How many of a hundred canvases are read as the row's digit from afar and as the"
    " column's from near.",
    made=f"Of each pair {EACH} canvases by the default design, read by the classifier as above.",
    alt="A ten by ten table of percentages: far digits down, near digits across.",
    results=("hybrids",),
)
def hybrid_matrix() -> Plot:
    """The matrix of the default design."""
    values = torch.tensor(read_json("hybrids")["matrix"])
    return viz.matrix(values, NAMES, NAMES, "from afar", "from near")


if __name__ == "__main__":
    run(hybrid)
