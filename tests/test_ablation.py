"""The rows of the table "what mattered"."""

import json

import pytest
import torch

from ddpm import recipes
from ddpm.data import Digits, bundled
from ddpm.losses import time_weight
from ddpm.recipes import DIGITS
from ddpm.settings import Recipe
from scripts import ablation as command
from scripts import flagship
from scripts.workshop import candidates
from scripts.workshop.ablation import ROWS, balanced, shifted
from scripts.workshop.first import FIRST


def test_ablation_lists_its_rows(call):
    listed = call("ablation", "--list")[1]
    assert "linear-eps" in listed
    assert "quarter-batch" in listed
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


@pytest.mark.parametrize("name", candidates.CANDIDATES)
def test_every_candidate_is_a_recipe_of_at_most_two_million_parameters(name):
    recipe = candidates.CANDIDATES[name][1]
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    assert (recipe == FIRST) == (name == "first-long")
    assert sum(p.numel() for p in recipe.make_network().parameters()) <= 2_000_000
    time_weight(recipe)


def test_changes_are_combined_and_not_made_twice():
    both = candidates.combined(["augmented", "half-batch"])
    assert both.options == {**FIRST.options, "augmented": True}
    assert (both.training.augment, both.training.batch) == (0.12, 128)
    assert candidates.combined([]) == FIRST
    for name, (_, recipe) in candidates.CANDIDATES.items():
        assert candidates.combined([name]) == recipe
    with pytest.raises(ValueError, match=r"the same thing twice: training\.batch"):
        candidates.combined(["half-batch", "quarter-batch"])
    with pytest.raises(ValueError, match="changes"):
        candidates.combined(["nothing"])


def test_the_flagship_is_trained_with_changes_by_one_command(call, monkeypatch):
    seen = []
    monkeypatch.setattr(recipes, "RECIPES", recipes.RECIPES)
    monkeypatch.setattr(
        flagship, "train_recipe", lambda name, **how: seen.append((recipes.recipe(name), how))
    )
    assert call("flagship", "augmented", "p2", "--epochs", "9", "--rate", "0.002")[0] == 0
    recipe, how = seen[0]
    assert (recipe.name, recipe.options["augmented"]) == ("digits", True)
    wanted = {"epochs": 9, "p2": 1.0, "rate": 0.002, "lengths": (0.03, 0.1), "snapshots": 9}
    assert {key: getattr(recipe.training, key) for key in wanted} == wanted
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    assert how == {"data": "mnist", "restart": False, "out": None}
    call("flagship", "deep-14", "half-batch", "--epochs", "90", "--rate", "2e-3")
    assert seen[1][0] == DIGITS


def test_no_row_is_in_two_tables():
    assert not {*ROWS} & {*candidates.CANDIDATES}


def test_a_candidate_goes_on_where_it_was_stopped_and_is_recorded(
    call, digits, monkeypatch, tmp_path
):
    options = {"width": 16, "blocks": 1}
    monkeypatch.setitem(
        candidates.CANDIDATES, "p2", ("P2", candidates.change(options, p2=1.0, batch=50))
    )
    monkeypatch.setattr(candidates, "mnist", lambda split: digits)
    monkeypatch.setattr(candidates, "ROOT", tmp_path)
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    monkeypatch.setattr(candidates, "verdict", lambda images, asked: {"accuracy": 0.1, "fid": 9.0})
    monkeypatch.setattr(candidates, "distance", lambda: lambda images: float(len(images)))
    monkeypatch.setattr(
        command,
        "TABLES",
        {
            **command.TABLES,
            "candidates": (candidates.CANDIDATES, 2, 10, lambda n, e: candidates.measure(n, e, 1)),
        },
    )
    trained, whole = [], candidates.train

    def stopped(*arguments):
        for progress in whole(*arguments):
            trained.append(progress.epoch)
            yield progress
            if progress.entry and len(trained) == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(candidates, "train", stopped)
    with pytest.raises(KeyboardInterrupt):
        candidates.measure("p2", 2, 1)
    code, out, _ = call("ablation", "p2")
    assert code == 0
    assert "accuracy 10.0%, FID 9.000" in out
    assert trained == [1, 2]
    record = json.loads((tmp_path / "candidates.json").read_text())
    assert (record["epochs"], record["count"]) == (2, 10)
    assert record["rows"]["p2"]["validation_fid"] == 10
    assert "command" in record["rows"]["p2"]["how"]
    call("ablation", "p2")  # what is trained stays trained
    assert trained == [1, 2]
