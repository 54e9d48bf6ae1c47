"""Larger digits: their images, their network, their recipes and what is measured of hybrids."""

import dataclasses

import pytest
import torch
from torch.nn import functional as F

from ddpm.augmentation import backed, changed, enlarged, of_size, smooth, stroked
from ddpm.checkpoints import Run
from ddpm.commands.shared import read_data
from ddpm.data import as_images, bundled
from ddpm.model import Diffusion
from ddpm.networks.digits_unet import DigitsUNet
from ddpm.recipes import DIGITS, DIGITS_BACKGROUNDS, DIGITS_LARGE
from ddpm.training import train
from scripts.pages.hybrids import large as hybrids
from scripts.workshop import judge as judging
from scripts.workshop.judge import judge


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def large():
    digits = bundled()[::10]
    return of_size(digits, 56)


def readable(images, labels):
    return float((judge().read(F.avg_pool2d(images, 2)) == labels).float().mean())


def test_enlarged_digits_are_the_same_digits(large):
    assert large.images.shape == (500, 56, 56)
    assert large.images.dtype == torch.uint8
    images = as_images(large)
    assert readable(images, large.labels) > 0.98
    small = as_images(bundled()[::10])
    assert (F.avg_pool2d(images, 2) - small).abs().mean() < 0.05
    assert abs(float(images.mean() - small.mean())) < 0.03
    assert float((images[:, :, :4, :4]).max()) == 0
    assert of_size(large, 56) is large
    assert torch.equal(enlarged(bundled()[::10].images, 56), large.images)


def test_strokes_become_thinner_and_thicker_and_stay_readable(large):
    images = as_images(large)
    drawn = stroked(images, 1.0, seeded())
    ratio = drawn.sum((1, 2, 3)) / images.sum((1, 2, 3))
    assert float(ratio.quantile(0.1)) < 0.95
    assert float(ratio.quantile(0.9)) > 1.2
    assert readable(drawn, large.labels) > 0.97
    assert 0 <= float(drawn.min()) <= float(drawn.max()) <= 1
    half = stroked(images, 0.5, seeded(1))
    same = (half == images).all((1, 2, 3)).float().mean()
    assert float(same) == pytest.approx(0.5, abs=0.08)
    assert torch.equal(stroked(images, 0.0, seeded()), images)


def test_backgrounds_are_smooth_and_darker_than_the_strokes(large):
    images = as_images(large)
    behind = backed(torch.zeros_like(images), 1.0, seeded())
    assert float(behind.std((1, 2, 3)).mean()) > 0.05
    assert (smooth(behind, 2.0) - behind).abs().mean() < 0.02
    shown = backed(images, 1.0, seeded())
    assert 0 <= float(shown.min()) <= float(shown.max()) <= 1
    ink = images == 1
    assert bool((shown[ink] > behind[ink]).all())
    assert torch.equal(shown[images == 0], behind[images == 0])
    # The low frequencies no longer say which digit it is.
    apart = [smooth(x, 8.0).flatten(1) for x in (images, shown)]
    spread = [(x - x[:1]).abs().mean() for x in apart]
    assert spread[1] > spread[0]
    assert torch.equal(backed(images, 0.0, seeded()), images)


def test_a_batch_is_changed_as_its_recipe_says(large):
    x0 = DIGITS_BACKGROUNDS.scaling.to_network(large.images[:64])
    shown, told = changed(x0, DIGITS_BACKGROUNDS, seeded())
    assert told is None
    assert float(shown.min()) >= -0.5 - 1e-6
    assert float(shown.max()) <= 0.5 + 1e-6
    assert float(shown[:, :, :4, :4].mean()) > -0.3
    plain = dataclasses.replace(
        DIGITS_LARGE, training=dataclasses.replace(DIGITS_LARGE.training, strokes=0.0)
    )
    assert changed(x0, plain, seeded())[0] is x0


def work(network, size):
    """Multiplications of all convolutions for one image."""
    total = []

    def count(layer, inputs, output):
        total.append(output[0].numel() * layer.weight[0].numel())

    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, 1, size, size), torch.ones(1), torch.zeros(1, dtype=torch.int64))
    return sum(total)


