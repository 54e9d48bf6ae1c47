"""Every part of the library with images of other sizes and in colour.

A network that was never trained is enough: the techniques' identities hold for every network.
"""

import dataclasses
import json

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from safetensors import safe_open
from safetensors.torch import save_file

import ddpm
from ddpm import viz
from ddpm.checkpoints import Run
from ddpm.classifiers import load_classifier
from ddpm.data import Digits, Scaling, as_images, folder, split_off
from ddpm.drawings import drawing
from ddpm.histories import sample_history
from ddpm.images import bring, bring_mask, read_image, read_pictures, write_pictures
from ddpm.metrics import diversity, fid, nearest, psnr
from ddpm.model import Diffusion
from ddpm.recipes import ATTENTION, DIGITS, RECIPES, Recipe, Training
from ddpm.techniques.anagrams import draw_anagram
from ddpm.techniques.denoising import add_noise, denoise
from ddpm.techniques.hybrids import draw_hybrid
from ddpm.techniques.inpainting import inpaint
from ddpm.techniques.sdedit import sdedit
from ddpm.techniques.views import VIEWS, view
from ddpm.training import train

SHAPES = ((1, 28, 28), (3, 32, 32), (3, 64, 64))
LABELS = [3, 8, 1]
HOW = {"steps": 4, "seed": 5, "guidance": 2.0}


def recipe_for(shape, **changes):
    """The flagship with width 16, for images of this shape."""
    channels, size, _ = shape
    options = {"width": 16, "blocks": 1, "classes": 10}
    # With the cosine schedule's last beta, some samplers blow up what is not trained.
    small = dataclasses.replace(
        DIGITS, options=options, schedule="linear", betas=(1e-3, 0.2), T=100, **changes
    )
    return small.for_images(size, channels)


@pytest.fixture(scope="module", params=SHAPES, ids=lambda shape: "x".join(map(str, shape)))
def model(request):
    """Untrained, and with an answer that is not zero."""
    torch.manual_seed(0)
    recipe = recipe_for(request.param)
    network = recipe.make_network()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    network.head.weight.data *= 0.1
    return Diffusion(recipe, network)


@pytest.fixture
def shape(model):
    return model.recipe.scaling.image_shape


