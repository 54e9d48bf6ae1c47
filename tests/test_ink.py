"""One and the same digit as people have it, and what a network is shown of it."""

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from ddpm.images import bring
from ddpm.ink import find_ink, rectangularity

SIDE = 480
STROKES = {
    "7": [[(150, 130), (330, 130), (215, 370)]],
    "4": [[(270, 110), (150, 280), (340, 280)], [(275, 200), (275, 375)]],
    "0": [
        [(240, 110), (310, 150), (330, 240), (310, 330), (240, 370)],
        [(240, 370), (170, 330), (150, 240), (170, 150), (240, 110)],
    ],
}


def drawn(digit="7", pen=30, paper=235, ink=30, side=SIDE):
    """A digit on paper, (side, side) in 0..255, drawn at twice the size for smooth edges."""
    large = Image.new("L", (2 * side, 2 * side), paper)
    draw = ImageDraw.Draw(large)
    scale = 2 * side / SIDE
    for stroke in STROKES[digit]:
        points = [(x * scale, y * scale) for x, y in stroke]
        draw.line(points, ink, round(pen * scale), joint="curve")
        for x, y in points:
            r = pen * scale / 2
            draw.ellipse((x - r, y - r, x + r, y + r), ink)
    return np.asarray(large.resize((side, side), Image.Resampling.BOX), np.float32)


def seen(pixels):
    return bring(Image.fromarray(np.clip(pixels, 0, 255).round().astype(np.uint8)))[0].numpy()


def painted(pixels, paint):
    image = Image.fromarray(pixels.astype(np.uint8))
    paint(ImageDraw.Draw(image))
    return np.asarray(image, np.float32)


def rectangle(*box, level):
    return lambda x: painted(x, lambda d: d.rectangle(box, level))


def disc(x, y, r, level):
    return lambda p: painted(p, lambda d: d.ellipse((x - r, y - r, x + r, y + r), level))


def outlined(*box, level, width):
    return lambda x: painted(x, lambda d: d.rectangle(box, outline=level, width=width))


def lines(*boxes, level, width):
    """Lines of a level that ink covers."""

    def draw(d):
        for box in boxes:
            d.line(box, level, width)

    return lambda p: np.minimum(p, painted(np.full_like(p, 255), draw))


def noise(level, share=None):
    def add(x):
        rng = np.random.default_rng(0)
        if share is None:
            return x + level * rng.standard_normal(x.shape)
        return np.where(rng.random(x.shape) < share, rng.integers(0, 2, x.shape) * 255, x)

    return add


def cropped(x, margin):
    rows, columns = np.nonzero(x < 128)
    top, left = rows.min() - margin, columns.min() - margin
    return x[top : rows.max() + margin + 1, left : columns.max() + margin + 1]


Y, X = np.mgrid[:SIDE, :SIDE] / SIDE


def light(shade):
    return lambda x: x * shade


def on_desk(border, level=50, sides="all"):
    wide = border if sides == "all" else 0
    return lambda x: np.pad(x, ((wide, wide), (border, wide)), constant_values=level)


def crooked(x):
    corners = [(40, 20), (470, 60), (430, 470), (5, 430)]
    page = painted(np.zeros_like(x), lambda d: d.polygon(corners, 1))
    return np.where(page, x, 50)


def jpeg(quality):
    def there_and_back(x):
        file = io.BytesIO()
        Image.fromarray(x.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file), np.float32)

    return there_and_back


def blurred(x):
    return ndimage.gaussian_filter(x, 2)


def after(*changes):
    def change(x):
        for one in changes:
            x = one(x)
        return x

    return change


