"""`ddpm anagram`: digits that are other digits when you turn them.

`.png` is a sheet of the images and of what they are through each further view, `.gif` turns them
(for rotations; other views are shown in turn), `.npz` holds the arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import tyro

from ddpm import viz
from ddpm.animations import turning
from ddpm.classifiers import load_classifier
from ddpm.commands.shared import (
    SAMPLING,
    Sampling,
    check_out,
    one_label,
    write_frames,
    write_images,
)
from ddpm.techniques.anagrams import CANDIDATES, surest
from ddpm.techniques.anagrams import draw_anagram as draw
from ddpm.techniques.views import through, view

EXAMPLES = (
    "ddpm anagram --labels 6 9 --each 2 --out anagram.gif",
    "ddpm anagram --labels 3 8 --view flip_vertical --each 2 --out mirrored.png",
)


def anagram(
    labels: tuple[str, ...] = ("6", "9"),
    view_: Annotated[tuple[str, ...], tyro.conf.arg(name="view")] = ("rotate_180",),
    candidates: int | None = None,
    sampling: Annotated[Sampling, tyro.conf.arg(name="")] = SAMPLING,
    out: Path = Path("anagram.png"),
) -> None:
    """Draws images that are one digit as they are and others through other views.

    Args:
        labels: what is to be seen: upright first, then through each view.
        view_: identity, rotate_180, flip_vertical, flip_horizontal, rotate_90, transpose, negation
            or patches:SEED; one fewer than labels, or as many if the first is not to be upright.
        candidates: how many to draw for each image; the one that the bundled classifier is surest
            of through all views is kept. 4 for digits by default, 1 for a model of other things.
        out: .png for a sheet, .gif to see them turn, .npz for the arrays.
    """
    check_out(out)
    views = view_ if len(view_) == len(labels) else ("identity", *view_)
    chosen = [view(name) for name in views]
    if len(labels) != len(views):
        raise ValueError(f"give a view for each further label, not {len(labels)} and {len(view_)}")
    model = sampling.load()
    wanted = [one_label(label, model) for label in labels]
    usual = 1 if model.recipe.names else CANDIDATES
    of = usual if candidates is None else candidates
    if of < 1 or (of > 1 and model.recipe.names):
        raise ValueError(f"--candidates must be 1, or more for a model of digits, not {of}")
    images = draw(model, wanted, views, sampling.each * of, **sampling.how())
    if of > 1:
        labels_each = [torch.full((len(images),), y) for y in wanted if y is not None]
        images = surest(images, labels_each, views, of, load_classifier())
    seen = [through(images, v)[:, 0] for v in chosen]
    if out.suffix.lower() == ".gif":
        write_frames(out, turning(images, chosen[-1]))
    else:
        lines = torch.cat([viz.as_grid(part[:, None], min(10, len(images))) for part in seen])
        each = len(lines) // len(views)
        names = [name for name, text in zip(views, labels, strict=True) for _ in range(each)]
        first = torch.full((len(images),), -1 if wanted[0] is None else wanted[0])
        write_images(out, images, first, viz.sheet(lines, rows=names))
    print(f"{out}: {len(images)} images, {' / '.join(labels)} through {' / '.join(views)}")
