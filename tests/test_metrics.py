import numpy as np
import pytest
import torch

from ddpm.classifiers import Classifier, load_classifier, save_classifier, train_classifier
from ddpm.data import as_images, bundled
from ddpm.metrics import diversity, fid, nearest, precision_recall, psnr
from scripts.workshop.records import read_json


def test_the_bundled_classifier_reads_held_out_digits():
    digits = bundled()[::5]
    right = load_classifier().read(as_images(digits)) == digits.labels
    assert float(right.float().mean()) >= 0.99


def test_its_record_is_that_of_a_good_reader():
    record = read_json("classifier")
    assert record["accuracy"]["test"] >= 0.993
    assert record["parameters"] == sum(p.numel() for p in load_classifier().parameters())


def test_reading_does_not_depend_on_the_batch():
    images = as_images(bundled()[:50])
    classifier = load_classifier()
    assert torch.equal(classifier.read(images, batch=7), classifier.read(images))


def test_it_learns_and_survives_a_file(digits, tmp_path):
    torch.manual_seed(0)
    classifier = Classifier(width=16)
    reports = list(train_classifier(classifier, digits, epochs=6, batch=10))
    assert reports[-1]["loss"] < 0.7 * reports[0]["loss"]
    save_classifier(classifier, tmp_path / "classifier.safetensors", {"epochs": 6})
    assert (tmp_path / "classifier.safetensors").stat().st_size > 1000


@pytest.mark.parametrize("shift", [0, 2])
def test_it_still_reads_digits_that_are_shifted(shift):
    digits = bundled()[::25]
    images = as_images(digits).roll(shift, 3)
    assert float((load_classifier().read(images) == digits.labels).float().mean()) >= 0.98


def test_the_distance_of_a_set_to_itself_is_nothing():
    images, classifier = as_images(bundled()[::5]), load_classifier()
    assert fid(images, images, classifier) == pytest.approx(0, abs=1e-4)


def test_the_distance_is_that_of_two_gaussians():
    """Against the formula, with the features' means and covariances taken by numpy."""
    digits, classifier = bundled(), load_classifier()
    one, other = as_images(digits[:2000]), as_images(digits[:2000]).roll(3, 2)
    with torch.no_grad():
        a, b = (classifier.describe(x).double().numpy() for x in (one, other))
    means = ((a.mean(0) - b.mean(0)) ** 2).sum()
    product = np.cov(a.T) @ np.cov(b.T)
    trace = np.trace(np.cov(a.T) + np.cov(b.T)) - 2 * np.sqrt(np.linalg.eigvals(product)).real.sum()
    assert fid(one, other, classifier) == pytest.approx(means + trace, rel=1e-3)


def test_too_few_images_have_no_distance():
    images = as_images(bundled()[:1200])
    with pytest.raises(ValueError, match="1,000 images or more, not 999"):
        fid(images, images[:999], load_classifier())


def test_psnr_is_twenty_decibels_for_a_tenth():
    x = torch.full((2, 1, 4, 4), 0.5)
    x[1] = 0.2
    assert psnr(x + 0.1, x).tolist() == pytest.approx([20, 20], abs=1e-3)


class Flat(Classifier):
    """Its features are the first two pixels, so that distances can be checked by hand."""

    def describe(self, images):
        return images.flatten(1)[:, :2]


def placed(points):
    images = torch.zeros(len(points), 1, 28, 28)
    images.flatten(1)[:, :2] = points
    return images


def test_precision_and_recall_of_the_same_cloud_are_one_and_of_far_clouds_nothing():
    torch.manual_seed(0)
    cloud = torch.randn(1000, 2)
    same = precision_recall(placed(cloud), placed(cloud), Flat())
    assert same == (1.0, 1.0)
    assert precision_recall(placed(cloud), placed(cloud + 100), Flat()) == (0.0, 0.0)


def test_half_a_cloud_is_precise_and_half_is_recalled():
    torch.manual_seed(0)
    cloud, other = torch.randn(1000, 2), torch.randn(1000, 2)
    half = torch.stack([other[:, 0].abs(), other[:, 1]], dim=1)
    precision, recall = precision_recall(placed(half), placed(cloud), Flat())
    assert precision > 0.95
    assert 0.45 < recall < 0.6
    with pytest.raises(ValueError, match="1,000 or more, not 10 and 10"):
        precision_recall(placed(half[:10]), placed(cloud[:10]), Flat())


def test_diversity_is_the_mean_distance_within_a_class():
    points = torch.tensor([[0.0, 0], [3, 4], [1, 1], [1, 1]])
    labels = torch.tensor([0, 0, 1, 1])
    assert diversity(placed(points), labels, Flat()).tolist() == pytest.approx([5, 0])
    with pytest.raises(ValueError, match="class 1 has one image only"):
        diversity(placed(points[:3]), labels[:3], Flat())


def test_a_copy_is_found():
    training = as_images(bundled()[:300])
    images = training[[7, 250]].clone()
    images[0, 0, 0, 0] += 0.5
    distances, places = nearest(images, training)
    assert places.tolist() == [7, 250]
    assert distances.tolist() == pytest.approx([0.5, 0], abs=1e-2)
