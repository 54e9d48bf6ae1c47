"""What the page on time and randomness measures, where it can be checked by hand."""

import math

import pytest
import torch

from scripts.pages.randomness.measurements import entropy, starts


def test_entropy_is_that_of_dice():
    assert entropy(torch.full((7,), 3)) == 0
    assert entropy(torch.arange(10).repeat(5)) == pytest.approx(math.log2(10))
    assert entropy(torch.tensor([0, 0, 1, 1])) == pytest.approx(1)


def test_starts_depend_on_their_number_alone():
    assert torch.equal(starts(3)[2], starts(1, first=2)[0])
