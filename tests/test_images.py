import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from ddpm.images import bring, bring_mask, read_image


def written(size, ground, ink, at=(0.6, 0.3), mode="L"):
    """A photo with a slanted bar whose centre is at a share of its width and height."""
    image = Image.new(mode, size, ground)
    x, y = at[0] * size[0], at[1] * size[1]
    long, pen = 0.15 * min(size), max(1, round(0.03 * min(size)))
    ImageDraw.Draw(image).line((x - long / 3, y + long, x + long / 3, y - long), ink, pen)
    return image


def centre(picture):
    y, x = torch.meshgrid(torch.arange(28) + 0.5, torch.arange(28) + 0.5, indexing="ij")
    return float((picture * x).sum() / picture.sum()), float((picture * y).sum() / picture.sum())


@pytest.mark.parametrize(("ground", "ink"), [(250, 20), (10, 200), (180, 90)])
@pytest.mark.parametrize("size", [(640, 480), (200, 300), (57, 57)])
def test_a_photo_of_any_size_and_ground_becomes_bright_ink_in_the_middle(size, ground, ink):
    picture, _ = bring(written(size, ground, ink))
    assert picture.shape == (28, 28)
    assert picture.max() == 1
    assert float(picture.median()) == 0
    x, y = centre(picture)
    assert abs(x - 14) < 0.6
    assert abs(y - 14) < 0.6
    rows = (picture.amax(1) > 0.3).nonzero()[:, 0]
    assert 18 <= int(rows[-1] - rows[0] + 1) <= 22  # as in MNIST: 20 of 28 pixels


def test_padded_and_cropped_pictures_keep_the_ink_where_it_was():
    image = written((400, 200), 255, 0, at=(0.5, 0.25))
    padded, _ = bring(image, "pad")
    cropped, _ = bring(image, "crop")
    assert centre(padded) == pytest.approx((14, 14 - 3.5), abs=0.3)
    assert centre(cropped) == pytest.approx((14, 7), abs=0.3)


def test_a_digit_of_28_pixels_stays_what_it_is(digits):
    original = digits.images[3]
    picture, _ = bring(Image.fromarray(original.numpy()))
    assert torch.equal((picture * 255).round().byte(), original)
    negative, _ = bring(Image.fromarray(255 - original.numpy()))
    assert (negative - picture).abs().max() < 1e-6


def test_a_mask_follows_its_image():
    image = written((400, 300), 255, 0, at=(0.5, 0.5))
    for fit in ("ink", "pad", "crop"):
        _, place = bring(image, fit)
        mask = Image.new("L", (400, 300))
        mask.paste(255, (0, 150, 400, 300))  # all below the middle
        new = bring_mask(mask, place)
        assert set(new.unique().tolist()) == {0.0, 1.0}
        assert (new[:13] == 0).all()
        assert (new[15:20] == 1).all()
    with pytest.raises(ValueError, match="300x400 pixels, the image 400x300"):
        bring_mask(mask.rotate(90, expand=True), place)


def test_transparent_and_coloured_and_turned_images_are_read(tmp_path):
    clear = written((90, 90), (0, 0, 0, 0), (0, 0, 0, 255), mode="RGBA")
    clear.save(tmp_path / "clear.png")
    assert np.median(np.asarray(read_image(tmp_path / "clear.png"))) == 255
    written((90, 60), "yellow", "blue", mode="RGB").save(tmp_path / "colour.jpg")
    assert bring(read_image(tmp_path / "colour.jpg"))[0].max() == 1
    turned = Image.new("L", (90, 60), 255)
    exif = turned.getexif()
    exif[0x0112] = 6  # the camera was held upright
    turned.save(tmp_path / "turned.jpg", exif=exif)
    assert read_image(tmp_path / "turned.jpg").size == (60, 90)


def test_images_that_are_none_are_refused(tmp_path):
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "empty.png").write_bytes(b"")
    Image.new("L", (1, 40)).save(tmp_path / "thin.png")
    Image.new("1", (9000, 8000)).save(tmp_path / "huge.png")
    for name, message in {
        "none.png": "no image",
        "text.png": "cannot read",
        "empty.png": "cannot read",
        "thin.png": "nothing in it",
        "huge.png": "9000x8000 pixels",
    }.items():
        with pytest.raises(ValueError, match=message):
            read_image(tmp_path / name)
    with pytest.raises(ValueError, match="one flat grey"):
        bring(Image.new("L", (100, 100), 77))
