"""Every command with models that the command `train` makes from folders of colour images."""

import dataclasses
import sys

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from ddpm import __main__ as program
from ddpm import recipes, viz
from ddpm.animations import receding, turned, turning
from ddpm.baselines import sharpest
from ddpm.classifiers import judges
from ddpm.commands.models import describe
from ddpm.data import Digits, Scaling, held_out
from ddpm.drawings import DRAWINGS, drawing
from ddpm.images import fit_grey, read_pictures
from ddpm.loading import load
from ddpm.masks import MASKS, named_masks
from ddpm.recipes import DENOISER, DIGITS
from ddpm.techniques.views import view
from ddpm.trainings import first_of_each

SIZES = (64, 32)
QUICK = ("--steps", 2)


def run(*arguments):
    """Calls `ddpm` as a shell would, and returns its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["ddpm", *map(str, arguments)])
        try:
            program.main()
        except SystemExit as stop:
            return int(stop.code or 0)
    return 0


@pytest.fixture
def ddpm(capsys):
    """Calls `ddpm`: (exit code, standard output, standard error)."""

    def call(*arguments):
        capsys.readouterr()
        code = run(*arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="module")
def small():
    """Makes `digits` and `denoiser` networks that train in a second."""
    with pytest.MonkeyPatch.context() as patch:
        options = {"width": 16, "blocks": 1, "classes": 10}
        tiny = dataclasses.replace(DIGITS, options=options, steps=3)
        patch.setitem(recipes.RECIPES, "digits", tiny)
        training = dataclasses.replace(DENOISER.training, epochs=1, show=(1,))
        options = {"width": 8, "time": False}
        tiny = dataclasses.replace(DENOISER, options=options, training=training)
        patch.setitem(recipes.RECIPES, "denoiser", tiny)
        yield


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """A folder of two classes of coloured shapes, of several sizes."""
    root = tmp_path_factory.mktemp("own") / "shapes"
    for name, draw in (("disc", "ellipse"), ("square", "rectangle")):
        (root / name).mkdir(parents=True)
        for k in range(5):
            image = Image.new("RGB", (80 + k, 80), (0, 0, 60))
            box = (20 + k, 20, 60 + k, 60)
            getattr(ImageDraw.Draw(image), draw)(box, (250 - 20 * k, 40 * k, 30))
            image.save(root / name / f"{k}.png")
    return root


@pytest.fixture(scope="module", params=SIZES)
def trained(request, small, shapes, tmp_path_factory):
    """The side and the weights of a model that the command trained for one step."""
    out = tmp_path_factory.mktemp("runs") / "colour.safetensors"
    options = ["--data", shapes, "--size", request.param, "--channels", 3, "--epochs", 1]
    assert run("train", "digits", *options, "--out", out) == 0
    return request.param, out


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A colour photo, red on the left and green on the right, and a mask over its lower half."""
    folder = tmp_path_factory.mktemp("photo")
    image = Image.new("RGB", (200, 120), (220, 30, 40))
    image.paste((20, 200, 60), (100, 0, 200, 120))
    image.save(folder / "me.png")
    mask = Image.new("L", (200, 120))
    mask.paste(255, (0, 60, 200, 120))
    mask.save(folder / "mask.png")
    image.convert("L").save(folder / "grey.png")
    return folder


def arrays(path):
    with np.load(path, allow_pickle=False) as file:
        return torch.from_numpy(file["images"]), file["labels"].tolist()


def cell(scale, side):
    """Width of a cell of a sheet, with its frame and gap."""
    return side * scale + 6


SCALE = {28: 3, 32: 3, 64: 1}


