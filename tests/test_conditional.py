"""Which samples the sheets show."""

from types import SimpleNamespace

import pytest
import torch
from sheets import cells, numbered, numbers

from scripts.pages import conditional
from scripts.pages.sampling import TIMES


@pytest.fixture
def ten_of_each(monkeypatch):
    """A past in which sample k has the level k / 255, less what says the time at one pixel."""

    def history(name, labels, each):
        assert (name, labels, each) == ("attention-class", tuple(range(10)), 10)
        kept = {t: numbered(100)[:, 0].clone() for t in TIMES}
        for t, images in kept.items():
            images[:, 0, 0] = t / 10 / 255
        return kept

    monkeypatch.setattr(conditional, "history", history)


def test_the_history_is_that_of_the_ten_threes(ten_of_each):
    card = conditional.label_3_history()
    assert numbers(card) == [[sample] * 11 for sample in range(30, 40)]
    times = (cells(card)[..., 0, 0] * 255).round().int()
    assert times.tolist() == [[*range(100, -1, -10)]] * 10


def test_the_rows_are_the_labels(ten_of_each):
    assert numbers(conditional.each_digit()) == torch.arange(100).reshape(10, 10).tolist()


def model(first):
    """A model whose sample of the label k has the number `first` + k."""

    def draw(labels, **options):
        return numbered(256)[[first + label for label in labels]]

    return SimpleNamespace(device=torch.device("cpu"), sample=draw)


def test_without_labels_is_above_and_the_labels_below_twice(monkeypatch):
    monkeypatch.setattr(conditional, "unlabelled", lambda: {0: numbered(20, first=50)[:, 0]})
    monkeypatch.setattr(conditional, "load", lambda name: model(first=100))
    labelled = [*range(100, 110)]
    assert numbers(conditional.conditional_against_unconditional()) == [
        [*range(50, 60)], [*range(60, 70)], labelled, labelled
    ]  # fmt: skip


def test_each_sampler_has_a_row_for_either_set_of_weights(monkeypatch):
    def load(name, weights):
        chosen = model(first=0)
        chosen.sample = lambda labels, sampler, steps: model(
            {"raw": 20, "averaged": 40}[weights] + {"ancestral": 0, "ddim": 100}[sampler]
        ).sample(labels)
        return chosen

    monkeypatch.setattr(conditional, "load", load)
    firsts = [row[0] for row in numbers(conditional.samplers_and_weights())]
    assert firsts == [20, 40, 120, 140]
