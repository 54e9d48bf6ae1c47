"""The denoiser for one level of noise: what it is asked, its command, and its page's figures."""

import dataclasses
from statistics import NormalDist

import numpy as np
import pytest
import torch
from sheets import cells, numbered, numbers

from ddpm.data import as_images, bundled
from ddpm.denoiser import add_noise, denoise, held_out
from ddpm.metrics import psnr
from ddpm.model import Diffusion
from ddpm.recipes import DENOISER
from scripts.pages import denoiser as page


def test_the_denoiser_takes_noise_off(call, tmp_path):
    out = tmp_path / "x.npz"
    code, text, _ = call("denoiser", "--digits", "37", "--sigma", "0.5", "--out", out)
    assert code == 0
    assert "2 digits" in text
    clean = held_out()[[3, 7]]
    with np.load(out, allow_pickle=False) as arrays:
        denoised = torch.from_numpy(arrays["images"])[:, None]
    noisy = add_noise(clean, 0.5).clamp(0, 1)
    assert (psnr(denoised, clean) > psnr(noisy, clean) + 5).all()


def test_held_out_digits_come_class_by_class():
    images = held_out(2)
    assert images.shape == (20, 1, 28, 28)
    known = bundled()
    for label in range(10):
        of_class = as_images(known[known.labels == label])
        assert torch.equal(images[2 * label : 2 * label + 2], of_class[7:9])


def test_an_image_has_noise_of_its_own_number():
    images = torch.rand(3, 1, 28, 28)
    together = add_noise(images, 0.5, seed=2)
    noise = (together - images) / 0.5
    assert (add_noise(images[:1], 0.25, seed=2) - images[:1] - 0.25 * noise[:1]).abs().max() < 1e-6
    assert (add_noise(images, 0.5, seed=3) - together).abs().mean() > 0.1
    assert float(noise.std()) == pytest.approx(1, abs=0.06)  # four standard errors


def test_the_network_sees_the_noisy_image_as_it_is_and_answers_the_clean_one():
    recipe = dataclasses.replace(DENOISER, options={"width": 8, "time": False})
    model, seen = Diffusion(recipe), []
    model.network.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    answered = []
    model.network.register_forward_hook(lambda _, given, answer: answered.append(answer))
    noisy = add_noise(held_out(), 0.5)
    clean = denoise(model, noisy)
    assert (seen[0] - noisy).abs().max() < 1e-6
    assert torch.equal(clean, answered[0].clamp(0, 1))


def test_each_column_of_the_sheet_has_more_of_the_same_noise():
    found = cells(page.noise_levels())
    assert found.shape == (5, len(page.SIGMAS), 28, 28)
    clean = held_out()[[0, 2, 4, 6, 8]]
    for column, sigma in enumerate(page.SIGMAS):
        expected = add_noise(clean, sigma)[:, 0].clamp(0, 1)
        assert (found[:, column] - expected).abs().max() < 0.51 / 255


def test_below_each_noisy_digit_is_the_denoised_one(monkeypatch):
    monkeypatch.setattr(page, "load", lambda name: None)
    monkeypatch.setattr(page, "denoise", lambda model, noisy: numbered(len(noisy), first=100))
    card = page.sweep()
    assert [row[0] for row in numbers(card)[1::2]] == [100, 101]
    clean = held_out()[[3, 8], 0]
    assert (cells(card)[::2, 0] - clean).abs().max() < 0.51 / 255


def test_the_epochs_are_below_the_clean_and_the_noisy_digits(monkeypatch):
    kept = {"1": numbered(10, first=20), "5": numbered(10, first=40)}
    monkeypatch.setattr(page, "read_pictures", lambda path: kept)
    card = page.after_epochs()
    assert numbers(card)[2:] == [[*range(20, 30)], [*range(40, 50)]]
    assert (cells(card)[0] - held_out()[:, 0]).abs().max() < 0.51 / 255


def test_what_pure_noise_becomes(monkeypatch):
    kept = {"average": numbered(1, first=7), "pure": numbered(8, first=30)}
    monkeypatch.setattr(page, "read_pictures", lambda path: kept)
    monkeypatch.setattr(page, "load", lambda name: None)
    monkeypatch.setattr(page, "denoise", lambda model, noisy: numbered(len(noisy), first=100))
    assert numbers(page.pure_noise())[1:] == [[*range(100, 108)], [*range(30, 38)], [7] * 8]


def test_the_curves_are_the_record_and_without_noise_there_is_no_ratio(monkeypatch):
    record = {"sigmas": [0, 0.5, 1], "noisy": [None, 12.0, 6.0], "denoised": [25.0, 21.0, 14.0]}
    monkeypatch.setattr(page, "read_json", lambda name: record)
    lines = {line.get_label(): line for line in page.psnr_curve().axes[0].lines}
    for name, first in (("noisy", 1), ("denoised", 0)):
        assert [*lines[name].get_xdata()] == record["sigmas"][first:]
        assert [*lines[name].get_ydata()] == record[name][first:]


def test_the_numbers_of_the_page():
    derived = page.derived()
    # Bayes: a pixel is 0 or 1 equally often, and z is it plus noise of sigma 0.5.
    white, black = NormalDist(1, 0.5), NormalDist(0, 0.5)
    for name, z in (("ground", 0.0), ("middle", 0.5), ("ink", 1.0)):
        share = white.pdf(z) / (white.pdf(z) + black.pdf(z))
        assert derived["ink"][name] == pytest.approx(share)
    noise = torch.randn(1, 1, 500, 500, generator=torch.Generator().manual_seed(0))
    unchanged = psnr(0.5 * noise, torch.zeros_like(noise))
    assert derived["unchanged_psnr"] == pytest.approx(float(unchanged), abs=0.05)
    assert derived["alpha_bar"] * derived["inverse"] == pytest.approx(1)
