"""A table tells rounding from a fault: how far two pictures are apart."""

import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ddpm import viz
from scripts.workshop.differences import Difference, describe, difference


def png(pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(file, "PNG")
    return file.getvalue()


def gif(frames, milliseconds=80) -> bytes:
    file = io.BytesIO()
    first, *rest = [Image.fromarray(np.asarray(frame, np.uint8)) for frame in frames]
    first.save(file, "GIF", save_all=True, append_images=rest, duration=milliseconds)
    return file.getvalue()


def svg(heights, image=None, label="y") -> bytes:
    plot, (axes,) = viz.plot()
    axes.plot([0, 1, 2], heights)
    if image is not None:
        axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    axes.set_ylim(0, 4)
    axes.set_ylabel(label)
    with tempfile.TemporaryDirectory() as folder:
        viz.write_svg(plot, file := Path(folder, "x.svg"))
        return file.read_bytes()


def test_pixels():
    old = np.full((10, 20), 100)
    new = old.copy()
    assert difference(png(old), png(new), "png") == Difference(0, 0, "pixels")
    new[3, 4], new[5, 6] = 97, 101
    assert difference(png(old), png(new), "png") == Difference(3, 2 / 200, "pixels")
    assert difference(png(new), png(old), "png") == Difference(3, 2 / 200, "pixels")
    assert difference(png(old), png(old.T), "png") is None


def test_all_frames_of_a_gif_count():
    old = np.zeros((3, 10, 10))
    old[1:, 0, 0] = 50, 90
    new = old.copy()
    new[2, 5, 5] = 17
    assert difference(gif(old), gif(new), "gif") == Difference(17, 1 / 300, "pixels")
    assert difference(gif(old), gif(old[:2]), "gif") is None
    assert describe({"x.gif": gif(old)}, {"x.gif": gif(old, 120)}) == "the same pixels"


def test_numbers_of_a_drawing():
    old = svg([1, 2, 3])
    assert difference(old, svg([1, 2, 3]), "svg") == Difference(0, 0, "numbers")
    near = difference(old, svg([1, 2.001, 3]), "svg")
    assert near is not None
    assert 0 < near.largest < 0.1
    assert 0 < near.share < 0.02
    far = difference(old, svg([1, 3, 3]), "svg")
    assert far is not None
    assert far.largest > 10
    assert difference(old, svg([1, 2, 3], label="z"), "svg") is None


def test_names_that_are_hashes_of_numbers_are_no_other_shape():
    """A clip path is named by a hash of its corners, so moving one renames it."""
    old = b'<path id="p1a2"/><g clip-path="url(#p1a2)" style="fill: #7b7f87" x="1.50"/>'
    new = b'<path id="pff9"/><g clip-path="url(#pff9)" style="fill: #7b7f87" x="-1e1"/>'
    assert difference(old, new, "svg") == Difference(11.5, 1.0, "numbers")
    assert difference(old, new.replace(b"#7b7f87", b"#7b7f88"), "svg") is None


def test_an_image_in_a_drawing_is_compared_by_its_pixels():
    image = np.full((4, 4), 100.0)
    other = image.copy()
    other[1, 1] = 103
    apart = difference(svg([1, 2, 3], image), svg([1, 2, 3], other), "svg")
    assert apart is not None
    assert apart.largest == 3


@pytest.mark.parametrize(
    ("apart", "words"),
    [
        (Difference(1, 0.00001, "pixels"), "up to 1 of 255 in less than 0.01% of the pixels"),
        (Difference(255, 0.25, "pixels"), "up to 255 of 255 in 25% of the pixels"),
        (Difference(0.00123, 0.5, "numbers"), "up to 0.0012 in 50% of the numbers"),
        (Difference(0, 0, "numbers"), "the same numbers"),
    ],
)
def test_the_words(apart, words):
    assert str(apart) == words


def test_files_of_a_figure_are_described_together():
    black, grey = png(np.zeros((2, 2))), png(np.full((2, 2), 9))
    before = {"a.gif": gif([np.zeros((2, 2))]), "a.still.png": black, "gone.png": black}
    assert describe(before, dict(before)) == ""
    assert describe(before, {"a.still.png": grey}) == "still: up to 9 of 255 in 100% of the pixels"
    assert describe({"a.png": black}, {"a.png": png(np.zeros((3, 3)))}) == "other shapes"
