"""Views and anagrams.

If the only image is a, the best noise estimate is (x - sqrt(alpha_bar) a) / sigma, and every
sampler ends at a. What a composition of such estimates must end at follows by linearity.
"""

import dataclasses

import pytest
import torch
from PIL import Image
from techniques import QUICK, arrays, end, only

import ddpm
from ddpm.model import Diffusion
from ddpm.recipes import DIGITS
from ddpm.sampling import SAMPLERS
from ddpm.techniques.anagrams import anagram, draw_anagram
from ddpm.techniques.views import NEGATION, VIEWS, View, check, patches, through, view
from scripts.pages.anagrams.measurements import as_matrix
from scripts.workshop.judge import judge

NAMES = [*VIEWS, "patches:3"]


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(1)
    return torch.rand(3, 1, 28, 28, generator=generator, dtype=torch.float64) * 2 - 1


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


BAD_VIEWS = {
    "a crop": (lambda x: x[..., 2:-2, 2:-2], "1x24x24 of 1x28x28"),
    "a threshold": (torch.relu, "not linear"),
    "brighter": (lambda x: x + 1, "not linear"),
    "doubled": (lambda x: 2 * x, "changes a pixel's weight to 2"),
    "a blur": (lambda x: (x + shift(x)) / 2, "weight to 0.71"),
    "an average with its mirror image": (lambda x: (x + x.flip(3)) / 2**0.5, "mixes pixels"),
    "no way back": (shift, "way back"),
}


@pytest.mark.parametrize(("apply", "reason"), BAD_VIEWS.values(), ids=BAD_VIEWS)
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


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_an_anagram_is_the_mean_of_what_is_seen(images, sampler):
    for name in (*VIEWS, "patches:5"):
        v = view(name)
        eps = anagram([(only(images[0]), VIEWS["identity"]), (only(images[1]), v)])
        expected = (images[0] + v.undo(images[1][None])) / 2
        assert (end(eps, sampler, steps=5) - expected).abs().max() < 1e-5


def test_three_views_count_alike(images):
    names = ("identity", "rotate_180", "transpose")
    eps = anagram([(only(a), view(name)) for a, name in zip(images, names, strict=True)])
    expected = sum(view(n).undo(a[None]) for a, n in zip(images, names, strict=True)) / 3
    assert (end(eps) - expected).abs().max() < 1e-5


def test_an_anagram_refuses_what_is_not_orthogonal_and_nothing_at_all(images):
    with pytest.raises(ValueError, match="'dim' is not orthogonal"):
        anagram([(only(images[0]), View("dim", lambda x: x / 2, lambda x: 2 * x))])(images, 1)
    with pytest.raises(ValueError, match="at least one"):
        anagram([])


def test_a_range_without_negatives_is_refused():
    recipe = dataclasses.replace(DIGITS, scaling=dataclasses.replace(DIGITS.scaling, mean=0.1))
    with pytest.raises(ValueError, match="no negatives"):
        draw_anagram(Diffusion(recipe), [3, 8], ["identity", "negation"])


BAD_ARGUMENTS = {
    "twice": (lambda m: draw_anagram(m, [3, 8], ["rotate_180"] * 2), "given twice"),
    "views": (lambda m: draw_anagram(m, [3, 8], ["rotate_180"]), "2 and 1 were given"),
}


@pytest.mark.parametrize(("call_it", "message"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_bad_arguments_are_named(untrained, call_it, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        call_it(untrained)


def test_anagrams_turn(call, tmp_path):
    for ending in ("png", "npz", "gif"):
        out = tmp_path / f"x.{ending}"
        options = ["--candidates", 1, *QUICK, "--out", out]
        assert call("anagram", "--labels", 6, 9, *options)[0] == 0
    images, labels = arrays(tmp_path / "x.npz")
    model = ddpm.load("digits")
    expected = ddpm.draw_anagram(model, [6, 9], n=2, steps=3, seed=1)[:, 0]
    assert (images - expected).abs().max() < 1e-3
    assert labels == [6, 6]
    with Image.open(tmp_path / "x.gif") as gif:
        assert gif.n_frames > 20
    views = ["--view", "rotate_180", "negation"]
    code, text, _ = call("anagram", "--labels", 6, 9, 8, *views, *QUICK, "--out", out)
    assert code == 0
    assert "identity / rotate_180 / negation" in text


def test_the_surest_candidate_is_kept(call, tmp_path):
    out, views = tmp_path / "x.npz", ["identity", "rotate_180"]
    options = ["--candidates", 3, *QUICK, "--out", out]
    assert call("anagram", "--labels", 6, 9, *options)[0] == 0
    images, _ = arrays(out)
    drawn = ddpm.draw_anagram(ddpm.load("digits"), [6, 9], n=6, steps=3, seed=1)
    sure = [
        judge()(through(drawn, view(name))).softmax(1)[:, label].detach()
        for name, label in zip(views, (6, 9), strict=True)
    ]
    best = torch.minimum(*sure).reshape(2, 3).argmax(1)
    expected = drawn.reshape(2, 3, 28, 28)[torch.arange(2), best]
    assert (images - expected).abs().max() < 1e-3


BAD_OPTIONS = {
    "view twice": (
        "anagram",
        ["--labels", "6", "9", "8", "--view", "rotate_180", "rotate_180"],
        "'rotate_180' is given twice",
    ),
    "unknown view": ("anagram", ["--view", "sideways"], "unknown view 'sideways'"),
    "labels and views": ("anagram", ["--labels", "6", "9", "8"], "a view for each further label"),
    "sampler": ("anagram", ["--sampler", "nope"], "unknown sampler 'nope'"),
    "candidates": ("anagram", ["--candidates", "0"], "--candidates must be 1, or more"),
    "unlabelled": ("anagram", ["--model", "attention"], "knows no labels"),
}


@pytest.mark.parametrize(("script", "arguments", "message"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_input_is_one_line_and_exit_code_2(refusal, script, arguments, message):
    assert message in refusal(script, *arguments)


def test_a_matrix_of_half_the_pairs_is_completed():
    table = {str(a): {str(b): a + b / 100 for b in range(a, 10)} for a in range(10)}
    values = as_matrix(table)
    assert not values.isnan().any()
    assert torch.equal(values, values.T)
    assert float(values[7, 2]) == pytest.approx(2.07)
