"""Visual anagrams: images that show another digit when you look at them through another view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ddpm import arguments
from ddpm.model import Diffusion
from ddpm.sampling import EpsFn
from ddpm.techniques.shared import How, Labels, a_model, draw_from_noise, eps_for
from ddpm.techniques.views import NEGATION, View, check, through, view

ANAGRAM_GUIDANCE = 10.0
"""The usual scale of guidance, for models that can be guided: two labels pull at one image."""


CANDIDATES = 4
"""How many images the command samples for each that it shows."""


# --8<-- [start:anagram]
def anagram(parts: Sequence[tuple[EpsFn, View]]) -> EpsFn:
    """The mean of several predictions for one image, each made through its view.

    Args:
        parts: predictions of the noise, each with its view.

    Raises:
        ValueError: no part; at the first call, a view that is not orthogonal.

    Source: Geng, Park and Owens 2024, "Visual Anagrams", section 3.2.
    """
    if not parts:
        raise ValueError("an anagram needs at least one noise estimate and its view")

    def eps_fn(x: Tensor, t: int) -> Tensor:
        for _, chosen in parts:
            check(chosen, x.shape[-1], x.shape[1])
        seen = [chosen.undo(eps(chosen.apply(x), t)) for eps, chosen in parts]
        return torch.stack(seen).mean(0)

    return eps_fn
    # --8<-- [end:anagram]


# --8<-- [start:draw_anagram]
def draw_anagram(
    model: Diffusion,
    labels: Sequence[Labels],
    views: Sequence[str | View] = ("identity", "rotate_180"),
    n: int = 1,
    **how: Any,
) -> Tensor:
    """Samples images that show another digit through another view.

    Args:
        labels: what each view should show; each a label, or one for each image.
        views: the same number of views, by name (`view`) or as objects.
        n: how many images.
        how: see `How`; by default the sampler is ancestral, the guidance `ANAGRAM_GUIDANCE`.

    Returns:
        (n, C, H, W) in [0, 1], on the CPU, as the first view's inverse shows them.

    Raises:
        ValueError: labels and views do not match, a view is given twice or is not orthogonal,
            or an argument does not fit the model.
    """
    n = arguments.integer("n", n, 1)
    labels = arguments.items("labels", labels)
    chosen = [v if isinstance(v, View) else view(v) for v in arguments.items("views", views)]
    if len(labels) != len(chosen):
        raise ValueError(f"give a label for each view: {len(labels)} and {len(chosen)} were given")
    names = [v.name for v in chosen]
    if len(set(names)) < len(names):
        raise ValueError(f"the view '{max(names, key=names.count)}' is given twice")
    if NEGATION in chosen and a_model(model).recipe.scaling.mean != 0.5:
        raise ValueError(f"'{model.recipe.name}' has no negatives: its range is not even about 0")

    channels, size, _ = a_model(model).recipe.scaling.shape
    for each in chosen:
        check(each, size, channels)

    def estimate(part: slice, how: How) -> EpsFn:
        fns = [eps_for(model, label, n, part, how) for label in labels]
        return anagram(list(zip(fns, chosen, strict=True)))

    return draw_from_noise(model, n, estimate, size, ANAGRAM_GUIDANCE, **how)
    # --8<-- [end:draw_anagram]


# --8<-- [start:surest]
def surest(
    images: Tensor,
    labels: Sequence[Tensor],
    views: Sequence[str],
    of: int,
    classifier: Callable[[Tensor], Tensor],
) -> Tensor:
    """Of each `of` images in a row, the best one by a classifier.

    For each image it counts how certain the classifier is in the view where it is least certain.

    Args:
        images: (N * of, C, H, W) in [0, 1], of a shape that the classifier takes.
        labels: what each image should show, for each view: (N * of,).
        views: the same number of views, by name.
        of: how many images one is chosen from.
        classifier: images in [0, 1] to logits (N, classes).

    Returns:
        (N, C, H, W).
    """
    sure = []
    for wanted, name in zip(labels, views, strict=True):
        seen = through(images, view(name))
        with torch.no_grad():
            shares = torch.cat([classifier(part) for part in seen.split(500)])
        sure.append(shares.softmax(1).gather(1, wanted[:, None])[:, 0])
    best = torch.stack(sure).min(0).values.unflatten(0, (-1, of)).argmax(1)
    return images.unflatten(0, (-1, of))[torch.arange(len(best), device=best.device), best]
    # --8<-- [end:surest]
