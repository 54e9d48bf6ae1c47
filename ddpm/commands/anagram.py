"""`ddpm anagram`: digits that are other digits when you turn them.

`.png` is a sheet of the images and of what they are through each further view, `.gif` turns them
(for rotations; other views are shown in turn), `.npz` holds the arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ddpm.choices import check_view
from ddpm.commands.shared import SAMPLING, Sampling, check_out, one_label

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from ddpm.techniques.views import View

EXAMPLES = (
    "ddpm anagram --labels 6 9 --each 2 --out anagram.gif",
    "ddpm anagram --labels 3 8 --view flip_vertical --each 2 --out mirrored.png",
)

FEW = "--candidates must be 1, or more for a model of digits of 28x28, not {}"


def anagram(
    labels: tuple[str, ...] = ("6", "9"),
    view_: Annotated[tuple[str, ...], tyro.conf.arg(name="view")] = ("rotate_180",),
    candidates: int | None = None,
    sampling: Annotated[Sampling, tyro.conf.arg(name="")] = SAMPLING,
    out: Path = Path("anagram.png"),
) -> None:
    """Generates images that are one digit upright and other digits through other views.

    Args:
        labels: the digits to see: upright first, then through each view.
        view_: identity, rotate_180, flip_vertical, flip_horizontal, rotate_90, transpose, negation
            or patches:SEED; one fewer than labels, or the same number if the first digit is not
            upright.
        candidates: how many to generate for each image; the one that the bundled classifier is
            surest of through all views is kept. 4 by default; 1 for a model of other images, since
            the classifier only knows digits of 28x28.
        out: .png for a sheet, .gif to see them turn, .npz for the arrays.
    """
    check_out(out, force=sampling.force)
    views = view_ if len(view_) == len(labels) else ("identity", *view_)
    for name in views:
        check_view(name)
    if len(labels) != len(views):
        raise ValueError(f"give a view for each further label, not {len(labels)} and {len(view_)}")
    if len(set(views)) < len(views):
        raise ValueError(f"the view '{max(views, key=views.count)}' is given twice")
    if candidates is not None and candidates < 1:
        raise ValueError(FEW.format(candidates))
    known = sampling.check()
    wanted = [one_label(label, known) for label in labels]

    import torch  # here and below: what help and the errors above do not need

    from ddpm.animations import turning
    from ddpm.classifiers import judges, load_classifier
    from ddpm.commands.pictures import check_room, write_frames, write_images
    from ddpm.techniques.anagrams import CANDIDATES, surest
    from ddpm.techniques.anagrams import draw_anagram as draw
    from ddpm.techniques.views import view

    model = sampling.load()
    chosen = [view(name) for name in views]
    usual = CANDIDATES if judges(model.recipe) else 1
    of = usual if candidates is None else candidates
    if of > 1 and usual == 1:
        raise ValueError(FEW.format(of))
    check_room(out, sampling.each, sampling.each * of, model.recipe.scaling.image_shape)
    images = draw(model, wanted, views, sampling.each * of, **sampling.how())
    if of > 1:
        labels_each = [torch.full((len(images),), y) for y in wanted if y is not None]
        images = surest(images, labels_each, views, of, load_classifier())
    if out.suffix.lower() == ".gif":
        write_frames(out, turning(images, chosen[-1]))
    else:
        first = torch.full((len(images),), -1 if wanted[0] is None else wanted[0])
        write_images(out, images, first, lambda: by_view(images, chosen, views))
    print(f"{out}: {len(images)} images, {' / '.join(labels)} through {' / '.join(views)}")


def by_view(images: Tensor, chosen: Sequence[View], names: Sequence[str]) -> Image.Image:
    """A sheet of images (N, C, H, W), in rows of up to ten: first as the first view shows them."""
    import torch

    from ddpm import viz
    from ddpm.techniques.views import through

    columns = min(10, len(images))
    parts = [viz.as_grid(through(images, each), columns) for each in chosen]
    rows = [name for name in names for _ in range(len(parts[0]))]
    return viz.sheet(torch.cat(parts), rows=rows, scale=viz.scale_for(images.shape[-1]))