def test_an_evaluation_of_the_large_network_costs_about_as_much():
    costs = [work(r.make_network(), r.scaling.size) for r in (DIGITS, DIGITS_LARGE)]
    assert costs[0] < costs[1] < 1.15 * costs[0]
    count = sum(p.numel() for p in DIGITS_LARGE.make_network().parameters())
    assert count <= 2_000_000


def test_patches_of_another_size_keep_the_order_of_pixels():
    network = DigitsUNet(16, 1, patch=4, size=56)
    torch.nn.init.normal_(network.head.weight)
    x, t = torch.randn(1, 1, 56, 56, requires_grad=True), torch.ones(1)
    network(x, t, torch.zeros(1, dtype=torch.int64))[0, 0, 20, 20].backward()
    grad = x.grad[0, 0].abs()
    assert grad.shape == (56, 56)
    assert grad[16:24, 16:24].sum() > grad[40:48, 40:48].sum()


@pytest.mark.parametrize("size", [28, 60])
def test_a_side_that_the_patches_do_not_divide_is_refused(size):
    with pytest.raises(ValueError, match="with patches of 4 the side must be a multiple of 8"):
        DigitsUNet(16, 1, patch=4, size=size)


def test_the_signal_is_as_hidden_as_in_small_digits():
    # Four pixels for one, at half the range: their mean has the signal to noise of the one.
    assert DIGITS_LARGE.scaling.std == 2 * DIGITS.scaling.std


def test_a_training_of_large_digits_learns_and_samples(monkeypatch):
    monkeypatch.setattr("ddpm.data.bundled", lambda: bundled()[::50])
    training, held_out, names = read_data("bundled", DIGITS_BACKGROUNDS.scaling)
    assert names == ()
    assert training.images.shape[1:] == held_out.images.shape[1:] == (56, 56)
    settings = dataclasses.replace(DIGITS_BACKGROUNDS.training, batch=30, epochs=3, rate=3e-3)
    options = {"width": 16, "blocks": 1, "classes": 10, "patch": 4}
    recipe = dataclasses.replace(DIGITS_BACKGROUNDS, options=options, training=settings)
    run = Run.start(recipe)
    entries = [p.entry for p in train(run, training, held_out) if p.entry]
    assert entries[-1]["train"] < entries[0]["train"]
    images = Diffusion(recipe, run.averaged).sample(labels=[3], steps=2)
    assert images.shape == (1, 1, 56, 56)


@pytest.fixture
def untrained_models(monkeypatch, tmp_path):
    monkeypatch.setattr(hybrids, "ROOT", tmp_path)
    monkeypatch.setattr(judging, "ROOT", tmp_path)
    monkeypatch.setattr(hybrids, "bundled_models", lambda: ["digits"])
    options = {"width": 16, "blocks": 1, "classes": 10, "patch": 4}
    monkeypatch.setattr(
        hybrids, "recipe", lambda name: dataclasses.replace(DIGITS_LARGE, options=options, steps=3)
    )
    hybrids.model_of.cache_clear()
    yield
    hybrids.model_of.cache_clear()


def test_large_hybrids_are_measured_quickly_without_a_model_and_only_so(untrained_models):
    found = hybrids.large_hybrids(True)
    assert [*found["rows"]] == ["digits-large, the source's", "digits-backgrounds, the source's"]
    row = found["rows"]["digits-large, the source's"]
    assert row["sigma"] == 1.75
    assert row["count"] == 3
    assert found["best"] in found["rows"]
    # Real digits are recognised both ways by what is shown to the classifier.
    assert found["real"]["far"] > 0.8
    assert found["real"]["near"] > 0.8
    with pytest.raises(ValueError, match="no weights of digits-large or digits-backgrounds"):
        hybrids.large_hybrids(False)


def test_from_afar_and_near_are_not_mistaken_for_each_other(large):
    images, labels = as_images(large)[:100], large.labels[:100]
    far, near = hybrids.read_single(images, labels, (labels + 1) % 10)
    assert float(far.float().mean()) > 0.8
    assert float(near.float().mean()) < 0.1


def test_better_is_by_two_standard_errors():
    assert hybrids.better({"both": 0.61, "error": 0.02}, 0.56)
    assert not hybrids.better({"both": 0.59, "error": 0.02}, 0.56)


def test_all_pairs_are_asked_for():
    assert len(hybrids.PAIRS) == 90
    assert all(far != near for far, near in hybrids.PAIRS)