def check_sheet(path, side, across, down, label=0):
    """A colour sheet of so many cells; returns its pixels."""
    with Image.open(path) as sheet:
        assert sheet.mode == "RGB"
        width = across * cell(SCALE[side], side) + 8
        assert sheet.width >= width + label
        assert (sheet.width == width) == (label == 0)
        assert sheet.height >= down * cell(SCALE[side], side)
        pixels = np.asarray(sheet).astype(int)
    assert (pixels.max(2) - pixels.min(2)).max() > 60  # it has colours
    return pixels


def check_gif(path, frames):
    with Image.open(path) as gif:
        assert gif.n_frames == frames
        pixels = np.asarray(gif.convert("RGB")).astype(int)
        size = gif.size
    assert (pixels.max(2) - pixels.min(2)).max() > 60
    return size


def test_training_writes_a_model_of_the_images_shape(trained):
    side, path = trained
    recipe = load(path).recipe
    assert recipe.scaling.image_shape == (3, side, side)
    assert recipe.names == ("disc", "square")
    assert not judges(recipe)


def test_training_goes_on_with_its_own_size_only(trained, shapes, ddpm, tmp_path):
    side, path = trained
    before = path.read_bytes()
    options = ["--data", shapes, "--epochs", 2, "--out", path]
    for other in (["--size", side], ["--size", side + 4, "--channels", 3]):
        code, _, error = ddpm("train", "digits", *options, *other)
        assert code == 2
        assert "other settings" in error
    assert path.read_bytes() == before


def test_sample(trained, ddpm, tmp_path):
    side, path = trained
    options = ["--model", path, "--each", 2, *QUICK]
    for ending in ("png", "gif", "npz"):
        code, out, _ = ddpm("sample", *options, "--out", tmp_path / f"x.{ending}")
        assert code == 0
        assert "4 images, 2 steps each" in out
    images, labels = arrays(tmp_path / "x.npz")
    assert images.shape == (4, 3, side, side)
    assert images.dtype == torch.float32
    assert labels == [0, 0, 1, 1]
    drawn = load(path).sample(labels=labels, steps=2)
    assert (images - drawn).abs().max() < 1e-3
    pixels = check_sheet(tmp_path / "x.png", side, 2, 2, label=20)
    shown = SCALE[side] * side
    corner = pixels[-shown - 9 : -9, -shown - 9 : -9][:: SCALE[side], :: SCALE[side]]
    assert abs(corner - (images[3] * 255).round().numpy().transpose(1, 2, 0)).max() <= 1
    check_gif(tmp_path / "x.gif", 3)


def test_denoise(trained, ddpm, photo, tmp_path):
    side, path = trained
    options = ["--model", path, "--t", 600, "--each", 2, *QUICK]
    seen = ["--show-input", tmp_path / "seen.png"]
    image = ["--image", photo / "me.png"]
    assert ddpm("denoise", *options, *image, *seen, "--out", tmp_path / "x.png")[0] == 0
    check_sheet(tmp_path / "x.png", side, 5, 2)
    with Image.open(tmp_path / "seen.png") as sheet:
        colours = {colour for _, colour in sheet.getcolors(10_000)}
    assert {(220, 30, 40), (20, 200, 60)} <= colours
    assert ddpm("denoise", *options, "--out", tmp_path / "x.npz")[0] == 0
    images, labels = arrays(tmp_path / "x.npz")
    assert images.shape == (2, 3, side, side)
    assert labels == [-1, -1]


def test_sdedit(trained, ddpm, photo, tmp_path):
    side, path = trained
    options = ["--model", path, "--each", 2, *QUICK]
    image = ["--image", photo / "me.png"]
    code, _, _ = ddpm("sdedit", *options, *image, "--label", "disc", "--out", tmp_path / "x.png")
    assert code == 0
    check_sheet(tmp_path / "x.png", side, 3, 1)
    none = [*image, "--strength", 0, "--out", tmp_path / "x.npz"]
    assert ddpm("sdedit", *options, *none)[0] == 0
    images, _ = arrays(tmp_path / "x.npz")
    assert images.shape == (2, 3, side, side)
    assert (images[0, :, 0, 0] * 255).round().tolist() == [220, 30, 40]
    assert (images[0, :, 0, -1] * 255).round().tolist() == [20, 200, 60]
    assert ddpm("sdedit", *options, "--strength", 0, "--out", tmp_path / "x.npz")[0] == 0
    images, _ = arrays(tmp_path / "x.npz")
    assert (images[0] - drawing("house", side)).abs().max() < 1e-5


