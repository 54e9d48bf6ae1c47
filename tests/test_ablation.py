"""The rows of the table "what mattered"."""

import torch

from ddpm.data import Digits, bundled
from scripts.workshop.ablation import balanced, shifted


def test_ablation_lists_its_rows(call):
    assert "linear-eps" in call("ablation", "--list")[1]
    assert "unknown row 'nope'" in call("ablation", "nope")[2]


def test_balanced_digits_are_as_many_of_each_and_as_many_in_all():
    digits = bundled()
    uneven = digits[torch.cat([torch.arange(2000), torch.arange(4900, 5000)])]
    assert uneven.labels.bincount().tolist() != [210] * 10
    even = balanced(uneven)
    assert even.labels.bincount().tolist() == [210] * 10
    given, kept = ({image.numpy().tobytes() for image in some.images} for some in (uneven, even))
    assert kept <= given


def test_shifted_digits_have_moved_by_at_most_one_pixel_in_all_nine_ways():
    dot = torch.zeros(900, 28, 28, dtype=torch.uint8)
    dot[:, 14, 10] = 200
    moved = shifted(Digits(dot, torch.zeros(900, dtype=torch.int64))).images
    places = moved.nonzero()[:, 1:].sub(torch.tensor([14, 10])).tolist()
    assert len(places) == 900
    ways = {(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)}
    assert {(dy, dx) for dy, dx in places} == ways
    assert int(dot.sum()) == int(dot[:, 14, 10].sum())  # the given ones are as they were
