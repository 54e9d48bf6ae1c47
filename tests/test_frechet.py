"""The Fréchet distance as a loss: in exact cases, over many updates, and with its gradient."""

import dataclasses

import pytest
import torch

from ddpm.classifiers import load_classifier
from ddpm.data import as_images, bundled
from ddpm.frechet import FEWEST, KEEP, Critic, Moments, Pairs, frechet_distance
from ddpm.metrics import fid
from ddpm.recipes import DIGITS, DIGITS_FASTER
from ddpm.students import Student
from ddpm.teachers import check_teacher


def gaussian(*variances):
    return torch.diag(torch.tensor(variances, dtype=torch.float64))


def test_of_independent_features_it_is_the_distance_of_means_and_deviations():
    mean, real = torch.tensor([[1.0, 2.0], [4.0, -2.0]], dtype=torch.float64)
    squared = frechet_distance(mean, gaussian(4.0, 9.0), real, gaussian(1.0, 5.0))
    assert float(squared) == pytest.approx(9 + 16 + (2 - 1) ** 2 + (3 - 5) ** 2)
    assert float(frechet_distance(real, gaussian(1.0, 25.0), real, gaussian(1.0, 5.0))) == (
        pytest.approx(0, abs=1e-9)
    )


def test_it_is_the_distance_that_is_measured():
    classifier, images = load_classifier(), as_images(bundled()[:1000])
    theirs = images.roll(2, 3)
    there, here = (classifier.describe_all(each).double() for each in (images, theirs))
    values, vectors = torch.linalg.eigh(there.T.cov())
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    squared = frechet_distance(here.mean(0), here.T.cov(), there.mean(0), root)
    assert float(squared) == pytest.approx(fid(theirs, images, classifier), rel=1e-3)


@pytest.fixture
def moments() -> Moments:
    """Of 30,000 correlated features with two labels."""
    known, (features, told) = Moments(5, 2), drawn(30_000)
    known.learn(features, told, seed=0, count=4000)
    return known


def drawn(count, seed=0, shift=0.0):
    """Features (N, 3) whose first depends on the label, and labels (N, 2)."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(2, (count,), generator=generator)
    x = torch.randn((count, 3), generator=generator) @ torch.tensor(
        [[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 2.0]]
    )
    x[:, 0] += labels + shift
    return x, torch.nn.functional.one_hot(labels, 2)


def after(moments, updates, shift=0.0, number=0):
    for seed in range(updates):
        found = moments.distance(*drawn(200, 1 + seed, shift), number)
    return float(found) * (1 - KEEP) / (1 - KEEP**updates)  # without the factor of its gradient


def test_samples_like_data_are_at_the_floor_and_shifted_ones_above_it(moments):
    # The moments of the last updates are those of about 13,000 samples.
    assert after(moments, 100) < 2
    assert after(moments, 100, shift=0.5, number=1) > 5
    assert moments.seen.tolist() == [100, 100]


def test_labels_count_too(moments):
    x, told = drawn(2000, 1)
    right = moments.distance(x, told, 0)
    for _ in range(40):
        right, wrong = moments.distance(x, told, 0), moments.distance(x, told.flip(1), 1)
    assert float(wrong) > 5 * float(right)  # the features alone are the same


def test_few_updates_do_not_count(moments):
    for seed in range(FEWEST + 1):
        x, told = drawn(50, seed)
        found = moments.distance(x.requires_grad_(), told, 0)
        assert found.requires_grad == (seed + 1 >= FEWEST)
        assert bool(found) == (seed + 1 >= FEWEST)


def test_the_gradient_is_as_if_all_samples_were_the_last(moments):
    """At a state that no update changes, it is the gradient of the distance of one set alone."""
    x, told = drawn(500, 3, shift=0.5)
    for _ in range(400):
        moments.distance(x, told, 0)
    x.requires_grad_()
    moments.distance(x, told, 0).backward()
    joined = moments.joined(y := x.detach().clone().requires_grad_(), told)
    alone = moments.to_data(joined.mean(0), joined.T.cov(correction=0)) / moments.floor
    alone.sqrt().backward()
    torch.testing.assert_close(x.grad, y.grad, rtol=1e-3, atol=1e-6)
    stepped = x.detach() - 1.0 * x.grad
    assert after_one(moments, stepped, told) < after_one(moments, x.detach(), told)


def after_one(moments, x, told):
    joined = moments.joined(x, told)
    return float(moments.to_data(joined.mean(0), joined.T.cov(correction=0)))


def test_a_critic_learns_digits_and_compares_samples_with_them(digits):
    critic, again = Critic(4, 1, 10), Critic(4, 1, 10)
    critic.learn(digits, seed=3)
    again.learn(digits, seed=3)
    theirs = again.state_dict()
    assert all(torch.equal(value, theirs[key]) for key, value in critic.state_dict().items())
    images = (digits.images[:256, None].float() / 255).requires_grad_()
    wanted, labels = images.detach().roll(1, 3), digits.labels[:256]
    critic.loss(images, wanted, labels, 0, 1.0).backward()
    assert float(images.grad.abs().max()) > 0
    assert not any(parameter.requires_grad for parameter in critic.parameters())


def test_pairs_are_the_images_of_their_noise(digits):
    pairs = Pairs(3, (1, 28, 28))
    pairs.make(lambda noise, told: noise + told[:, None, None, None], digits.labels, 0, batch=2)
    assert set(pairs.labels.tolist()) <= set(digits.labels.tolist())
    made = pairs.noise + pairs.labels[:, None, None, None]
    torch.testing.assert_close(pairs.images, made.half(), rtol=0, atol=0.01)


def test_only_digits_are_compared():
    recipe = DIGITS.for_images(56)
    student = dataclasses.replace(
        DIGITS_FASTER.for_images(56), options={**recipe.options, "paces": 3}
    )
    with pytest.raises(ValueError, match="'frechet', which takes digits of 28x28"):
        check_teacher(student, recipe)


def test_a_student_without_the_stage_keeps_nothing_of_it():
    from ddpm.recipes import DIGITS_FAST

    plan = DIGITS_FAST.distillation
    plan = dataclasses.replace(plan, stages=plan.stages[:-1])
    run = Student.start(dataclasses.replace(DIGITS_FAST, distillation=plan))
    assert len(run.critics) == len(run.pairs.noise) == 0
