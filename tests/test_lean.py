"""Networks with fewer products answer as those that they are made from."""

import pytest
import torch
from torch import nn

from scripts.workshop.lean import Convolution, Norm, lean, matrices, suits


@pytest.mark.parametrize("size", [(14, 14), (7, 7), (28, 28), (5, 9), (9, 5)])
@pytest.mark.parametrize("bias", [True, False])
@torch.no_grad()
def test_a_convolution_by_products_is_the_same(size, bias):
    layer = nn.Conv2d(16, 32, 3, padding=1, bias=bias)
    x = torch.randn(3, 16, *size, generator=torch.Generator().manual_seed(0))
    assert float((layer(x) - Convolution(layer)(x)).abs().max()) < 5e-5


def test_seven_pixels_take_nine_products():
    there, weigh, back = matrices(14)
    assert there.shape == (2 * 9, 14)
    assert weigh.shape == (9, 3)
    assert back.shape == (14, 2 * 9)


@torch.no_grad()
def test_a_norm_is_the_same():
    norm = nn.GroupNorm(2, 32)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    x = torch.randn(3, 32, 7, 7, generator=torch.Generator().manual_seed(0))
    assert float((norm(x) - Norm(norm)(x)).abs().max()) < 1e-5


def test_only_convolutions_of_one_shape_are_replaced():
    assert suits(nn.Conv2d(16, 16, 3, padding=1))
    assert not suits(nn.Conv2d(16, 16, 3, padding=1, stride=2))
    assert not suits(nn.Conv2d(16, 16, 3))
    assert not suits(nn.Conv2d(16, 16, 1))
    assert not suits(nn.Conv2d(16, 4, 3, padding=1))


def test_the_network_itself_stays(untrained):
    before = [type(layer) for layer in untrained.network.modules()]
    made = lean(untrained.network)
    assert any(isinstance(layer, Convolution) for layer in made.modules())
    assert [type(layer) for layer in untrained.network.modules()] == before
