"""Your own picture in the playground: the same 28x28 pixels as in Python, whatever its file."""

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from test_images import SEVEN, clear, coloured, palette, wide, written

from ddpm.images import bring, read_image

READ = """
async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const worker = new Worker("/live/ui/reading.js", { type: "module" });
    const answer = await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = reject;
        worker.postMessage(new Blob([bytes]));
    });
    worker.terminate();
    return answer.error ?? Array.from(answer.brought.image);
}
"""


def file_of(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(kind, rows, size, interlaced=0, depth=16, extra=()):
    """A PNG of a colour type, from the bytes of its filtered rows."""
    head = struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, interlaced)
    chunks = ((b"IHDR", head), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def lines(values):
    """Rows without a filter."""
    return b"".join(b"\0" + row.tobytes() for row in values)


def filtered(image):
    """Rows by PNG's five filters in turn (PNG specification, section 9)."""
    rows = np.asarray(image).astype(">u2").view(np.uint8).astype(int)
    a, b, c = (np.pad(rows, ((up, 0), (left, 0)))[: len(rows), : rows.shape[1]]
               for up, left in ((0, 2), (1, 0), (1, 2)))  # fmt: skip
    to_a, to_b, to_c = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    nearest = np.where(
        (to_a <= to_b) & (to_a <= to_c), a, np.where(to_b <= to_c, b, c)
    )  # as Paeth has it
    which = np.arange(len(rows)) % 5
    expected = np.choose(which[:, None], [0 * a, a, b, (a + b) // 2, nearest])
    return png(0, np.column_stack([which, rows - expected]).astype(np.uint8).tobytes(), image.size)


def interlaced(image):
    passes = "0088 4088 0448 2044 0224 1022 0112"  # x and y of the first pixel, and of the steps
    values = np.asarray(image).astype(">u2")
    places = [[int(digit) for digit in each] for each in passes.split()]
    rows = b"".join(lines(values[top::down, left::right]) for left, top, right, down in places)
    return png(0, rows, image.size, 1)


def colours_of_16_bits():
    values = np.random.default_rng(0).integers(0, 257, (220, 300, 3)).astype(">u2")
    return png(2, lines(values + 256 * np.asarray(photo()).astype(">u2") - 256), (300, 220))


def photo(size=(300, 220)):
    return written(size, (250, 240, 230), (30, 40, 90), mode="RGB")


def turned(kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    return file_of(photo().transpose(Image.Transpose.ROTATE_90), kind, exif=exif)


def dim():
    """Grey of 16 bits of which the lower eight say most, in uneven light."""
    light = np.linspace(500, 900, 300) + np.linspace(0, 90, 220)[:, None]
    return Image.fromarray(
        (light * (0.4 + 0.6 * np.asarray(photo().convert("L")) / 255)).astype(np.uint16)
    )


def moving():
    frames = [photo().quantize(16), Image.new("RGB", (300, 220), "white").quantize(16)]
    return file_of(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)


SMALL = np.arange(784).reshape(28, 28) % 256
"""Values of a picture of the network's size, which is no more than made grey."""

FILES = {
    "16 bits": lambda: file_of(wide(0, 65535, np.uint16)),
    "16 bits, dark": lambda: file_of(wide(100, 1100, np.uint16)),
    "16 bits, filtered": lambda: filtered(dim()),
    "16 bits, interlaced": lambda: interlaced(dim()),
    "16 bits, partly clear": lambda: file_of(wide(300, 9000, np.uint16), transparency=9000),
    "16 bits, of the network's size": lambda: file_of(
        Image.fromarray((80 * SMALL + 3).astype(np.uint16))
    ),
    "16 bits in colour": colours_of_16_bits,
    "16 bits in grey and alpha": lambda: png(
        4, lines(257 * np.asarray(clear((40, 40, 40)).convert("LA")).astype(">u2")), SEVEN.size
    ),
    "gamma": lambda: png(
        0, lines(SMALL.astype(np.uint8)), (28, 28), 0, 8, [(b"gAMA", struct.pack(">I", 100_000))]
    ),
    "palette": lambda: file_of(palette()),
    "palette, clear": lambda: file_of(clear((200, 30, 30)).quantize(16)),
    "palette, a clear colour": lambda: file_of(photo().quantize(8), transparency=0),
    "grey and alpha": lambda: file_of(clear((255, 255, 255)).convert("LA")),
    "white on clear white": lambda: file_of(clear((255, 255, 255), (255, 255, 255))),
    "black on clear": lambda: file_of(clear((0, 0, 0))),
    "red on green": lambda: file_of(coloured((0, 130, 0), (255, 0, 0))),
    "turned": lambda: turned("JPEG"),
    "turned PNG": lambda: turned("PNG"),
    "CMYK": lambda: file_of(photo().convert("CMYK"), "JPEG"),
    "large": lambda: file_of(photo((2400, 1800)), "JPEG"),
    "animation": moving,
}
"""Each kind of file that a reader may bring."""


@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
@pytest.mark.parametrize("name", FILES)
def test_a_file_becomes_the_same_pixels_as_in_python(live_base, visit, tmp_path, name):
    file = tmp_path / "me"
    file.write_bytes(FILES[name]())
    here = visit(live_base, "index.html")
    image = here.page.evaluate(READ, base64.b64encode(file.read_bytes()).decode())
    expected = bring(read_image(file))[0].flatten().numpy()
    assert expected.max() > 0.9
    assert np.abs(np.array(image) - expected).max() <= 1 / 255
    assert here.faults == []


REFUSED = {
    "This file is no picture that your browser can read; export it as PNG or JPEG": (
        lambda: file_of(SEVEN, "TIFF")
    ),
    "This picture has 9000 × 6000 pixels, and 50 million are the most.": (
        lambda: file_of(Image.new("1", (9000, 6000)))
    ),
    "This picture has 1x40 pixels: there is nothing in it.": lambda: file_of(SEVEN.resize((1, 40))),
    "The image is one flat grey: there is nothing to draw from.": (
        lambda: file_of(Image.new("L", (90, 90), 77))
    ),
    "This picture is damaged: its pixels cannot be unpacked.": lambda: filtered(dim())[:-400],
    "This picture is damaged, or too large": lambda: turned("JPEG")[:-900],
}
"""What cannot be read, by the sentence that says why."""


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(
    live_base, visit, tmp_path, sentence
):
    page, file = visit(live_base, "playground.html#draw").page, tmp_path / "me.png"
    choose, error = page.locator("input[type=file]"), page.locator(".live-error:not([hidden])")
    file.write_bytes(REFUSED[sentence]())
    choose.set_input_files(file)
    error.wait_for()
    assert error.inner_text().startswith(sentence)
    assert page.locator(".live-tools").get_by_role("button", name="Upload").is_visible()
    SEVEN.save(file)
    choose.set_input_files(file)
    page.locator(".live-stages:not([hidden])").wait_for()
    assert error.count() == 0
