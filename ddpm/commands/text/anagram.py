"""`ddpm text anagram`: images that show another prompt when you turn them.

`.png` is a sheet of the images as they are and through each further view, `.gif` turns them (for
rotations; other views are shown in turn), `.npz` holds the array.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from ddpm.choices import check_view
from ddpm.commands.shared import check_out
from ddpm.commands.text.shared import TEXT_SAMPLING, TextSampling, write

PAIR = ("an oil painting of an old man", "an oil painting of people around a campfire")

EXAMPLES = (
    f'ddpm text anagram --prompt "{PAIR[0]}" "{PAIR[1]}" --view flip_vertical',
    'ddpm text anagram --prompt "a rocket ship" "a man wearing a hat" --out turned.gif',
)


def anagram(
    prompt: tuple[str, ...] = PAIR,
    view: tuple[str, ...] = ("flip_vertical",),
    options: Annotated[TextSampling, tyro.conf.arg(name="")] = TEXT_SAMPLING,
    out: Path = Path("anagram.png"),
) -> None:
    """Samples images that are one thing as they are and others through other views.

    Args:
        prompt: what to see: upright first, then through each view.
        view: identity, rotate_180, flip_vertical, flip_horizontal, rotate_90, transpose, negation
            or patches:SEED; one fewer than prompts, or the same number if the first is not upright.
        out: .png for a sheet, .gif to see them turn, .npz for the array.
    """
    check_out(out, force=options.force)
    views = view if len(view) == len(prompt) else ("identity", *view)
    for name in views:
        check_view(name)
    if len(prompt) != len(views):
        raise ValueError(f"give a view for each further prompt, not {len(prompt)} and {len(view)}")
    if "negation" in views and options.sampler == "learned":
        raise ValueError("a learned variance has no negative: choose --sampler ancestral")
    options.check(*prompt)

    from ddpm.animations import turning
    from ddpm.commands.pictures import check_room, write_frames
    from ddpm.techniques.anagrams import draw_anagram
    from ddpm.techniques.views import through
    from ddpm.techniques.views import view as named

    model, labels = options.load(*prompt)
    check_room(out, options.each, options.each, model.recipe.scaling.image_shape)
    images = draw_anagram(model, labels, views, options.each, **options.how())
    chosen = [named(name) for name in views]
    if out.suffix.lower() == ".gif":
        write_frames(out, turning(images, chosen[-1]))
    else:
        seen = {name: through(images, each) for name, each in zip(views, chosen, strict=True)}
        write(out, images, seen)
    print(f"{out}: {len(images)} images, {' / '.join(prompt)} through {' / '.join(views)}")