def test_a_grey_image_is_taken_as_it_is_by_a_colour_model(trained, ddpm, photo, tmp_path):
    _, path = trained
    options = ["--model", path, "--each", 1, *QUICK, "--strength", 0]
    grey = ["--image", photo / "grey.png", "--out", tmp_path / "x.npz"]
    assert ddpm("sdedit", *options, *grey)[0] == 0
    images, _ = arrays(tmp_path / "x.npz")
    with Image.open(photo / "grey.png") as image:
        left, right = image.getpixel((0, 0)), image.getpixel((199, 0))
    for channel in images[0]:
        assert (channel[0, [0, -1]] * 255).round().tolist() == [left, right]


def test_inpaint(trained, ddpm, photo, tmp_path):
    side, path = trained
    options = ["--model", path, "--each", 2, *QUICK]
    seen, out = tmp_path / "seen.png", tmp_path / "x.npz"
    own = ["--image", photo / "me.png", "--mask", photo / "mask.png", "--show-input", seen]
    code, _, error = ddpm("inpaint", *options, *own, "--label", "square", "--out", out)
    assert (code, error) == (0, "")
    images, labels = arrays(out)
    assert images.shape == (2, 3, side, side)
    assert labels == [1, 1]
    half = side // 2
    assert (images[0, :, :half, 0] * 255).round().T.unique(dim=0).tolist() == [[220, 30, 40]]
    assert (images[0, :, half:] - images[1, :, half:]).abs().max() > 0.01
    with Image.open(seen) as sheet:
        assert sheet.mode == "RGB"
        assert sheet.width > 3 * side
    assert ddpm("inpaint", *options, *own, "--out", tmp_path / "x.png")[0] == 0
    check_sheet(tmp_path / "x.png", side, 4, 1)
    for mask in MASKS:  # without an image, a digit in the model's size
        assert ddpm("inpaint", *options, "--mask", mask, "--out", out)[0] == 0
        known = (named_masks(side)[mask] == 0).expand(3, side, side)
        images, _ = arrays(out)
        seven = fit_grey(held_out(7), Scaling(side, image=side, channels=3))
        assert (images[1] - seven)[known].abs().max() < 1e-5


def test_anagram(trained, ddpm, tmp_path):
    side, path = trained
    options = ["--model", path, "--labels", "disc", "square", "--each", 2, *QUICK]
    for ending in ("png", "gif", "npz"):
        assert ddpm("anagram", *options, "--out", tmp_path / f"x.{ending}")[0] == 0
    check_sheet(tmp_path / "x.png", side, 2, 2, label=20)
    images, labels = arrays(tmp_path / "x.npz")
    assert images.shape == (2, 3, side, side)
    assert labels == [0, 0]
    with Image.open(tmp_path / "x.gif") as gif:
        assert gif.n_frames > 10
    check_gif(tmp_path / "x.gif", gif.n_frames)
    mirrored = ["--view", "flip_vertical", "--out", tmp_path / "mirrored.gif"]
    assert ddpm("anagram", *options, *mirrored)[0] == 0
    code, _, error = ddpm("anagram", *options, "--candidates", 2, "--out", tmp_path / "y.png")
    assert code == 2
    assert "--candidates must be 1, or more for a model of digits of 28x28, not 2" in error
    assert not (tmp_path / "y.png").exists()


