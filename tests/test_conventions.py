"""A recipe's conventions in numbers, and what a network loses that is asked in other terms."""

import dataclasses
from types import SimpleNamespace

import pytest
import torch

from ddpm.data import Digits, Scaling
from ddpm.recipes import RECIPES
from scripts.pages import conventions
from scripts.pages.conventions import MISTAKES, cost, facts

RECIPE = dataclasses.replace(
    RECIPES["class"],
    T=200,
    betas=(1e-3, 0.1),
    scaling=Scaling(28, 0.25, 0.5),
    time_shift=1,
    time_scale=100,
    label_dropout=0.3,
    guidance=3.0,
)
BLACK = -0.5
"""What a black pixel is in this recipe: (0 - 0.25) / 0.5."""

DIGITS = Digits(torch.zeros(199, 28, 28, dtype=torch.uint8), torch.arange(199) % 10)
"""One black image for each of the times 2..200."""


def network(x, t, label):
    """Knows that all images are black: the noise is what else there is, by the recipe's terms."""
    schedule, time = RECIPE.make_schedule(), (100 * t + 1).round().long().clamp(max=RECIPE.T)
    return schedule.eps_from_x0(x, time, torch.full_like(x, BLACK))


MODEL = SimpleNamespace(recipe=RECIPE, network=network, device=torch.device("cpu"))


def test_the_facts_of_a_recipe():
    found = facts(RECIPE)
    assert found["ground"] == BLACK
    assert found["ink"] == 1.5
    assert (found["told_first"], found["told_last"]) == (0, pytest.approx(1.99))
    assert (found["gamma"], found["omega"]) == (3, 2)
    assert (found["size"], found["T"], found["dropped"]) == (28, 200, 0.3)
    assert (found["predicts"], found["schedule"]) == ("eps", "linear")


def test_asked_in_its_own_terms_a_perfect_network_has_no_loss():
    assert cost(MODEL, {}, DIGITS) < 1e-9


def test_another_range_of_the_images_costs_what_the_error_of_the_background_is_as_noise():
    """Off by 0.5 in the clean image is off by 0.5 / r_t in the noise."""
    alpha_bar = RECIPE.make_schedule().alpha_bar[2:]
    expected = float((0.25 * alpha_bar / (1 - alpha_bar)).mean())
    assert cost(MODEL, {"scaling": Scaling(28, 0.0, 0.5)}, DIGITS) == pytest.approx(expected, 1e-4)


@pytest.mark.parametrize("changes", [{"time_shift": 0}, {"T": 300}, {"time_scale": 101}])
def test_other_times_cost_something(changes):
    assert cost(MODEL, changes, DIGITS) > 1e-5


def test_every_mistake_changes_the_model_that_makes_it():
    recipe = RECIPES[conventions.MODEL]
    for name, changes in MISTAKES.items():
        assert (dataclasses.replace(recipe, **changes) == recipe) == (name == "as trained")


def test_the_losses_are_compared_with_that_of_the_model_as_trained(monkeypatch):
    monkeypatch.setattr(conventions, "load", lambda name: MODEL)
    monkeypatch.setattr(conventions, "cost", lambda model, changes, digits: 2.0 + len(changes))
    result = conventions.conventions(True)
    assert result["count"] == 20
    assert result["recipes"].keys() == RECIPES.keys()
    for name, row in result["mistakes"].items():
        times = 1 if name == "as trained" else 1.5
        assert row == {"loss": 2 * times, "times": times}
