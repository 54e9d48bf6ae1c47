import pytest
import torch

from ddpm.sampling import SAMPLERS, sample, step_rule
from ddpm.schedule import NoiseSchedule
from ddpm.techniques.inpainting import keep_known
from ddpm.techniques.sdedit import noised
from ddpm.timesteps import resampled, strided

SCHEDULE = NoiseSchedule.cosine(1000)


def to_grey(x, t):
    """The estimate of a network that knows one image, all zero."""
    return x / SCHEDULE.sigma(t, x)


def halves(count=2):
    image = torch.linspace(-1, 1, count * 64, dtype=torch.float64).reshape(count, 1, 8, 8)
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 4:] = 1
    return image, mask


def draw():
    return torch.randn(2, 1, 8, 8, dtype=torch.float64)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("repeats", [1, 3])
def test_known_pixels_are_the_image_at_the_end_and_the_others_are_drawn(sampler, repeats):
    image, mask = halves()
    project = keep_known(image, mask, SCHEDULE, draw)
    path = resampled(strided(1000, 10), 3, repeats)
    *_, last = sample(to_grey, draw(), path, SCHEDULE, step_rule(sampler), project=project)
    assert torch.equal(last.x[..., :4], image[..., :4])
    assert last.x[..., 4:].abs().max() < 1e-5


def test_on_the_way_known_pixels_follow_the_forward_process():
    image, mask = torch.full((2000, 1, 2, 2), 0.5), torch.tensor([[0.0, 1], [0, 1]])[None, None]
    project = keep_known(image, mask, SCHEDULE, lambda: torch.randn(2000, 1, 2, 2))
    torch.manual_seed(0)
    x = torch.full((2000, 1, 2, 2), 7.0)
    for t in (100, 500, 900):
        held = project(x, t)
        alpha_bar = float(SCHEDULE.alpha_bar[t])
        assert abs(float(held[..., 0].mean()) - 0.5 * alpha_bar**0.5) < 0.06
        assert abs(float(held[..., 0].var()) - (1 - alpha_bar)) < 0.06
        assert (held[..., 1] == 7).all()


def test_a_noised_start_is_the_forward_process_and_at_T_noise_alone():
    image, eps = halves()[0], draw()
    assert torch.equal(noised(image, 0, SCHEDULE, eps), image)
    assert torch.equal(noised(image, 400, SCHEDULE, eps), SCHEDULE.add_noise(image, 400, eps))
    assert torch.equal(noised(image, 1000, SCHEDULE, eps), eps)
