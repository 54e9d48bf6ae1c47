"""Each technique is plain sampling where it should be, for every sampler."""

import dataclasses

import pytest
import torch

import ddpm
from ddpm.guidance import as_eps, guided
from ddpm.model import Diffusion
from ddpm.recipes import DIGITS
from ddpm.sampling import SAMPLERS
from ddpm.techniques.anagrams import draw_anagram
from ddpm.techniques.hybrids import draw_hybrid
from ddpm.techniques.inpainting import inpaint
from ddpm.techniques.sdedit import sdedit

PLAIN = {"labels": [3, 8, 1], "steps": 7, "seed": 5}
IMAGE = torch.rand(28, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def model():
    """An untrained flagship of width 16, whose answers are not zero."""
    torch.manual_seed(0)
    # With the cosine schedule's last beta, heun's second look blows up what is not trained.
    recipe = dataclasses.replace(
        DIGITS,
        options={"width": 16, "blocks": 1, "classes": 10},
        schedule="linear",
        betas=(1e-3, 0.2),
        T=100,
    )
    network = recipe.make_network()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    network.head.weight.data *= 0.1
    return Diffusion(recipe, network)


def same(a, b):
    assert a.shape == b.shape
    assert ((a > 0) & (a < 1)).float().mean() > 0.3  # not equal for being cut off
    return bool((a - b).abs().max() < 1e-5)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_identities(model, sampler, guidance):
    options = {"sampler": sampler, "guidance": guidance, "steps": 7, "seed": 5}
    labels = PLAIN["labels"]
    plain = model.sample(labels=labels, **options)

    assert same(draw_anagram(model, [labels], ["identity"], n=3, **options), plain)
    assert same(draw_hybrid(model, labels, labels, n=3, across=1, **options), plain)
    all_new = torch.ones(28, 28)
    assert same(inpaint(model, IMAGE, all_new, labels, n=3, **options), plain)
    assert same(sdedit(model, IMAGE, 1.0, labels, n=3, **options), plain)

    # And none of them is, where it should not be.
    views = ["identity", "rotate_180"]
    assert not same(draw_anagram(model, [labels, labels], views, n=3, **options), plain)
    assert not same(draw_hybrid(model, labels, [0, 0, 0], n=3, across=1, **options), plain)
    assert not same(inpaint(model, IMAGE, all_new.tril(), labels, n=3, **options), plain)
    assert not same(sdedit(model, IMAGE, 0.8, labels, n=3, **options), plain)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_guidance_of_scale_1_is_no_guidance(model, sampler):
    from functools import partial

    ask = partial(model.recipe.ask, model.network)
    labels = torch.tensor(PLAIN["labels"])
    by_formula = as_eps(guided(ask, labels, 10, 1.0), model.recipe.predicts, model.schedule)
    states = model.states(3, sampler=sampler, steps=7, seed=5, eps_fn=by_formula)
    plain = model.sample(**PLAIN, sampler=sampler, guidance=1.0)
    assert same(model.last_images(states), plain)


def test_strength_0_is_the_image_and_a_known_image_stays(model):
    assert (sdedit(model, IMAGE, 0.0, 3) - IMAGE).abs().max() < 1e-6
    kept = inpaint(model, IMAGE, torch.zeros(28, 28), 3, steps=3)
    assert (kept - IMAGE).abs().max() < 1e-6


@pytest.mark.parametrize("repeats", [1, 2])
def test_known_pixels_are_exact_and_images_do_not_depend_on_their_batch(model, repeats):
    mask = torch.zeros(28, 28)
    mask[14:] = 1
    options = {"repeats": repeats, "jump": 2, "steps": 5, "guidance": 2.0}
    together = inpaint(model, IMAGE, mask, 4, n=5, **options)
    assert (together[:, 0, :14] - IMAGE[:14]).abs().max() < 1e-6
    assert (inpaint(model, IMAGE, mask, 4, n=5, batch=2, **options) - together).abs().max() < 1e-4
    alone = inpaint(model, IMAGE, mask, 4, first=3, **options)
    assert (alone[0] - together[3]).abs().max() < 1e-4
    assert (together[0] - together[1]).abs().max() > 0.01


def test_without_a_label_the_model_is_told_nothing(model, tiny):
    told = {label: sdedit(model, IMAGE, 0.9, label, steps=3, guidance=1.0) for label in (None, 3)}
    assert not same(told[None], told[3])
    with pytest.raises(ValueError, match="never trained without labels"):
        sdedit(Diffusion(tiny), IMAGE, 0.5)


def test_networks_of_another_size_are_padded(tiny):
    model = Diffusion(tiny)  # 32x32, and its border is new
    mask = torch.ones(28, 28)
    plain = model.sample(labels=[3, 3], seed=1)
    assert (inpaint(model, IMAGE, mask, 3, n=2, seed=1) - plain).abs().max() < 1e-5
    assert sdedit(model, IMAGE, 0.5, 3).shape == (1, 1, 28, 28)


def test_a_mosaic_of_any_batch_is_the_same_and_as_large_as_told(model):
    options = {"across": 3, "steps": 3, "guidance": 2.0}
    together = draw_hybrid(model, 3, [8, 1, 2], n=3, **options)
    assert together.shape == (3, 1, 84, 84)
    alone = draw_hybrid(model, 3, 2, n=1, first=2, **options)
    assert (alone[0] - together[2]).abs().max() < 1e-4
    assert (draw_hybrid(model, 3, [8, 1, 2], n=3, batch=2, **options) - together).abs().max() < 1e-4
    assert not same(draw_hybrid(model, None, 2, n=1, first=2, **options), alone)


def test_denoising_once_is_the_first_guess(model):
    noisy = ddpm.add_noise(model, IMAGE, t=60, seed=2)
    with torch.no_grad():
        guess = model.schedule.x0_from_eps(noisy, 60, model.unlabelled(1)(noisy, 60))
    once = ddpm.denoise(model, noisy, t=60, once=True)
    assert (once - model.to_images(guess)).abs().max() < 1e-5
    assert not same(ddpm.denoise(model, noisy, t=60), once)


MASK = torch.ones(28, 28)
BAD = {
    "small image": (lambda m: inpaint(m, torch.zeros(20, 20), MASK), "28x28 pixels, not 20x20"),
    "no image": (lambda m: sdedit(m, torch.zeros(0, 1, 28, 28), 0.5), "28x28 pixels"),
    "bytes": (lambda m: sdedit(m, IMAGE * 255, 0.5, 3), "within 0..1"),
    "small mask": (lambda m: inpaint(m, IMAGE, MASK[1:], 3), "27x28 pixels, not 28x28"),
    "grey mask": (lambda m: inpaint(m, IMAGE, MASK / 2, 3), "holds 0 where"),
    "strength": (lambda m: sdedit(m, IMAGE, 1.2, 3), "within 0..1, not 1.2"),
    "label": (lambda m: sdedit(m, IMAGE, 0.5, 10), "0..9, not 10"),
    "labels": (lambda m: sdedit(m, IMAGE, 0.5, [1, 2], n=3), "each of 3 images, not 2"),
    "versions": (lambda m: sdedit(m, torch.zeros(2, 1, 28, 28), 0.5, 3, n=2), "not 2 and 2"),
    "none": (lambda m: draw_hybrid(m, 3, 8, n=0), "at least 1, not 0"),
    "time": (lambda m: ddpm.denoise(m, torch.zeros(1, 1, 28, 28), 101), "0..100, not 101"),
    "twice": (lambda m: draw_anagram(m, [3, 8], ["rotate_180"] * 2), "given twice"),
    "views": (lambda m: draw_anagram(m, [3, 8], ["rotate_180"]), "2 and 1 were given"),
    "across": (lambda m: draw_hybrid(m, 3, 8, across=9), "1..8 tiles across"),
    "contrast": (lambda m: draw_hybrid(m, 3, 8, contrast=0.0), "a contrast above 0"),
    "near labels": (lambda m: draw_hybrid(m, 3, [8, 1], n=3), "each of 3 images, not 2"),
    "repeats": (lambda m: inpaint(m, IMAGE, MASK, 3, repeats=0), "at least 1"),
}


@pytest.mark.parametrize(("call_it", "message"), BAD.values(), ids=BAD)
def test_bad_arguments_are_named(model, call_it, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        call_it(model)


def test_a_range_without_negatives_is_refused():
    recipe = dataclasses.replace(DIGITS, scaling=dataclasses.replace(DIGITS.scaling, mean=0.1))
    with pytest.raises(ValueError, match="no negatives"):
        draw_anagram(Diffusion(recipe), [3, 8], ["identity", "negation"])
