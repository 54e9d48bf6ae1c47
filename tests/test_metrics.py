import pytest
import torch

from ddpm.data import bundled
from ddpm.metrics import Classifier, as_images, load_classifier, save_classifier, train_classifier
from scripts.common import read_json
from scripts.registry import digest_of


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


def test_what_was_read_came_from_the_bundled_weights():
    assert read_json("reading")["weights"] == digest_of("weights/attention-class.safetensors")