@pytest.fixture
def image(shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def plain(model):
    """What sampling gives; made once for each shape."""
    return model.sample(labels=LABELS, sampler="ancestral", **HOW)


def same(a, b):
    assert a.shape == b.shape
    assert ((a > 0) & (a < 1)).float().mean() > 0.3  # not equal for being cut off
    return bool((a - b).abs().max() < 1e-5)


def test_samples_have_the_shape_and_the_range_of_the_images(model, plain, shape):
    assert plain.shape == (3, *shape)
    assert plain.dtype == torch.float32
    assert 0 <= plain.min() < plain.max() <= 1
    # The channels are images of their own, not copies.
    assert all((plain[:, 0] - other).abs().max() > 0.1 for other in plain.unbind(1)[1:])


def test_a_saved_model_is_loaded_with_its_shape(model, shape, tmp_path):
    model.save(tmp_path / "a.safetensors")
    loaded = ddpm.load(tmp_path / "a.safetensors", "cpu")
    assert loaded.recipe == model.recipe
    assert loaded.recipe.scaling.image_shape == shape
    assert loaded.sample(labels=[3], steps=2).shape == (1, *shape)


def test_inpainting_all_is_sampling_and_known_pixels_stay(model, image, plain, shape):
    size = shape[1:]
    assert same(inpaint(model, image, torch.ones(size), LABELS, n=3, **HOW), plain)
    mask = torch.ones(size)
    mask[: size[0] // 2] = 0
    filled = inpaint(model, image, mask, LABELS, n=3, **HOW)
    assert ((filled - image)[..., mask == 0]).abs().max() < 1e-6
    assert not same(filled, plain)
    each = torch.stack([mask, 1 - mask, mask])
    turned = inpaint(model, image, each, LABELS, n=3, **HOW)
    assert same(turned[[0, 2]], filled[[0, 2]])
    assert ((turned[1] - image)[..., mask == 1]).abs().max() < 1e-6


def test_sdedit_goes_from_the_image_to_sampling(model, image, plain):
    assert (sdedit(model, image, 0.0, 3) - image).abs().max() < 1e-6
    how = {**HOW, "sampler": "ancestral"}
    assert same(sdedit(model, image, 1.0, LABELS, n=3, **how), plain)
    assert not same(sdedit(model, image, 0.6, LABELS, n=3, **how), plain)


def test_denoising_once_is_the_first_guess_and_at_time_0_the_image(model, image):
    noisy = add_noise(model, image, t=60, seed=2)
    with torch.no_grad():
        guess = model.schedule.x0_from_eps(noisy, 60, model.unlabelled(1)(noisy, 60))
    once = denoise(model, noisy, t=60, once=True)
    assert same(once, model.to_images(guess))
    clean = add_noise(model, image, t=0)
    assert (denoise(model, clean, t=0)[0] - image).abs().max() < 1e-6


def test_an_anagram_through_one_plain_view_is_sampling(model, plain):
    assert same(draw_anagram(model, [LABELS], ["identity"], n=3, **HOW), plain)


@pytest.mark.parametrize("name", [*list(VIEWS)[1:], "patches"])
def test_an_anagram_through_one_view_is_sampling_seen_through_it(model, name, monkeypatch):
    """Of its start as seen through it, that is; and two views give the mean of two estimates."""
    how = {"steps": 3, "seed": 5, "guidance": 1.0}
    through = view(name)
    drawn = draw_anagram(model, [3, 8], ["identity", name], n=2, sampler="ddim", **how)
    start = model.noise(2, seed=5)()
    fns = [model.eps_fn([label] * 2, 1.0) for label in (3, 8)]

    def eps_fn(x, t):
        return (fns[0](x, t) + through.undo(fns[1](through.apply(x), t))) / 2

    states = model.states(x=start, eps_fn=eps_fn, sampler="ddim", steps=3)
    assert same(drawn, model.last_images(states))
    alone = draw_anagram(model, [8], [name], n=2, sampler="ddim", **how)
    states = model.states(x=through.apply(start), eps_fn=fns[1], sampler="ddim", steps=3)
    last = list(states)[-1].x
    assert same(alone, model.to_images(through.undo(last)))


def test_a_hybrid_of_equal_labels_is_sampling(model, plain):
    assert same(draw_hybrid(model, LABELS, LABELS, n=3, across=1, **HOW), plain)
    assert not same(draw_hybrid(model, LABELS, [0, 0, 0], n=3, across=1, **HOW), plain)


def test_the_split_of_a_hybrid_grows_with_the_image(model, shape):
    """1.25 pixels of 28."""
    from ddpm.techniques.hybrids import gaussian

    how = {"n": 1, "across": 1, **HOW}
    sigma = 1.25 * shape[1] / 28
    given = draw_hybrid(model, 3, 8, blur=gaussian(sigma), **how)
    assert same(draw_hybrid(model, 3, 8, **how), given)
    assert not same(draw_hybrid(model, 3, 8, blur=gaussian(2 * sigma), **how), given)


def test_a_mosaic_is_a_larger_canvas_and_its_tiles_are_images(model, shape):
    channels, height, width = shape
    drawn = draw_hybrid(model, 3, [8, 1], n=2, across=2, steps=3)
    assert drawn.shape == (2, channels, 2 * height, 2 * width)
    assert 0 <= drawn.min() < drawn.max() <= 1
    # Where the far image has no say, a tile is the image that its own part of the noise gives.
    free = draw_hybrid(model, 3, 8, across=2, shares=(0, 0), sampler="ddim", **HOW)
    corner = model.noise(1, seed=5, size=2 * height)()[..., height:, :width]
    states = model.states(
        labels=[8], x=corner, sampler="ddim", steps=HOW["steps"], guidance=HOW["guidance"]
    )
    assert same(free[..., height:, :width], model.last_images(states))


def test_histories_grids_and_gifs(model, shape, tmp_path):
    path = model.path(4)
    images, history = sample_history(model, [3, 8], 2, 4, "ddim", seed=0, keep=set(path))
    assert images.shape == (4, *shape)
    assert [history[t].shape for t in path] == [(4, *shape)] * 5

    frames = [
        viz.title_bar(viz.sheet(viz.as_grid(history[t], 2), rows=["3", "8"], scale=1), f"t = {t}")
        for t in path
    ]
    assert {frame.mode for frame in frames} == {"L" if shape[0] == 1 else "RGB"}
    viz.write_png(frames[-1], tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as png:
        written = np.asarray(png)
    expected = (images[3] * 255).round().byte().numpy()
    expected = expected[0] if shape[0] == 1 else expected.transpose(1, 2, 0)
    height, width = shape[1:]
    assert (written[-height - 9 : -9, -width - 9 : -9] == expected).all()

    viz.write_gif(frames, tmp_path / "a.gif", levels=6)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == len(frames)
        gif.seek(gif.n_frames - 1)
        last = np.asarray(gif.convert(frames[-1].mode)).astype(float)
    # Six levels are 51 apart; a palette of 256 is not much coarser.
    assert abs(last - written).mean() < 20


def test_a_leading_picture_and_an_empty_cell(shape):
    images = torch.rand(5, *shape)
    lead = images[0, 0] if shape[0] == 1 else images[0]
    card = viz.lead_sheet({"input": lead}, images, across=3)
    assert card.mode == ("L" if shape[0] == 1 else "RGB")
    corner = card.getpixel((card.width - 10, card.height - 10))  # the sixth cell
    assert corner in (viz.CARD, (viz.CARD,) * 3)


def test_pictures_come_back_from_their_file(shape, tmp_path):
    images = (torch.rand(4, *shape) * 255).round() / 255
    write_pictures(tmp_path / "a.npz", {"one": images})
    assert torch.equal(read_pictures(tmp_path / "a.npz")["one"], images)


def test_measures_that_need_no_classifier(shape):
    images = torch.rand(5, *shape)
    assert psnr(images, images + 0.1).tolist() == pytest.approx([20] * 5, abs=0.01)
    distances, places = nearest(images[[3, 1]], images)
    assert places.tolist() == [3, 1]
    assert distances.max() < 0.05


def test_the_classifier_of_digits_refuses_other_images():
    images = torch.rand(1000, 3, 32, 32)
    classifier, labels = load_classifier(), torch.zeros(1000).long()
    for measure in (
        lambda: classifier.read(images),
        lambda: fid(images, images, classifier),
        lambda: diversity(images, labels, classifier),
    ):
        with pytest.raises(ValueError, match="takes images of 1x28x28, not 3x32x32"):
            measure()


def shapes_folder(root, count=12, size=80, mode="RGB"):
    """Two classes of coloured shapes, as files."""
    for name, draw in (("disc", "ellipse"), ("square", "rectangle")):
        (root / name).mkdir(parents=True)
        for k in range(count):
            image = Image.new("RGB", (size + k, size), (0, 0, 40))
            box = (20 + k, 20, 60 + k, 60)
            getattr(ImageDraw.Draw(image), draw)(box, (250 - 10 * k, 20 * k, 30))
            image.convert(mode).save(root / name / f"{k:02}.png")
    return root


@pytest.mark.parametrize("name", ["digits", "attention-class", "class", "resunet"])
def test_every_network_trains_on_a_folder_in_colour(name, tmp_path):
    digits, names = folder(shapes_folder(tmp_path / "shapes"), size=32, channels=3)
    assert digits.images.shape == (24, 3, 32, 32)
    assert digits.images.dtype == torch.uint8
    assert as_images(digits).shape == (24, 3, 32, 32)
    training, validation = split_off(digits)
    assert (len(training), len(validation)) == (22, 2)
    recipe = dataclasses.replace(
        RECIPES[name],
        options={**RECIPES[name].options, "width": 16},
        training=Training(epochs=1, batch=11),
    )
    run = Run.start(recipe.for_images(32, 3).for_classes(names))
    entries = [p.entry for p in train(run, training, validation) if p.entry]
    assert np.isfinite([entries[0][k] for k in ("train", "validation_averaged")]).all()
    run.save(tmp_path / "checkpoint.safetensors")
    Run.start(run.recipe).restore(tmp_path / "checkpoint.safetensors")
    drawn = Diffusion(run.recipe, run.averaged).sample(labels=[0, 1], steps=2)
    assert drawn.shape == (2, 3, 32, 32)


def test_a_folder_keeps_colours_and_the_middle(tmp_path):
    for name, colour in (("a", (255, 0, 0)), ("b", (0, 0, 255))):
        (tmp_path / name).mkdir()
        wide = Image.new("RGB", (192, 64), "white")
        wide.paste(colour, (64, 0, 128, 64))
        wide.save(tmp_path / name / "x.png")
    images = folder(tmp_path, 64, 3)[0].images
    assert images.is_contiguous()
    assert (
        images.amin((2, 3)).tolist() == images.amax((2, 3)).tolist() == [[255, 0, 0], [0, 0, 255]]
    )
    assert folder(tmp_path, 64)[0].images.shape == (2, 64, 64)


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_a_folder_of_colour_and_grey_is_refused_by_its_first_grey_file(mode, tmp_path):
    shapes_folder(tmp_path, count=3)
    for name in ("disc/02.png", "square/00.png"):
        Image.new(mode, (40, 40)).save(tmp_path / name)
    with pytest.raises(ValueError, match=r"disc/02\.png' is grey: with 3 channels"):
        folder(tmp_path, 32, 3)
    assert folder(tmp_path, 32)[0].images.shape == (6, 32, 32)


@pytest.mark.parametrize(("size", "channels"), [(0, 1), (32, 2), (32, 0)])
def test_a_folder_refuses_a_size_or_channels_that_are_none(size, channels, tmp_path):
    with pytest.raises(ValueError, match="1 or 3 channels and 1 pixel or more"):
        folder(shapes_folder(tmp_path, 2), size, channels)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_for_its_own_images_is_itself_and_others_fit_its_network(name):
    recipe = RECIPES[name]
    assert recipe.for_images(recipe.scaling.image, 1) == recipe
    other = recipe.for_images(64, 3)
    assert other.scaling.shape == other.scaling.image_shape == (3, 64, 64)
    assert Recipe.from_dict(json.loads(json.dumps(other.to_dict()))) == other
    small = dataclasses.replace(other, options={**other.options, "width": 16})
    x, t = torch.zeros(2, 3, 64, 64), torch.ones(2, dtype=torch.int64)
    assert small.ask(small.make_network(), x, t, 0 * t).shape == x.shape


def test_a_side_that_cannot_be_halved_is_refused_and_a_padding_recipe_pads():
    with pytest.raises(ValueError, match="of DigitsUNet must be a multiple of 4, not 30"):
        DIGITS.for_images(30, 3)
    with pytest.raises(ValueError, match="of UNet must be a multiple of 4, not 2"):
        RECIPES["class"].for_images(2)
    with pytest.raises(ValueError, match="of AttentionUNet must be a multiple of 8, not 28"):
        dataclasses.replace(ATTENTION, scaling=Scaling())
    for network in ("digits_unet", "unet", "resunet", "attention_unet"):
        with pytest.raises(ValueError, match=r"must be a multiple of \d, not 30"):
            ddpm.settings.NETWORKS[network](size=30)
        with pytest.raises(ValueError, match="1 channel or more, not 0"):
            ddpm.settings.NETWORKS[network](channels=0)
    assert ATTENTION.for_images(29, 3).scaling.border == (1, 2)
    assert ATTENTION.for_images(29, 3).scaling.shape == (3, 32, 32)


def test_images_with_an_uneven_border_come_back_and_masks_follow_them():
    model = Diffusion(
        dataclasses.replace(ATTENTION, options={"width": 4}, T=10, steps=3).for_images(29, 3)
    )
    image = torch.rand(3, 29, 29)
    x = model.recipe.scaling.to_network(image[None])
    assert x.shape == (1, 3, 32, 32)
    assert (model.to_images(x)[0] - image).abs().max() < 1e-6
    mask = (torch.rand(29, 29) > 0.5).float()
    filled = inpaint(model, image, mask)[0]
    assert ((filled - image)[:, mask == 0]).abs().max() < 1e-6
    assert ((filled - image)[:, mask == 1]).abs().max() > 0.1


def test_a_file_of_before_colour_is_loaded(tmp_path):
    """The headers of earlier files do not have the fields `image` and `channels`."""
    torch.manual_seed(0)
    model = Diffusion(recipe_for((1, 28, 28)))
    model.save(tmp_path / "new.safetensors")
    with safe_open(tmp_path / "new.safetensors", "pt") as file:
        header = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    recipe = json.loads(header["recipe"])
    assert recipe["scaling"].pop("image") == 28
    assert recipe["scaling"].pop("channels") == 1
    save_file(tensors, tmp_path / "old.safetensors", header | {"recipe": json.dumps(recipe)})
    assert ddpm.load(tmp_path / "old.safetensors").recipe == model.recipe


def test_a_file_whose_size_does_not_fit_is_refused(tmp_path):
    model = Diffusion(recipe_for((1, 28, 28)))
    model.save(tmp_path / "a.safetensors")
    with safe_open(tmp_path / "a.safetensors", "pt") as file:
        header = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for changes in ({"size": 30}, {"image": 32}, {"channels": 0}, {"channels": 3}, {"image": "a"}):
        recipe = json.loads(header["recipe"])
        recipe["scaling"] |= changes
        save_file(tensors, tmp_path / "b.safetensors", header | {"recipe": json.dumps(recipe)})
        with pytest.raises(ValueError, match="holds no weights for this package") as caught:
            ddpm.load(tmp_path / "b.safetensors")
        assert "\n" not in str(caught.value)


COLOUR = Scaling(64, image=64, channels=3)
BAD_IMAGES = {
    "channels last": torch.zeros(2, 64, 64, 3, dtype=torch.uint8),
    "no channels": torch.zeros(2, 64, 64),
    "grey": torch.zeros(2, 1, 64, 64),
    "small": torch.zeros(2, 3, 32, 32),
    "single": torch.zeros(3, 64, 64),
}


@pytest.mark.parametrize("images", BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_images_of_another_shape_are_refused(images, tmp_path):
    with pytest.raises(ValueError, match=r"images must be \(N, 3, 64, 64\), channels before"):
        COLOUR.to_network(images)
    run = Run.start(recipe_for((3, 64, 64)))
    digits = Digits(images, torch.zeros(len(images), dtype=torch.int64))
    with pytest.raises(ValueError, match=r"images must be \(N, 3, 64, 64\)"):
        next(train(run, digits, digits))


def test_bad_arguments_for_colour_images_are_named():
    model = Diffusion(recipe_for((3, 32, 32)))
    image, mask = torch.zeros(3, 32, 32), torch.ones(32, 32)
    for call, message in {
        lambda: sdedit(model, torch.zeros(32, 32), 0.5): "3x32x32 channels and pixels, not 32x32",
        lambda: sdedit(model, image.movedim(0, 2), 0.5): "3x32x32 .*, not 32x32x3",
        lambda: inpaint(model, image, mask[1:]): "31x32 pixels, not 32x32",
        lambda: inpaint(model, image, mask.expand(3, 32, 32)): "each of 1 images, not 3",
        lambda: denoise(model, torch.zeros(1, 1, 32, 32), 5): r"x must be \(1, 3, 32, 32\), not",
        lambda: viz.sheet(torch.zeros(1, 1, 2, 8, 8)): r"colour ones \(R, C, 3, H, W\)",
        lambda: viz.as_grid(torch.zeros(1, 2, 8, 8)): "1 or 3 channels, not 2",
        lambda: Scaling(28, image=32): "32 of 28",
        lambda: Scaling(channels=0): "one channel or more",
    }.items():
        with pytest.raises(ValueError, match=message):
            call()


def test_own_images_and_masks_of_any_size(tmp_path):
    photo = Image.new("RGB", (200, 100), "white")
    photo.paste((200, 30, 90), (50, 0, 150, 100))
    photo.save(tmp_path / "photo.png")
    colour = read_image(tmp_path / "photo.png", channels=3)
    for fit in ("ink", "crop"):  # cut out, and neither inverted nor stretched
        picture, place = bring(colour, fit, 64)
        assert picture.shape == (3, 64, 64)
        assert torch.allclose(picture.amin((1, 2)) * 255, torch.tensor([200.0, 30, 90]))
        assert torch.equal(picture.amin((1, 2)), picture.amax((1, 2)))
    mask = Image.new("L", (200, 100))
    mask.paste(255, (100, 0, 200, 100))
    new = bring_mask(mask, place)
    assert new.shape == (64, 64)
    assert new.sum(1).tolist() == [32] * 64
    padded, _ = bring(colour, "pad", 64)
    assert padded[:, 0].max() == 0  # what lies outside is black
    exact, _ = bring(colour.resize((64, 64)), "ink", 64)
    assert torch.equal((exact * 255).round().byte()[:, 0, 0], torch.tensor([255] * 3).byte())
    grey, _ = bring(read_image(tmp_path / "photo.png"), "ink", 32)
    assert grey.shape == (32, 32)
    assert drawing("house", 64).shape == (64, 64)
