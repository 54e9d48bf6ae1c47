"""What a student is to predict: its teacher's guided answer, or where two of its steps end."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ddpm.matching import X0Fn
from ddpm.schedule import NoiseSchedule


# --8<-- [start:fold]
def folded_target(
    x0_fn: Callable[[Tensor, Tensor, Tensor], Tensor],
    x: Tensor,
    t: Tensor,
    labels: Tensor,
    null: int,
    scale: Tensor,
) -> Tensor:
    """What a teacher predicts with guidance (Meng et al. 2023, "On Distillation of Guided Diffusion
    Models", section 3.1).

    Args:
        x0_fn: (x, t, labels) -> the predicted clean images.
        x: images (N, C, H, W) at times t.
        t, labels: integer (N,).
        null: the label that stands for "no label".
        scale: of guidance, (N,); 1 is none.
    """
    both = x0_fn(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, 0 * labels + null]))
    with_label, without = both.chunk(2)
    return without + scale[:, None, None, None] * (with_label - without)
    # --8<-- [end:fold]


# --8<-- [start:halve]
def ddim_step(x0: Tensor, x: Tensor, t: Tensor, s: Tensor, schedule: NoiseSchedule) -> Tensor:
    """Where DDIM's step from images x at times t to s ends, with the clean images x0 predicted."""
    return schedule.add_noise(x0, s, schedule.eps_from_x0(x, t, x0))


def halved_target(
    x0_fn: X0Fn, x: Tensor, t: Tensor, middle: Tensor, s: Tensor, schedule: NoiseSchedule
) -> Tensor:
    """The clean image with which one DDIM step from t to s ends where two steps by x0_fn end.

    Args:
        x0_fn: (x, t) -> the predicted clean images.
        x: images (N, C, H, W) at times t.
        t, middle, s: integer (N,), falling; s may be 0.

    Source: Salimans and Ho 2022, "Progressive Distillation for Fast Sampling of Diffusion Models",
    algorithm 2 and appendix G.
    """
    between = ddim_step(x0_fn(x, t), x, t, middle, schedule)
    end = ddim_step(x0_fn(between, middle), between, middle, s, schedule)
    ratio = schedule.sigma(s, x) / schedule.sigma(t, x)
    return (end - ratio * x) / (schedule.signal(s, x) - ratio * schedule.signal(t, x))
    # --8<-- [end:halve]
