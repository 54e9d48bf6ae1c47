"""The editing scripts once each on the bundled flagship, and what they say to bad input."""

import numpy as np
import pytest
import torch
from PIL import Image

import ddpm
from ddpm.techniques.anagrams import view
from scripts.anagram import as_matrix, through, turning
from scripts.hybrid import from_afar, from_near, receding
from scripts.inpaint import MASKS, replacement_mean, seam_error
from scripts.workshop.judge import judge

QUICK = ["--each", 2, "--steps", 3, "--seed", 1]


@pytest.fixture
def photo(tmp_path, digits):
    """A 7 on paper, large and dark on bright, and a mask over its lower half."""
    seven = digits.images[digits.labels == 7][0].numpy()
    large = Image.fromarray(255 - seven).resize((280, 280), Image.Resampling.BICUBIC)
    paper = Image.new("L", (420, 300), 250)
    paper.paste(large, (100, 10))
    paper.save(tmp_path / "me.jpg")
    mask = Image.new("L", (420, 300))
    mask.paste(255, (0, 150, 420, 300))
    mask.save(tmp_path / "mask.png")
    return tmp_path / "me.jpg", tmp_path / "mask.png"


def arrays(path):
    with np.load(path, allow_pickle=False) as content:
        return torch.from_numpy(content["images"]), content["labels"].tolist()


def test_inpaint_keeps_what_is_known(call, photo, tmp_path):
    image, mask = photo
    out, seen = tmp_path / "x.npz", tmp_path / "seen.png"
    options = ["--image", image, "--mask", mask, "--label", 7, "--show-input", seen, *QUICK]
    code, text, error = call("inpaint", *options, "--out", out)
    assert (code, error) == (0, "")
    assert "2 versions" in text
    images, labels = arrays(out)
    assert labels == [7, 7]
    assert torch.equal(images[0, :12], images[1, :12])
    assert (images[0, 18:] - images[1, 18:]).abs().max() > 0.01
    with Image.open(seen) as sheet:
        assert sheet.width > 3 * 28 * 6
    assert call("inpaint", *options, "--out", tmp_path / "x.png")[0] == 0


@pytest.mark.parametrize(("grey", "words"), [(0, "hides nothing"), (255, "hides all")])
def test_a_mask_of_one_colour_is_warned_of(call, photo, tmp_path, grey, words):
    Image.new("L", (420, 300), grey).save(tmp_path / "flat.png")
    options = ["--image", photo[0], "--mask", tmp_path / "flat.png", *QUICK]
    code, _, error = call("inpaint", *options, "--out", tmp_path / "x.png")
    assert code == 0
    assert error.startswith("warning: ")
    assert words in error


def test_sdedit_of_strength_0_is_the_picture_and_of_1_has_forgotten_it(call, photo, tmp_path):
    results = []
    for strength, image in ((0, photo[0]), (1, photo[0]), (1, None)):
        given = ["--image", image] if image else ["--picture", "spiral"]
        out = tmp_path / "x.npz"
        options = [*given, "--strength", strength, "--label", 3, *QUICK]
        assert call("sdedit", *options, "--out", out)[0] == 0
        results.append(arrays(out)[0])
    assert torch.equal(results[0][0], results[0][1])
    assert (results[1] - results[2]).abs().max() < 1e-5
    assert (results[0] - results[1]).abs().max() > 0.1


def test_denoise_shows_all_ways(call, tmp_path):
    out = tmp_path / "x.png"
    code, text, _ = call("denoise", "--t", 300, *QUICK, "--out", out)
    assert code == 0
    assert "2 noises of t = 300" in text
    with Image.open(out) as sheet:
        assert sheet.width > 5 * 28 * 3


def test_anagrams_turn(call, tmp_path):
    for ending in ("png", "npz", "gif"):
        out = tmp_path / f"x.{ending}"
        options = ["--candidates", 1, *QUICK, "--out", out]
        assert call("anagram", "--labels", 6, 9, *options)[0] == 0
    images, labels = arrays(tmp_path / "x.npz")
    model = ddpm.load("digits")
    expected = ddpm.draw_anagram(model, [6, 9], n=2, steps=3, seed=1)[:, 0]
    assert (images - expected).abs().max() < 1e-3
    assert labels == [6, 6]
    with Image.open(tmp_path / "x.gif") as gif:
        assert gif.n_frames > 20
    views = ["--view", "rotate_180", "negation"]
    code, text, _ = call("anagram", "--labels", 6, 9, 8, *views, *QUICK, "--out", out)
    assert code == 0
    assert "identity / rotate_180 / negation" in text


def test_the_surest_candidate_is_kept(call, tmp_path):
    out, views = tmp_path / "x.npz", ["identity", "rotate_180"]
    options = ["--candidates", 3, *QUICK, "--out", out]
    assert call("anagram", "--labels", 6, 9, *options)[0] == 0
    images, _ = arrays(out)
    drawn = ddpm.draw_anagram(ddpm.load("digits"), [6, 9], n=6, steps=3, seed=1)
    sure = [
        judge()(through(drawn, view(name))).softmax(1)[:, label].detach()
        for name, label in zip(views, (6, 9), strict=True)
    ]
    best = torch.minimum(*sure).reshape(2, 3).argmax(1)
    expected = drawn.reshape(2, 3, 28, 28)[torch.arange(2), best]
    assert (images - expected).abs().max() < 1e-3


