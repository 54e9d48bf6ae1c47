"""Each technique is plain sampling where it should be, for every sampler."""

import pytest
import torch
from techniques import IMAGE, same

from ddpm.data import Scaling
from ddpm.guidance import as_eps, guided
from ddpm.model import Diffusion
from ddpm.sampling import SAMPLERS
from ddpm.techniques.anagrams import draw_anagram
from ddpm.techniques.denoising import denoise
from ddpm.techniques.hybrids import draw_hybrid
from ddpm.techniques.inpainting import inpaint
from ddpm.techniques.sdedit import sdedit

PLAIN = {"labels": [3, 8, 1], "steps": 7, "seed": 5}


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_identities(untrained, sampler, guidance):
    options = {"sampler": sampler, "guidance": guidance, "steps": 7, "seed": 5}
    labels = PLAIN["labels"]
    plain = untrained.sample(labels=labels, **options)

    assert same(draw_anagram(untrained, [labels], ["identity"], n=3, **options), plain)
    assert same(draw_hybrid(untrained, labels, labels, n=3, across=1, **options), plain)
    all_new = torch.ones(28, 28)
    assert same(inpaint(untrained, IMAGE, all_new, labels, n=3, **options), plain)
    assert same(sdedit(untrained, IMAGE, 1.0, labels, n=3, **options), plain)

    # And none of them is, where it should not be.
    views = ["identity", "rotate_180"]
    assert not same(draw_anagram(untrained, [labels, labels], views, n=3, **options), plain)
    assert not same(draw_hybrid(untrained, labels, [0, 0, 0], n=3, across=1, **options), plain)
    assert not same(inpaint(untrained, IMAGE, all_new.tril(), labels, n=3, **options), plain)
    assert not same(sdedit(untrained, IMAGE, 0.8, labels, n=3, **options), plain)


def test_every_technique_passes_the_clamp_on(untrained, monkeypatch):
    clamped = []
    clip = Scaling.clip
    monkeypatch.setattr(Scaling, "clip", lambda self, x: clamped.append(x) or clip(self, x))
    options = {"steps": 3, "guidance": 3.0}
    noisy = torch.zeros(1, 1, 28, 28)
    calls = (
        lambda clip: draw_anagram(untrained, [3, 8], clip=clip, **options),
        lambda clip: draw_hybrid(untrained, 3, 8, clip=clip, **options),
        lambda clip: inpaint(untrained, IMAGE, torch.ones(28, 28), 3, clip=clip, **options),
        lambda clip: sdedit(untrained, IMAGE, 1.0, 3, clip=clip, **options),
        lambda clip: denoise(untrained, noisy, 100, 3, clip=clip, **options),
    )
    for call in calls:
        clamped.clear()
        call(False)
        assert not clamped
        call(True)
        assert len(clamped) == 3


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_guidance_of_scale_1_is_no_guidance(untrained, sampler):
    from functools import partial

    ask = partial(untrained.recipe.ask, untrained.network)
    labels = torch.tensor(PLAIN["labels"])
    by_formula = as_eps(guided(ask, labels, 10, 1.0), untrained.recipe.predicts, untrained.schedule)
    states = untrained.states(3, sampler=sampler, steps=7, seed=5, eps_fn=by_formula)
    plain = untrained.sample(**PLAIN, sampler=sampler, guidance=1.0)
    assert same(untrained.last_images(states), plain)


def test_strength_0_is_the_image_and_a_known_image_stays(untrained):
    assert (sdedit(untrained, IMAGE, 0.0, 3) - IMAGE).abs().max() < 1e-6
    kept = inpaint(untrained, IMAGE, torch.zeros(28, 28), 3, steps=3)
    assert (kept - IMAGE).abs().max() < 1e-6


def test_networks_of_another_size_are_padded(tiny):
    model = Diffusion(tiny)  # 32x32, and its border is new
    mask = torch.ones(28, 28)
    plain = model.sample(labels=[3, 3], seed=1)
    assert (inpaint(model, IMAGE, mask, 3, n=2, seed=1, repeats=1) - plain).abs().max() < 1e-5
    assert sdedit(model, IMAGE, 0.5, 3).shape == (1, 1, 28, 28)
