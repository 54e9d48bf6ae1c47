import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from PIL.Image import Transpose

from ddpm.images import Frame, bring, bring_mask, read_image


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


SEVEN = written((120, 90), 255, 0)
INK = 255 - np.asarray(SEVEN)


def coloured(paper, ink):
    """The bar of `SEVEN` in two colours, with its smooth edges."""
    share = INK[..., None] / 255
    return Image.fromarray((share * ink + (1 - share) * paper).round().astype(np.uint8))


def clear(ink, below=(0, 0, 0)):
    """The bar in one colour on a transparent background, whose hidden colour is `below`."""
    colours = np.where(INK[..., None] > 0, np.array(ink), np.array(below)).astype(np.uint8)
    return Image.fromarray(np.dstack([colours, INK]))


def palette():
    return coloured((255, 255, 255), (200, 0, 0)).quantize(8)


def clear_palette():
    image = Image.fromarray(np.where(INK > 127, 1, 0).astype(np.uint8), "P")
    image.putpalette([255, 255, 255, 255, 255, 255])  # white on white, which is transparent
    image.info["transparency"] = 0
    return image


def wide(low, high, kind):
    values = low + (high - low) * (1 - INK / 255.0)
    return Image.fromarray(values.astype(kind))


def not_finite():
    values = (1 - INK / 255.0).astype(np.float32)
    values[0, 0], values[1, 1], values[2, 2] = np.nan, np.inf, -np.inf
    return Image.fromarray(values)