def test_hybrids_are_canvases(call, tmp_path):
    for ending, across in (("npz", 2), ("png", 1), ("gif", 2)):
        out = tmp_path / f"x.{ending}"
        options = ["--far", 3, "--near", 8, "--across", across, *QUICK, "--out", out]
        assert call("hybrid", *options)[0] == 0
    assert arrays(tmp_path / "x.npz")[0].shape == (2, 56, 56)


BAD = {
    "no such image": ("inpaint", ["--image", "none.png"], "no image 'none.png'"),
    "no such mask": ("inpaint", ["--mask", "none.png"], "unknown mask 'none.png'"),
    "no such label": ("inpaint", ["--label", "12"], "give one label, not '12'"),
    "no repeats": ("inpaint", ["--repeats", "0"], "at least 1"),
    "strength": ("sdedit", ["--strength", "1.5"], "--strength must be within 0..1, not 1.5"),
    "ending": ("sdedit", ["--out", "x.gif"], "--out must end in"),
    "shown to": ("sdedit", ["--show-input", "x.jpg"], "--show-input must end in .png"),
    "none of each": ("denoise", ["--each", "0"], "--each must be at least 1"),
    "time": ("denoise", ["--t", "1001"], "--t must be within 1..1000"),
    "label for none": ("denoise", ["--model", "attention", "--label", "3"], "knows no labels"),
    "view twice": (
        "anagram",
        ["--labels", "6", "9", "8", "--view", "rotate_180", "rotate_180"],
        "'rotate_180' is given twice",
    ),
    "unknown view": ("anagram", ["--view", "sideways"], "unknown view 'sideways'"),
    "labels and views": ("anagram", ["--labels", "6", "9", "8"], "a view for each further label"),
    "sampler": ("anagram", ["--sampler", "nope"], "unknown sampler 'nope'"),
    "candidates": ("anagram", ["--candidates", "0"], "--candidates must be 1, or more"),
    "unlabelled": ("anagram", ["--model", "attention"], "knows no labels"),
    "far": ("hybrid", ["--far", "x"], "--labels takes digits"),
    "across": ("hybrid", ["--across", "0"], "1..8 tiles across"),
    "steps": ("hybrid", ["--steps", "0"], "steps must be within 1..1000"),
}


@pytest.mark.parametrize(("script", "arguments", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_exit_code_2(refusal, script, arguments, message):
    assert message in refusal(script, *arguments)


def test_a_mask_of_another_size_changes_nothing(call, photo, tmp_path):
    out = tmp_path / "x.png"
    out.write_bytes(b"mine")
    Image.new("L", (100, 300)).save(tmp_path / "other.png")
    options = ["--image", photo[0], "--mask", tmp_path / "other.png", "--out", out]
    code, _, error = call("inpaint", *options)
    assert code == 2
    assert "the mask has 100x300 pixels, the image 420x300" in error
    assert out.read_bytes() == b"mine"


def test_the_seam_is_measured_where_the_mask_ends():
    images = torch.zeros(1, 1, 28, 28)
    images[..., 14:, :] = 0.5
    assert float(seam_error(images, MASKS["bottom"])) == pytest.approx(0.5)
    assert float(seam_error(images, MASKS["left"])) == 0
    images[..., 20:, :] = 1  # inside of the mask
    assert float(seam_error(images, MASKS["bottom"])) == pytest.approx(0.5)


def test_replacement_is_biased_and_resampling_helps():
    once, often = (replacement_mean(repeats, count=2000) for repeats in (1, 5))
    assert once < often - 0.05 < 0.9


def test_a_matrix_of_half_the_pairs_is_completed():
    table = {str(a): {str(b): a + b / 100 for b in range(a, 10)} for a in range(10)}
    values = as_matrix(table)
    assert not values.isnan().any()
    assert torch.equal(values, values.T)
    assert float(values[7, 2]) == pytest.approx(2.07)


def test_turning_comes_back_and_shows_the_view_between():
    images = torch.rand(2, 1, 28, 28)
    frames = turning(images, view("rotate_180"))
    assert frames[0] == frames[-1]
    middle = turning(through(images, view("rotate_180")), view("rotate_180"))[0]
    assert middle in frames
    assert len({frame.size for frame in frames}) == 1
    assert len({frame.size for frame in receding(images)}) == 1


def test_readings_of_a_canvas(digits):
    tiles = digits.images[:4, None].float() / 255
    canvas = torch.cat([torch.cat([*tiles[:2]], 2), torch.cat([*tiles[2:]], 2)], 1)[None]
    near = from_near(canvas)
    assert near.shape == (4, 1, 28, 28)
    assert [int(near[k].flatten().argmax()) for k in range(4)] == [
        int(from_near(tiles[k : k + 1]).flatten().argmax()) for k in range(4)
    ]
    assert from_afar(canvas).shape == (1, 1, 28, 28)