SPECKS = [(x, y, x + 3, y + 3) for x in range(15, 480, 60) for y in (20, 60, 400, 430, 460)]
HARD_SHADOW = np.where(X + 0.5 * Y > 0.8, 0.6, 1)
HOLES = after(disc(30, 100, 16, 20), disc(30, 380, 16, 20))
ROWS = [(0, y, SIDE, y) for y in range(40, SIDE, 60)]
RULED = lines(*ROWS, level=150, width=3)
COLUMNS = lines(*[(x, 0, x, SIDE) for x in range(20, SIDE, 60)], level=150, width=3)
CHANGES = {
    "one grey pixel in a corner": rectangle(0, 0, 0, 0, level=120),
    "one black pixel in a corner": rectangle(SIDE - 1, 0, SIDE - 1, 0, level=0),
    "a speck": rectangle(20, 20, 26, 26, level=0),
    "a speck near the digit": rectangle(345, 200, 352, 207, level=0),
    "a grey speck": rectangle(440, 430, 452, 442, level=120),
    "a white speck": rectangle(60, 400, 68, 408, level=255),
    "forty specks": after(*(rectangle(*at, level=0) for at in SPECKS)),
    "a hair": lines((20, 300, 60, 460), level=40, width=2),
    "punched holes": HOLES,
    "white holes in grey paper": after(
        lambda x: x * 0.7, disc(30, 100, 16, 255), disc(30, 380, 16, 255)
    ),
    "a large hole": disc(45, 240, 28, 0),
    "a frame on the border": outlined(0, 0, 479, 479, level=0, width=8),
    "a thick frame on the border": outlined(0, 0, 479, 479, level=20, width=40),
    "a frame inside": outlined(15, 15, 464, 464, level=30, width=5),
    "a thick frame inside": outlined(15, 15, 464, 464, level=30, width=20),
    "a small frame": outlined(80, 60, 400, 420, level=30, width=6),
    "pale ruled lines": RULED,
    "dark ruled lines": lines(*ROWS, level=60, width=3),
    "one dark line across": lines((0, 250, SIDE, 250), level=30, width=4),
    "a tilted line": lines((0, 248, SIDE, 256), level=30, width=4),
    "a margin": lines((60, 0, 60, SIDE), level=90, width=3),
    "squared paper": after(RULED, COLUMNS),
    "an underline": lines((100, 440, 380, 440), level=30, width=6),
    "a gradient to the right": light(1 - 0.5 * X),
    "a gradient downwards": light(0.45 + 0.55 * Y),
    "a gradient to a corner": light(1 - 0.35 * X - 0.25 * Y),
    "a gradient of the paper alone": lambda x: np.minimum(x, 255 - 120 * X),
    "dark corners": light(1 - 0.8 * ((X - 0.5) ** 2 + (Y - 0.5) ** 2)),
    "a lamp": light(0.5 + 0.5 * np.exp(-((X - 0.2) ** 2 + (Y - 0.3) ** 2) / 0.2)),
    "a soft shadow": light(1 - 0.4 * ndimage.gaussian_filter((X + Y > 1.1).astype(float), 25)),
    "a hard shadow": light(HARD_SHADOW),
    "a shadow of a hand": light(np.where((X - 1) ** 2 + (Y - 1) ** 2 < 0.3, 0.6, 1)),
    "a shadow of a pencil": light(np.where(np.abs(X - 0.9) < 0.03, 0.65, 1)),
    "a band of shadow across": light(np.where(np.abs(Y - 0.6) < 0.08, 0.65, 1)),
    "the edge of a desk": rectangle(0, 0, 40, 479, level=40),
    "a corner of a desk": lambda x: painted(
        x, lambda d: d.polygon([(0, 0), (120, 0), (0, 160)], 40)
    ),
    "a black side": rectangle(400, 0, 479, 479, level=0),
    "on a dark desk": on_desk(120),
    "on a large dark desk": on_desk(300),
    "a crooked page": crooked,
    "on a desk to the left": on_desk(100, sides="left"),
    "grain": noise(8),
    "much grain": noise(16),
    "salt and pepper": noise(0, share=0.004),
    "a bad JPEG": jpeg(15),
    "out of focus": blurred,
    "faint ink": lambda x: 235 - (235 - x) * 0.3,
    "very faint ink": lambda x: 250 - (235 - x) * 0.1,
    "faint ink and a black speck": after(lambda x: 235 - (235 - x) * 0.3, disc(60, 60, 6, 0)),
    "grey paper": lambda x: x * 0.5,
    "chalk": lambda x: 255 - x,
    "chalk with specks": after(lambda x: 255 - x, disc(50, 50, 5, 255), disc(430, 60, 5, 255)),
    "chalk in a gradient": after(lambda x: 255 - x, lambda x: x + 60 * X),
    "chalk on a board on a wall": after(lambda x: 255 - x, on_desk(150, level=220)),
    "half the size": lambda x: x.reshape(240, 2, 240, 2).mean((1, 3)),
    "four times the size": lambda x: np.kron(x, np.ones((4, 4))),
    "a wide margin": lambda x: np.pad(x, 480, mode="edge"),
    "a small margin": lambda x: cropped(x, 12),
    "no margin": lambda x: cropped(x, 0),
    "to one side": lambda x: np.pad(x, ((0, 200), (500, 0)), mode="edge"),
    "shadow, holes, lines and grain": after(HOLES, RULED, light(HARD_SHADOW), noise(4), jpeg(60)),
    "desk, gradient and specks": after(
        rectangle(0, 0, 40, 479, level=40), disc(420, 80, 5, 0), light(1 - 0.4 * Y), noise(4)
    ),
}


COMBINATIONS = [("7", 30), ("4", 30), ("0", 30), ("7", 50), ("4", 50), ("0", 50), ("7", 16)]


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_around_a_digit_does_not_matter(name):
    digit, pen = COMBINATIONS[list(CHANGES).index(name) % len(COMBINATIONS)]
    clean = seen(drawn(digit, pen))
    assert np.abs(seen(CHANGES[name](drawn(digit, pen))) - clean).sum() < 0.1 * clean.sum()


def test_another_digit_is_another_picture():
    seven, four = seen(drawn("7")), seen(drawn("4"))
    assert np.abs(seven - four).sum() > 0.5 * seven.sum()


def test_a_second_digit_stays_and_dirt_beside_it_goes():
    both = np.hstack([drawn("7"), drawn("4")])
    dirty = rectangle(10, 10, 20, 20, level=0)(both)
    ink = find_ink(both / 255)
    assert ink[:, :SIDE].sum() == pytest.approx(find_ink(drawn("7") / 255).sum(), rel=0.02)
    assert ink[:, SIDE:].sum() == pytest.approx(find_ink(drawn("4") / 255).sum(), rel=0.02)
    assert np.abs(find_ink(dirty / 255) - ink).sum() < 0.01 * ink.sum()


@pytest.mark.parametrize("shape", [(2, 20000), (8, 60000), (20000, 2), (2, 2), (3, 29), (28, 5)])
def test_strips_and_tiny_images_take_little_memory(shape):
    pixels = np.full(shape, 255, np.uint8)
    pixels[:, shape[1] // 3 : shape[1] // 2] = 0
    tracemalloc.start()
    picture, _ = bring(Image.fromarray(pixels))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert picture.shape == (28, 28)
    assert np.isfinite(picture.numpy()).all()
    assert peak < 200e6


def test_rectangles_at_any_angle_are_told_from_round_shapes():
    page = Image.new("L", (200, 200))
    page.paste(255, (50, 30, 150, 170))
    for angle in (0, 10, 45):
        assert rectangularity(np.asarray(page.rotate(angle)) > 128) > 0.9
    y, x = np.mgrid[:200, :200] - 100
    assert rectangularity(x**2 + y**2 < 80**2) < 0.82