PICTURES = {
    "a.png": SEVEN,
    "a.bmp": SEVEN,
    "a.tiff": SEVEN,
    "a.webp": SEVEN.convert("RGB"),
    "a.jpg": SEVEN,
    "a.gif": SEVEN,
    "negative.png": Image.fromarray(INK),
    "one-bit.png": SEVEN.point(lambda v: 255 * (v > 127), "1"),
    "grey-alpha.png": Image.merge("LA", [Image.new("L", SEVEN.size), Image.fromarray(INK)]),
    "palette.png": palette(),
    "clear-palette.gif": clear_palette(),
    "clear-palette.png": clear_palette(),
    "cmyk.jpg": SEVEN.convert("RGB").convert("CMYK"),
    "cmyk.tiff": SEVEN.convert("RGB").convert("CMYK"),
    "16-bit.png": wide(0, 65535, np.uint16),
    "16-bit-dark.png": wide(100, 1100, np.uint16),
    "16-bit-bright.tiff": wide(60000, 60500, np.uint16),
    "32-bit.tiff": wide(-70000, 2_000_000_000, np.int32),
    "float.tiff": wide(0, 1, np.float32),
    "float-huge.tiff": wide(-3e38, 3e38, np.float32),
    "float-not-finite.tiff": not_finite(),
    "black-on-clear.png": clear((0, 0, 0)),
    "black-on-clear.webp": clear((0, 0, 0)),
    "white-on-clear.png": clear((255, 255, 255)),
    "white-on-clear-white.png": clear((255, 255, 255), (255, 255, 255)),
    "red-on-clear.png": clear((200, 30, 30), (0, 255, 0)),
    "all-opaque.png": SEVEN.convert("RGBA"),
    "half-opaque.png": Image.merge("LA", [SEVEN, Image.new("L", SEVEN.size, 128)]),
    "blue-on-black.png": coloured((0, 0, 0), (0, 0, 255)),
    "yellow-on-white.png": coloured((255, 255, 255), (255, 255, 0)),
    "red-on-green.png": coloured((0, 130, 0), (255, 0, 0)),
    "green-on-red.png": coloured((255, 0, 0), (0, 130, 0)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_same_in_every_format_and_mode(name, tmp_path):
    PICTURES[name].save(tmp_path / name)
    image = read_image(tmp_path / name)
    assert image.mode == "L"
    clean, _ = bring(SEVEN)
    assert (bring(image)[0] - clean).abs().sum() < 0.1 * clean.sum()


HELD = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_camera_says(orientation, tmp_path):
    image = SEVEN.transpose(HELD[orientation]) if orientation > 1 else SEVEN
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(np.asarray(read_image(tmp_path / "turned.png")), np.asarray(SEVEN))


def test_the_first_frame_of_an_animation_is_read(tmp_path):
    black = Image.new("L", SEVEN.size)
    for name in ("a.gif", "a.png", "a.webp"):
        frames = {"save_all": True, "append_images": [black, black], "duration": 100}
        SEVEN.save(tmp_path / name, **frames)
        assert abs(np.asarray(read_image(tmp_path / name), float) - np.asarray(SEVEN)).mean() < 3


def test_colours_stay_and_transparent_ones_are_laid_on_what_they_differ_from(tmp_path):
    for ink, paper in ((255, 255, 255), 0), ((0, 0, 0), 255), ((250, 240, 20), 0):
        clear(ink).save(tmp_path / "a.png")
        pixels = np.asarray(read_image(tmp_path / "a.png", 3))
        assert (pixels[0, 0] == paper).all()
        assert (pixels[INK == 255] == ink).all()


def header(brand):
    return b"\0\0\0\x18ftyp" + brand + bytes(40)


REFUSED = {
    "photo.heic": (header(b"heic"), "a HEIC picture, .* export it as JPEG"),
    "photo.jpg": (header(b"mif1"), "a HEIC picture, whatever its name says"),
    "photo.avif": (header(b"avif"), "an AVIF picture, .* export it as JPEG"),
    "texture.dds": (b"DDS " + bytes(200), "none of PNG, JPEG, GIF, BMP, TIFF, WEBP"),
    "damaged.png": (b"\x89PNG\r\n\x1a\n" + bytes(30), "cannot read the image"),
    "damaged.tiff": (b"II*\0" + bytes(range(200)), "cannot read the image"),
    "page.png": (b"<html>", "none of PNG"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_that_people_have_is_told_in_one_line(name, tmp_path):
    content, message = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_image(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp", "tiff", "webp"])
def test_a_damaged_file_is_read_or_refused_and_nothing_else(ending, tmp_path):
    path = tmp_path / f"a.{ending}"
    clear((9, 9, 9)).convert("RGB" if ending in ("jpg", "bmp") else "RGBA").save(path)
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for k in range(40):
        damaged = bytearray(content[: rng.integers(1, len(content))] if k % 4 == 0 else content)
        for at in rng.integers(0, min(len(damaged), 200 if k % 2 else 10**9), 5):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            image = read_image(path)
        except ValueError as error:
            assert "\n" not in str(error)
        else:
            assert image.mode == "L"


def test_the_size_is_asked_before_the_pixels_are_decoded(tmp_path):
    Image.new("1", (90, 90)).save(tmp_path / "small.png")
    content = (tmp_path / "small.png").read_bytes()
    for side in (9000, 30000):  # Pillow itself refuses the larger one
        name = b"IHDR" + side.to_bytes(4, "big") * 2 + content[24:29]
        crc = zlib.crc32(name).to_bytes(4, "big")
        (tmp_path / "a.png").write_bytes(content[:12] + name + crc + content[33:])
        with pytest.raises(ValueError, match="50 million"):
            read_image(tmp_path / "a.png")


def test_a_mask_is_its_alpha_and_may_count_from_zero_to_one(tmp_path):
    place = Frame((120, 90), (0, 0, 90, 90), 30)
    expected = bring_mask(Image.fromarray(INK), place)
    assert 0 < expected.mean() < 1
    for name in ("white-on-clear.png", "black-on-clear.png"):
        PICTURES[name].save(tmp_path / name)
        assert torch.equal(bring_mask(read_image(tmp_path / name), place), expected)
    assert torch.equal(bring_mask(Image.fromarray(INK // 255), place), expected)
    assert bring_mask(Image.new("L", (120, 90)), place).max() == 0


def test_a_photo_given_as_a_mask_is_told_apart():
    photo = Image.linear_gradient("L").resize((120, 90))
    with pytest.raises(ValueError, match=r"neither black nor white in 6\d% of its pixels"):
        bring_mask(photo, Frame((120, 90), (0, 0, 90, 90), 30))


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
    Image.new("LA", (40, 40), (77, 0)).save(tmp_path / "clear.png")
    with pytest.raises(ValueError, match="one flat grey"):
        bring(read_image(tmp_path / "clear.png"))
