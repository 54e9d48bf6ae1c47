import dataclasses
import math

import pytest
import torch

from ddpm.augmentation import SPREADS, augmented, backwards
from ddpm.checkpoints import Run
from ddpm.data import bundled
from ddpm.losses import loss
from ddpm.networks.digits_unet import AUGMENTS
from ddpm.recipes import DIGITS
from ddpm.settings import Recipe
from ddpm.training import train


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def images():
    return bundled().images[::10][:, None].float() / 127.5 - 1


def test_what_is_not_changed_is_the_same_to_the_bit_and_told_so(images):
    same, values = augmented(images, -1.0, 0.0, seeded())
    assert torch.equal(same, images)
    assert not values.any()
    some, values = augmented(images, -1.0, 0.12, seeded())
    still = ~values.any(1)
    assert torch.equal(some[still], images[still])
    assert float(still.float().mean()) == pytest.approx(0.88**4, abs=0.07)
    assert not (some[~still] == images[~still]).all((1, 2, 3)).any()
    # The same number are shifted right and down, and always both.
    assert torch.equal(values[:, 2] != 0, values[:, 3] != 0)


def test_changed_images_stay_in_range_and_are_the_same_for_the_same_seed(images):
    one, two = (augmented(images, -1.0, 1.0, seeded(1)) for _ in range(2))
    assert torch.equal(one[0], two[0])
    assert torch.equal(one[1], two[1])
    assert float(one[0].abs().max()) <= 1.0001
    assert one[1].shape == (500, AUGMENTS)
    assert float(one[1].std()) == pytest.approx(1, abs=0.1)
    corners = one[0][:, 0, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert float((corners + 1).abs().max()) < 0.2  # background comes in from outside


def forwards(value, number):
    values = torch.zeros(1, AUGMENTS)
    values[0, number] = value / SPREADS[number]
    matrix = torch.eye(3)
    matrix[:2] = backwards(values)[0]
    return torch.linalg.inv(matrix)


def test_each_number_says_what_was_done():
    right, down = torch.tensor([1.0, 0, 1]), torch.tensor([0, 1.0, 1])
    angle = math.radians(30)
    turned = forwards(angle, 0)
    assert torch.allclose((turned @ right)[:2], torch.tensor([math.cos(angle), math.sin(angle)]))
    larger = forwards(math.log(1.5), 1)
    assert torch.allclose((larger @ right)[:2], torch.tensor([1.5, 0.0]), atol=1e-6)
    for number, expected in ((2, [1.3, 0.0]), (3, [1.0, 0.3])):
        assert torch.allclose((forwards(0.3, number) @ right)[:2], torch.tensor(expected))
    sheared = forwards(0.2, 4)
    assert torch.allclose((sheared @ right)[:2], torch.tensor([1.0, 0.0]), atol=1e-6)
    assert torch.allclose((sheared @ down)[:2], torch.tensor([0.2, 1.0]), atol=1e-6)


def test_a_shift_moves_the_ink_as_far_as_it_says():
    dot = torch.full((400, 1, 28, 28), -1.0)
    dot[:, :, 13:15, 13:15] = 1
    moved, values = augmented(dot, -1.0, 0.3, seeded(2))
    only = (values[:, 2] != 0) & ~values[:, [0, 1, 4]].any(1)
    ink = moved[only, 0] + 1
    places = torch.arange(28.0) - 13.5
    across = (ink.sum(1) @ places) / ink.sum((1, 2))
    assert int(only.sum()) > 10
    assert torch.allclose(across, values[only, 2] * SPREADS[2] * 14, atol=0.02)


@pytest.fixture
def told():
    options = {"width": 16, "blocks": 1, "classes": 10, "augmented": True}
    training = dataclasses.replace(DIGITS.training, batch=50, epochs=2, augment=0.5, rate=3e-3)
    return dataclasses.replace(DIGITS, name="told", options=options, training=training)


def test_the_network_is_told_how_images_were_changed(told, digits, monkeypatch):
    run, seen = Run.start(told), []

    def spy(network, *arguments):
        seen.append(arguments[-1])
        return loss(network, *arguments)

    monkeypatch.setattr("ddpm.training.loss", spy)
    entries = [p.entry for p in train(run, digits, digits[:40]) if p.entry]
    assert all(change.shape == (50, AUGMENTS) for change in seen)
    assert float((torch.cat(seen) == 0).all(1).float().mean()) == pytest.approx(0.5**4, abs=0.05)
    assert entries[1]["train"] < entries[0]["train"]
    assert run.network.change.weight.abs().max() > 0  # it learned from the changes in its input

    x, t, y = torch.randn(4, 1, 28, 28), torch.full((4,), 500), torch.arange(4)
    with torch.no_grad():
        without = told.ask(run.network, x, t, y)
        zero = told.ask(run.network, x, t, y, torch.zeros(4, AUGMENTS))
        one = told.ask(run.network, x, t, y, torch.ones(4, AUGMENTS))
    assert torch.equal(without, zero)
    assert (one - zero).abs().max() > 1e-5


def test_a_network_that_is_not_told_is_refused(told):
    values = dataclasses.replace(told, options=DIGITS.options).to_dict()
    with pytest.raises(ValueError, match=r"training.augment must be 0"):
        Recipe.from_dict(values)
