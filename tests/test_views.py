import pytest
import torch

from ddpm.techniques.anagrams import NEGATION, VIEWS, View, check, patches, view

NAMES = [*VIEWS, "patches:3"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [28, 32])
def test_every_view_is_orthogonal_and_comes_back(name, size):
    chosen = view(name)
    check(chosen, size)
    x = torch.randn(2, 3, size, size)
    assert torch.equal(chosen.undo(chosen.apply(x)), x)
    assert (name == "identity") == torch.equal(chosen.apply(x), x)


def test_views_do_what_their_names_say():
    x = torch.tensor([[1.0, 2], [3, 4]])[None, None]
    expected = {
        "identity": [[1, 2], [3, 4]],
        "rotate_180": [[4, 3], [2, 1]],
        "flip_vertical": [[3, 4], [1, 2]],
        "flip_horizontal": [[2, 1], [4, 3]],
        "rotate_90": [[2, 4], [1, 3]],
        "transpose": [[1, 3], [2, 4]],
        "negation": [[-1, -2], [-3, -4]],
    }
    assert {name: v.apply(x)[0, 0].tolist() for name, v in VIEWS.items()} == expected


def test_patches_keep_their_pixels_together():
    x = torch.arange(64.0).reshape(1, 1, 8, 8)
    dealt = patches(seed=1, across=4).apply(x)
    corners = dealt[0, 0, ::2, ::2].flatten().tolist()
    assert sorted(corners) == sorted(x[0, 0, ::2, ::2].flatten().tolist())
    assert corners != x[0, 0, ::2, ::2].flatten().tolist()
    assert torch.equal(dealt[..., 1::2, 1::2], dealt[..., ::2, ::2] + 9)


def test_a_permutation_depends_on_its_seed_alone():
    x = torch.randn(1, 1, 28, 28)
    assert torch.equal(view("patches").apply(x), patches(0).apply(x))
    assert not torch.equal(view("patches:1").apply(x), view("patches:2").apply(x))


def shift(x):
    return x.roll(1, 3)


BAD = {
    "a crop": (lambda x: x[..., 2:-2, 2:-2], "1x24x24 of 1x28x28"),
    "a threshold": (torch.relu, "not linear"),
    "brighter": (lambda x: x + 1, "not linear"),
    "doubled": (lambda x: 2 * x, "changes a pixel's weight to 2"),
    "a blur": (lambda x: (x + shift(x)) / 2, "weight to 0.71"),
    "an average with its mirror image": (lambda x: (x + x.flip(3)) / 2**0.5, "mixes pixels"),
    "no way back": (shift, "way back"),
}


@pytest.mark.parametrize(("apply", "reason"), BAD.values(), ids=BAD)
@pytest.mark.parametrize(("size", "channels"), [(28, 1), (64, 3)])
def test_a_view_that_is_not_orthogonal_is_refused_with_the_reason(apply, reason, size, channels):
    reason = reason.replace("1x24x24 of 1x28x28", f"{channels}x{size - 4}x{size - 4}")
    with pytest.raises(ValueError, match="'bad' is not orthogonal") as caught:
        check(View("bad", apply, apply), size, channels)
    assert reason in str(caught.value)


def test_a_view_that_is_wrong_at_one_pixel_of_many_is_refused():
    def brighter(x):
        lit = torch.zeros_like(x)
        lit[:, 1, 40, 17] = 1
        return x + lit * x

    with pytest.raises(ValueError, match="not orthogonal"):
        check(View("bad", brighter, brighter), 64, 3)


def test_a_view_may_exchange_channels():
    check(View("blue first", lambda x: x.flip(1), lambda x: x.flip(1)), 64, 3)


def test_patches_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="4x4 patches do not divide 30x30 pixels"):
        patches().apply(torch.zeros(1, 3, 30, 30))


@pytest.mark.parametrize("name", ["upside_down", "patches:x", "patches:-1"])
def test_an_unknown_view_lists_the_known(name):
    with pytest.raises(ValueError, match=r"unknown view .*rotate_180.*patches:SEED"):
        view(name)


def test_negation_keeps_lengths_but_needs_a_range_around_zero():
    ends = torch.tensor([-1.0, 1.0]).reshape(1, 1, 1, 2)
    assert torch.equal(NEGATION.apply(ends), ends.flip(3))
    assert float(NEGATION.apply(torch.ones(1, 1, 1, 1))) < 0  # in [0, 1] it would leave the range
