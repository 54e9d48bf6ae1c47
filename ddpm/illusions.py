"""Illusions drawn by a trained model: digits that are other digits, turned or from afar.

Images come out in [0, 1]; how to draw is told as in `ddpm.techniques`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch import Tensor

from ddpm.compose import Blur, anagram, gaussian, hybrid, mosaic
from ddpm.diffusion import Diffusion
from ddpm.paths import resampled
from ddpm.sampling import EpsFn, State
from ddpm.techniques import Labels, draw_parts, eps_for, how_to, label_each
from ddpm.views import NEGATION, View, view

ANAGRAM_GUIDANCE, HYBRID_GUIDANCE = 10.0, 4.0
"""Of illusions, for models that can be guided: two labels pull at one image."""


# --8<-- [start:draw_anagram]
def draw_anagram(
    model: Diffusion,
    labels: Sequence[Labels],
    views: Sequence[str | View] = ("identity", "rotate_180"),
    n: int = 1,
    **how: Any,
) -> Tensor:
    """Draws images that are another digit when seen through another view.

    Args:
        labels: what is to be seen through each view; each a label, or one for each image.
        views: as many views, by name (`ddpm.views.view`) or as they are.
        n: how many images.
        how: see `How`; by default the sampler is ancestral, the guidance `ANAGRAM_GUIDANCE`.

    Returns:
        (n, 1, 28, 28) in [0, 1], on the CPU, as the first view's inverse shows them.

    Raises:
        ValueError: labels and views do not match, a view is given twice or is not orthogonal,
            or an argument does not fit the model.
    """
    chosen = [view(v) if isinstance(v, str) else v for v in views]
    if len(labels) != len(chosen):
        raise ValueError(f"give a label for each view: {len(labels)} and {len(chosen)} were given")
    names = [v.name for v in chosen]
    if len(set(names)) < len(names):
        raise ValueError(f"the view '{max(names, key=names.count)}' is given twice")
    if NEGATION in chosen and model.recipe.scaling.mean != 0.5:
        raise ValueError(f"'{model.recipe.name}' has no negatives: its range is not even about 0")

    def estimate(part: slice, guidance: float | None) -> EpsFn:
        fns = [eps_for(model, label, n, part, guidance) for label in labels]
        return anagram(list(zip(fns, chosen, strict=True)))

    return _illusion(model, n, estimate, model.recipe.scaling.size, ANAGRAM_GUIDANCE, **how)
    # --8<-- [end:draw_anagram]


ACROSS, CONTRAST, SHARES = 4, 0.6, (1.0, 0.5)
"""Of hybrids on a larger canvas: tiles a side, the far digit's contrast, and its share of the
averages at t = T and at t = 0. Chosen by trials; see the page on hybrids."""


# --8<-- [start:draw_hybrid]
def draw_hybrid(
    model: Diffusion,
    far: Labels,
    near: Labels,
    n: int = 1,
    across: int = ACROSS,
    contrast: float = CONTRAST,
    shares: tuple[float, float] = SHARES,
    blur: Blur | None = None,
    **how: Any,
) -> Tensor:
    """Draws images that are one digit from afar and another from near.

    Args:
        far, near: the labels; each one for all images, or one for each.
        n: how many images.
        across: near digits a side; 1 draws one image of 28x28 and splits its frequencies.
        contrast: of the far digit, as a share of the range, where `across` is above 1.
        shares: the far digit's say in the averages at t = T and at t = 0, going evenly between.
        blur: for `across` of 1, what is left from afar; a Gaussian of 1.25 pixels by default.
        how: see `How`; by default the sampler is ancestral, the guidance `HYBRID_GUIDANCE`.

    Returns:
        (n, 1, 28 * across, 28 * across) in [0, 1], on the CPU.

    Raises:
        ValueError: an argument does not fit the model or another argument.
    """
    recipe, schedule = model.recipe, model.schedule
    if not (1 <= across <= 8 and 0 < contrast <= 1 and all(0 <= share <= 1 for share in shares)):
        raise ValueError(
            "a hybrid takes 1..8 tiles across, a contrast above 0 and up to 1, and shares in 0..1,"
            f" not {across}, {contrast:g} and {shares[0]:g}, {shares[1]:g}"
        )

    def estimate(part: slice, guidance: float | None) -> EpsFn:
        eps_far = eps_for(model, far, n, part, guidance)
        if across == 1:
            eps_near = eps_for(model, near, n, part, guidance)
            return hybrid(eps_far, eps_near, blur or gaussian(1.25))
        each = label_each(near, n)
        tiles = None if each is None else [y for y in each[part] for _ in range(across**2)]
        count = (part.stop - part.start) * across**2
        eps_tiles = eps_for(model, tiles, count, slice(0, count), guidance)
        return mosaic(eps_far, eps_tiles, schedule, across, contrast, share)

    def share(t: int) -> float:
        return shares[1] + (shares[0] - shares[1]) * t / recipe.T

    how = {"batch": max(1, 250 // across**2), **how}
    return _illusion(model, n, estimate, across * recipe.scaling.size, HYBRID_GUIDANCE, **how)
    # --8<-- [end:draw_hybrid]


def _illusion(
    model: Diffusion,
    n: int,
    estimate: Callable[[slice, float | None], EpsFn],
    size: int,
    usual: float,
    **how: Any,
) -> Tensor:
    """Draws n images of size x size by estimates that are made for each batch.

    `usual` is the scale of guidance, for a model that can be guided, unless `how` has another.
    """
    scale = usual if model.recipe.label_dropout else 1.0
    options = how_to(how, sampler="ancestral", guidance=scale)
    path = resampled(model.path(options.steps), options.jump, options.repeats)

    def states(part: slice, first: int) -> Iterator[State]:
        return model.states(
            part.stop - part.start,
            path=path,
            sampler=options.sampler,
            seed=options.seed,
            first=first,
            eps_fn=estimate(part, options.guidance),
            size=size,
        )

    return draw_parts(model, n, states, options)