@pytest.mark.parametrize("across", [1, 4])
def test_hybrid(trained, ddpm, tmp_path, across):
    side, path = trained
    options = ["--model", path, "--far", "disc", "--near", "square", "--each", 1]
    options += ["--across", across, *QUICK]
    for ending in ("png", "gif", "npz"):
        assert ddpm("hybrid", *options, "--out", tmp_path / f"x.{ending}")[0] == 0
    canvas = side * across
    images, labels = arrays(tmp_path / "x.npz")
    assert images.shape == (1, 3, canvas, canvas)
    assert labels == [0]
    with Image.open(tmp_path / "x.png") as sheet:
        assert sheet.mode == "RGB"
        assert sheet.width == cell(SCALE[side] if across == 1 else 1, canvas) + 8
    with Image.open(tmp_path / "x.gif") as gif:
        frames = gif.n_frames
    width, height = check_gif(tmp_path / "x.gif", frames)
    assert frames > 20
    assert canvas <= width == height <= max(3 * 28 * 3, 2 * canvas) + 14


def test_models_shows_the_shape_of_the_images(trained):
    side, path = trained
    row = describe("digits", load(path), {})
    assert row["makes"] == f"3x{side}x{side}, 2 labels"


def test_a_denoiser_keeps_its_own_images(small, shapes, ddpm, tmp_path):
    out = tmp_path / "clean.safetensors"
    options = ["--data", shapes, "--size", 32, "--channels", 3, "--out", out]
    assert ddpm("train", "denoiser", *options)[0] == 0
    assert read_pictures(out.with_suffix(".npz"))["1"].shape == (2, 3, 32, 32)
    assert ddpm("denoise", "--model", out, "--t", 1, "--out", tmp_path / "x.png")[0] == 0


def test_the_first_of_each_class_is_found():
    digits = Digits(torch.arange(5)[:, None, None].byte(), torch.tensor([1, 0, 1, 4, 0]))
    assert first_of_each(digits).images.flatten().tolist() == [1, 0, 3]


BAD = {
    "unknown option": ("train digits --data {shapes} --sise 64", "perhaps you meant --size"),
    "size and classes": ("sample --size 64", "Unrecognized options: --size"),
    "cannot be halved": ("train digits --data {shapes} --size 30", "multiple of 4, not 30"),
    "too small": ("train digits --data {shapes} --size 2", "multiple of 4, not 2"),
    "no size": ("train digits --data {shapes} --size 0", "--size must be at least 1, not 0"),
    "negative": ("train digits --data {shapes} --size -4", "--size must be at least 1, not -4"),
    "no number": ("train digits --data {shapes} --size big", "Error parsing --size"),
    "two channels": ("train digits --data {shapes} --channels 2", "invalid choice '2'"),
    "grey among colour": ("train digits --data {mixed} --channels 3", "is grey: with 3 channels"),
    "size of mnist": ("train digits --size 32", "are for a folder of your own images"),
    "no size of mnist": ("train digits --size 0", "are for a folder of your own images"),
    "channels of bundled": ("train digits --data bundled --channels 1", "are for a folder"),
    "unknown name": ("sample --model {model} --labels 3", "names out of disc, square, not '3'"),
    "default labels": ("anagram --model {model}", "names out of disc, square, not '6'"),
    "unknown label": ("hybrid --model {model}", "names out of disc, square, not '3'"),
    "another mask size": (
        "inpaint --model {model} --image {photo}/me.png --mask {other}",
        "the mask has 64x64 pixels, the image 200x120",
    ),
    "a mask of no image": ("inpaint --model {model} --mask {photo}/mask.png", "unknown mask"),
    "no such image": ("sdedit --model {model} --image none.png", "no image 'none.png'"),
    "no image": ("denoise --model {model} --image {shapes}", "no image"),
    "time": ("denoise --model {model} --t 1001", "--t must be within 1..1000"),
    "gif of sdedit": ("sdedit --model {model} --out x.gif", "--out must end in .png, .npz"),
}


