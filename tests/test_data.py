import os

import numpy as np
import pytest
import torch
from PIL import Image

from ddpm.data import Scaling, bundled, folder, mnist, split_off, validation_indices


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


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """A made-up MNIST of 6,100 images in the real file format: its folder and its images."""
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
    return raw, images


def test_mnist_is_split_as_the_bundle_says(made_up):
    _, images = made_up
    assert len(mnist("validation")) == 5000
    assert torch.equal(mnist("validation").images, images[:5000])
    assert torch.equal(mnist("train").images, images[5000:])
    assert len(mnist("test")) == 6100


HTML = b"<!DOCTYPE html><html>" + b"not found " * 100


@pytest.mark.parametrize("kind", ["images-idx3", "labels-idx1"])
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda b: b"", "is empty"),
        (lambda b: b[:3], "something else"),
        (lambda b: b[:7], "cut off"),
        (lambda b: b[:-1], "cut off"),
        (lambda b: b[:3000], "cut off"),
        (lambda b: b + b"x", "too long"),
        (lambda b: HTML, "a web page"),
        (lambda b: b"\n  " + HTML, "a web page"),
        (lambda b: b"\x1f\x8b" + b, "gzip"),
        (lambda b: b[::-1], "something else"),
        (lambda b: b[:4] + b"\xff" * 4 + b[8:], "cut off"),
    ],
)
def test_a_damaged_file_of_mnist_is_named_in_one_line(made_up, kind, spoil, says):
    path = made_up[0] / f"train-{kind}-ubyte"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ValueError, match=says) as raised:
        mnist("train")
    assert f"'{path}'" in str(raised.value)
    assert "delete it and load MNIST again" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(mnist("test")) == 6100


def test_files_of_mnist_that_do_not_belong_together_are_named(made_up):
    raw, _ = made_up
    images, labels = (raw / f"train-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1"))
    whole = images.read_bytes(), labels.read_bytes()
    for one, other in ((images, labels), (labels, images)):
        one.write_bytes(other.read_bytes())
        with pytest.raises(ValueError, match="mixed up") as raised:
            mnist("train")
        assert f"'{one}'" in str(raised.value)
        images.write_bytes(whole[0])
        labels.write_bytes(whole[1])
    fewer = (6000).to_bytes(4, "big")
    labels.write_bytes(whole[1][:4] + fewer + whole[1][8:-100])
    with pytest.raises(ValueError, match="6100 images and 6000 labels"):
        mnist("train")
    labels.write_bytes(whole[1][:-1] + b"\x0a")
    with pytest.raises(ValueError, match=r"not within 0\.\.9"):
        mnist("train")


@pytest.fixture
def pictures(tmp_path):
    """Two classes of small colour pictures, of several sizes and formats."""
    for name, colour in (("cat", (255, 0, 0)), ("dog", (0, 0, 255))):
        (tmp_path / name).mkdir()
        for k in range(12):
            image = Image.new("RGB", (30 + k, 40), colour)
            image.save(tmp_path / name / f"{k:02}.{('png', 'jpg', 'bmp')[k % 3]}")
    return tmp_path


@pytest.mark.filterwarnings("ignore:.* are flat")
def test_own_images_become_grey_and_small_and_keep_their_names(pictures):
    digits, names = folder(pictures)
    assert names == ("cat", "dog")
    assert digits.images.shape == (24, 28, 28)
    assert digits.images.dtype == torch.uint8
    assert digits.labels.tolist() == [0] * 12 + [1] * 12
    assert digits.images[0].unique().tolist() == [76]  # red's luminance, 0.299 * 255


def test_one_line_counts_flat_images_and_names_the_first(pictures):
    with pytest.warns(UserWarning, match=r"24 of 24 images are flat, .* as '.*cat/00\.png'$"):
        folder(pictures)


def test_training_images_are_read_as_other_images_are(tmp_path):
    ink = np.zeros((28, 28), np.uint8)
    ink[8:20, 12:16] = 255
    black = np.zeros_like(ink)
    stored = {
        "a/16-bit.png": Image.fromarray(ink.astype(np.uint16) * 20),
        "a/clear.png": Image.fromarray(np.dstack([black, black, black, ink])),
        "b/plain.png": Image.fromarray(ink),
        "b/white-on-clear.png": Image.fromarray(np.dstack([255 - black] * 3 + [ink])),
    }
    for name, image in stored.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image.save(tmp_path / name)
    images, _ = folder(tmp_path)
    assert len(images) == 4
    assert (images.images == torch.from_numpy(ink)).all()


@pytest.mark.filterwarnings("ignore:.* are flat")
def test_own_images_keep_their_middle(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        wide = Image.new("L", (84, 28))
        wide.paste(255, (28, 0, 56, 28))
        wide.save(tmp_path / name / "x.png")
    assert folder(tmp_path)[0].images.unique().tolist() == [255]


@pytest.mark.filterwarnings("ignore:.* are flat")
def test_the_last_tenth_of_each_class_is_held_out(pictures):
    training, held_out = split_off(folder(pictures)[0])
    assert held_out.labels.tolist() == [0, 1]
    assert len(training) == 22
    training, held_out = split_off(bundled())
    assert (len(training), held_out.labels.bincount().tolist()) == (4500, [50] * 10)


def test_what_cannot_be_read_is_named(pictures):
    (pictures / "dog" / "03.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"cannot read the image '.*dog/03\.png'"):
        folder(pictures)
    (pictures / "empty").mkdir()
    with pytest.raises(ValueError, match="empty"):
        folder(pictures)
    with pytest.raises(ValueError, match="no folder"):
        folder(pictures / "none")


def test_one_class_is_not_enough(tmp_path):
    (tmp_path / "cat").mkdir()
    Image.new("L", (9, 9)).save(tmp_path / "cat" / "x.png")
    with pytest.raises(ValueError, match="one class, 'cat'"):
        folder(tmp_path)
    with pytest.raises(ValueError, match="one image only"):
        split_off(bundled()[:1])


def test_what_systems_put_beside_images_is_passed_over(pictures):
    expected, names = folder(pictures)
    for hidden in (".git", "__MACOSX", "@eaDir", "$RECYCLE.BIN", "cat/.thumbnails", "cat/@eaDir"):
        (pictures / hidden).mkdir()
        Image.new("L", (9, 9), 200).save(pictures / hidden / "x.png")
    for file in ("._00.png", ".DS_Store", "Thumbs.db", "desktop.ini", "notes.txt"):
        (pictures / "dog" / file).write_bytes(b"no image")
        (pictures / file).write_bytes(b"no image")
    digits, found = folder(pictures)
    assert found == names
    assert torch.equal(digits.images, expected.images)
    assert torch.equal(digits.labels, expected.labels)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_among_the_images_is_not_waited_for(pictures):
    os.mkfifo(pictures / "cat" / "13.png")
    (pictures / "dog" / "14.png").symlink_to(pictures / "nowhere.png")
    (pictures / "dog" / "15.png").mkdir()
    assert len(folder(pictures)[0]) == 24


def test_only_hidden_folders_are_no_classes(tmp_path):
    (tmp_path / ".git").mkdir()
    Image.new("L", (9, 9)).save(tmp_path / ".git" / "x.png")
    with pytest.raises(ValueError, match="no subfolder with the images of a class"):
        folder(tmp_path)


def test_a_large_folder_shows_progress(pictures, monkeypatch):
    seen = []

    def bar(items, *said, **options):
        seen.append((len(items), *said, options["unit"]))
        return items

    monkeypatch.setattr("ddpm.data.tqdm", bar)
    folder(pictures)
    assert seen == [(24, "reading images", "image")]
