"""The home page's animation and its logo, made from samples that a model of the test gives."""

from types import SimpleNamespace

import pytest
from sheets import numbered, numbers

from scripts.pages import home

STEPS = 3
asked = []


def states(labels, seed):
    """At each of the steps and at the end: sample k of a label has the number 10 label + k."""
    asked.append(labels)
    for left in range(STEPS, -1, -1):
        yield SimpleNamespace(x=numbered(100, first=left))


@pytest.fixture(autouse=True)
def model(monkeypatch):
    stub = SimpleNamespace(states=states, to_images=lambda x: x)
    monkeypatch.setattr(home, "load", lambda name: stub)
    home.each_label.cache_clear()
    asked.clear()
    yield
    home.each_label.cache_clear()  # the figures of other pages share it


def test_ten_of_each_label_are_drawn_once():
    assert [images.shape for images in home.each_label()] == [(10, 10, 28, 28)] * (STEPS + 1)
    home.hero()
    assert asked == [[label for label in range(10) for _ in range(10)]]


def test_the_animation_has_a_frame_for_every_state_and_a_column_for_every_digit():
    frames = home.hero()
    assert len(frames) == STEPS + 1
    for left, frame in zip(range(STEPS, -1, -1), frames, strict=True):
        expected = [[10 * label + row + left for label in range(10)] for row in range(5)]
        assert numbers(frame, scale=2) == expected


def test_the_logo_is_the_first_6_at_the_end():
    assert numbers(home.logo(), scale=4, gap=0) == [[60]]
