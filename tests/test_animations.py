import torch

from ddpm.animations import receding, turning
from ddpm.techniques.views import through, view


def test_turning_comes_back_and_shows_the_view_between():
    images = torch.rand(2, 1, 28, 28)
    frames = turning(images, view("rotate_180"))
    assert frames[0] == frames[-1]
    middle = turning(through(images, view("rotate_180")), view("rotate_180"))[0]
    assert middle in frames
    assert len({frame.size for frame in frames}) == 1
    assert len({frame.size for frame in receding(images)}) == 1
