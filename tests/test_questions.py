"""The page of questions by symptom: each of its snippets tells a healthy model from a sick one.

The page cuts the snippets out of this file.
"""

import pytest
import torch
from torch import nn

import ddpm
from ddpm.schedule import NoiseSchedule

schedule = NoiseSchedule.cosine(100)
DIGITS = ddpm.bundled().images[:64].float() / 255
DIGITS = DIGITS.reshape(64, 1, 28, 28)


def draws(*shape: int, seed: int = 0) -> torch.Tensor:
    """Standard normal noise."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def grey(images):
    # --8<-- [start:grey]
    background = images.median()  # most pixels of a digit are background
    is_grey = bool(background > 0.05)
    # --8<-- [end:grey]
    return is_grey


def noisy(images):
    # --8<-- [start:noise]
    between_neighbours = images.diff(dim=-1).abs().mean()
    is_noise = bool(between_neighbours > 0.9 * images.std())  # about 1.1 for pure noise
    # --8<-- [end:noise]
    return is_noise


def black(images):
    # --8<-- [start:black]
    brightest = images.amax(dim=(1, 2, 3))  # of each image
    are_black = bool((brightest < 0.1).any())
    # --8<-- [end:black]
    return are_black


def same(images, digits=DIGITS):
    # --8<-- [start:same]
    spread, wanted = images.std(dim=0).mean(), digits.std(dim=0).mean()
    are_alike = bool(spread < 0.5 * wanted)  # digits: real images with the same labels
    # --8<-- [end:same]
    return are_alike


def bold(images, digits=DIGITS):
    # --8<-- [start:bold]
    ink, wanted = (images > 0.5).float().mean(), (digits > 0.5).float().mean()
    are_bold = bool(ink > 1.3 * wanted)
    # --8<-- [end:bold]
    return are_bold


def steps(path, T=100):
    # --8<-- [start:steps]
    falls = list(path) == sorted({*path}, reverse=True)
    is_wrong = not (path[0] == T and path[-1] == 0 and falls)
    # --8<-- [end:steps]
    return is_wrong


def mismatch(eps_fn, x0=DIGITS * 2 - 1, training_loss=0.01):
    # --8<-- [start:mismatch]
    errors = []
    for t in range(10, 100, 10):
        eps = torch.randn_like(x0)
        x_t = schedule.add_noise(x0, t, eps)
        errors.append((eps_fn(x_t, t) - eps).square().mean())  # as the sampler calls it
    is_called_wrongly = bool(torch.stack(errors).mean() > 3 * training_loss + 0.01)
    # --8<-- [end:mismatch]
    return is_called_wrongly


def offset(eps_fn, x0=DIGITS * 2 - 1, t=60):
    # --8<-- [start:offset]
    eps = torch.randn_like(x0)
    error = eps_fn(schedule.add_noise(x0, t, eps), t) - eps
    means = error.mean(dim=(1, 2, 3))  # one for each image
    has_offset = bool(means.mean().abs() > 4 * means.std() / len(x0) ** 0.5)
    # --8<-- [end:offset]
    return has_offset


def seam(images, mask):
    # --8<-- [start:seam]
    jumps = images.diff(dim=-2).abs().mean(dim=(0, 1, 3))  # between neighbouring rows
    border = mask.diff(dim=-2).abs().amax(dim=-1).flatten() > 0
    has_seam = bool(jumps[border].mean() > 2 * jumps[~border].max())
    # --8<-- [end:seam]
    return has_seam


def nan(network):
    # --8<-- [start:nan]
    broken = [name for name, p in network.named_parameters() if not p.isfinite().all()]
    is_broken = bool(broken)  # the first name says in which layer it began
    # --8<-- [end:nan]
    return is_broken


def truth(x, t):
    """The noise in x, for images that are known: a perfect network on the digits."""
    return schedule.eps_from_x0(x, t, DIGITS * 2 - 1)


def broken_layer() -> nn.Module:
    layer = nn.Linear(2, 2)
    layer.weight.data[0, 0] = float("nan")
    return layer


MASK = torch.zeros(1, 28, 28)
MASK[:, 14:] = 1
CASES = [
    (grey, (DIGITS,), (0.2 + 0.8 * DIGITS,)),
    (noisy, (DIGITS,), (draws(64, 1, 28, 28),)),
    (black, (DIGITS,), (DIGITS * 0.05,)),
    (same, (DIGITS,), (DIGITS[:1] + 0.01 * draws(64, 1, 28, 28),)),
    (bold, (DIGITS,), (torch.nn.functional.max_pool2d(DIGITS, 3, 1, 1),)),
    (steps, ([100, 50, 0],), ([99, 50, 1],)),
    (mismatch, (truth,), (lambda x, t: truth(x, t // 2),)),
    (offset, (lambda x, t: truth(x, t) + 0.1 * torch.randn_like(x),),
     (lambda x, t: truth(x, t) + 0.05,)),
    (seam, (DIGITS, MASK), (torch.where(MASK > 0, 1 - DIGITS, DIGITS), MASK)),
    (nan, (nn.Linear(2, 2),), (broken_layer(),)),
]  # fmt: skip


@pytest.mark.parametrize(("snippet", "healthy", "sick"), CASES, ids=lambda case: str(case)[:16])
def test_a_snippet_tells_the_sick_from_the_healthy(snippet, healthy, sick):
    torch.manual_seed(0)
    assert not snippet(*healthy)
    assert snippet(*sick)
