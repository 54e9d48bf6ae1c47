import pytest
import torch

from ddpm.data import Scaling, bundled, mnist, validation_indices


def test_the_bundled_digits_are_five_hundred_of_each():
    digits = bundled()
    assert digits.images.shape == (5000, 28, 28)
    assert digits.images.dtype == torch.uint8
    assert digits.labels.bincount().tolist() == [500] * 10
    assert digits.images.amax() == 255
    assert (digits.images.flatten(1).amax(1) > 100).all()


def test_validation_is_the_first_of_each_label():
    labels = torch.arange(10).repeat(600)
    chosen = validation_indices(labels)
    assert len(chosen) == 5000
    assert int(chosen[-1]) == 4999
    assert labels[chosen].bincount().tolist() == [500] * 10


@pytest.mark.parametrize(
    "scaling", [Scaling(), Scaling(size=32), Scaling(mean=0.1307, std=0.3081)], ids=str
)
def test_scaling_there_and_back_is_the_image(scaling):
    digits = bundled()[:20]
    x = scaling.to_network(digits.images)
    assert x.shape == (20, 1, scaling.size, scaling.size)
    assert float(x[0, 0, 0, 0]) == pytest.approx(-scaling.mean / scaling.std, rel=1e-5)
    back = scaling.to_images(x)
    assert back.shape == (20, 1, 28, 28)
    assert (back[:, 0] - digits.images.float() / 255).abs().max() < 1e-6
    assert scaling.to_images(x + 100).max() == 1


def test_floats_and_bytes_scale_alike():
    digits = bundled()[:3]
    as_floats = digits.images[:, None].float() / 255
    assert torch.equal(Scaling().to_network(as_floats), Scaling().to_network(digits.images))


def test_without_mnist_and_without_a_network_it_says_what_to_do(tmp_path, monkeypatch):
    from torchvision.datasets import MNIST

    def fail(self):
        raise RuntimeError("Error downloading")

    monkeypatch.setattr(MNIST, "download", fail)
    monkeypatch.setenv("DDPM_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="set DDPM_DATA"):
        mnist("train")


def test_mnist_is_split_as_the_bundle_says(tmp_path, monkeypatch):
    """On a made-up MNIST of 6,100 images in the real file format."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    count = 6100
    labels = torch.arange(count) % 10
    images = torch.zeros(count, 28, 28, dtype=torch.uint8)
    images[:, 0, 0], images[:, 0, 1] = torch.arange(count) % 256, torch.arange(count) // 256
    for prefix in ("train", "t10k"):
        header = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (count, 28, 28))
        (raw / f"{prefix}-images-idx3-ubyte").write_bytes(header + images.numpy().tobytes())
        header = b"\0\0\x08\x01" + count.to_bytes(4, "big")
        content = labels.to(torch.uint8).numpy().tobytes()
        (raw / f"{prefix}-labels-idx1-ubyte").write_bytes(header + content)
    monkeypatch.setenv("DDPM_DATA", str(tmp_path))
    assert len(mnist("validation")) == 5000
    assert torch.equal(mnist("validation").images, images[:5000])
    assert torch.equal(mnist("train").images, images[5000:])
    assert len(mnist("test")) == count