@pytest.mark.parametrize("trained", [32], indirect=True)
@pytest.mark.parametrize(("words", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_writes_nothing(
    trained, words, message, shapes, photo, ddpm, tmp_path, monkeypatch
):
    given, empty = tmp_path / "given", tmp_path / "empty"
    for folder in (given, given / "mixed/a", given / "mixed/b", empty):
        folder.mkdir(parents=True)
    for name, mode in (("a/0", "RGB"), ("a/1", "RGB"), ("b/0", "RGB"), ("b/1", "L")):
        Image.new(mode, (40, 40)).save(given / f"mixed/{name}.png")
    Image.new("L", (64, 64)).save(given / "other.png")
    paths = {"mixed": given / "mixed", "other": given / "other.png"}
    paths |= {"shapes": shapes, "photo": photo, "model": trained[1]}
    monkeypatch.chdir(empty)
    code, out, error = ddpm(*[word.format(**paths) for word in words.split()])
    assert (code, out) == (2, "")
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert list(empty.iterdir()) == []


def test_masks_are_the_same_shapes_in_every_size():
    share = {name: float(mask.mean()) for name, mask in MASKS.items()}
    for size in (32, 64, 100):
        masks = named_masks(size)
        assert masks.keys() == MASKS.keys()
        for name, mask in masks.items():
            assert mask.shape == (size, size)
            assert set(mask.unique().tolist()) == {0, 1}
            assert float(mask.mean()) == pytest.approx(share[name], abs=0.03)
    wide = MASKS["freehand"].repeat_interleave(3, 0).repeat_interleave(3, 1)
    assert (named_masks(84)["freehand"] - wide).abs().mean() < 0.05


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings_have_the_same_ink_in_every_size(name):
    ink = float(drawing(name).mean())
    for size in (32, 64, 256):
        picture = drawing(name, size)
        assert picture.shape == (size, size)
        assert float(picture.mean()) == pytest.approx(ink, rel=0.05)  # a pen has whole pixels


def test_a_digit_in_another_size_and_in_colour():
    seven = held_out(7)
    assert fit_grey(seven, Scaling()) is seven
    large = fit_grey(seven, Scaling(64, image=64, channels=3))
    assert large.shape == (3, 64, 64)
    assert torch.equal(large[0], large[2])
    assert 0 <= large.min() < 0.1 < 0.8 < large.max() <= 1
    assert float(large.mean()) == pytest.approx(float(seven.mean()), rel=0.05)


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 32, 32), (3, 64, 64), (3, 200, 200)])
def test_animations_keep_colours_and_a_size_for_screens(shape):
    images = torch.rand(2, *shape)
    mode = "L" if shape[0] == 1 else "RGB"
    upright = turned(images, 0)
    assert upright.mode == mode
    scale = viz.scale_for(shape[1], 112)
    first = np.asarray(upright)[5 : 5 + shape[1] * scale : scale, 5 : 5 + shape[1] * scale : scale]
    expected = (images[0] * 255).byte().movedim(0, 2).numpy().reshape(first.shape)
    assert abs(first.astype(int) - expected).max() == 0
    upside_down = np.asarray(turned(images.flip(2, 3), 180)).astype(int)
    assert abs(upside_down - np.asarray(upright)).max() == 0
    for frames in (receding(images), turning(images, view("flip_vertical"))):
        assert {frame.mode for frame in frames} == {mode}
        assert len({frame.size for frame in frames}) == 1
        assert frames[0].width <= 2 * max(224, shape[1] + 6) + 20


def test_the_best_blur_grows_with_the_noise(trained):
    side, path = trained
    model = load(path)
    house = fit_grey(drawing("house", side), model.recipe.scaling)[None]
    sigmas = [sharpest(model, house, t) for t in (1, 300, 700)]
    assert 0 <= sigmas[0] < sigmas[1] < sigmas[2] <= side * 8 / 28
