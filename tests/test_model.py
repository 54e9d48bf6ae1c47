import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import ddpm
from ddpm.model import Diffusion
from ddpm.recipes import RECIPES, Recipe


@pytest.fixture
def model(tiny):
    torch.manual_seed(0)
    return Diffusion(tiny)


@pytest.fixture
def file(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("name", ["attention", "attention-class"])
def test_the_bundled_models_draw_images(name):
    model = ddpm.load(name)
    labels = [3] * 8 if model.recipe.classes else None
    images = model.sample(8, labels=labels, steps=2, seed=0)
    assert images.shape == (8, 1, 28, 28)
    assert images.dtype == torch.float32
    assert images.min() >= 0
    assert images.max() <= 1
    assert len(model.header["how"]["command"]) > 0
    assert model.header["last"]["epoch"] == model.recipe.training.epochs


@pytest.mark.parametrize("name", ["attention", "attention-class"])
@pytest.mark.parametrize("weights", ["raw", "averaged"])
def test_both_sets_of_weights_name_the_noise_of_held_out_digits(name, weights):
    """A mean squared error of 1 is what guessing zero gives."""
    model = ddpm.load(name, "cpu", weights)
    digits = ddpm.bundled()[::100]
    x0 = model.recipe.scaling.to_network(digits.images)
    eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
    labels = digits.labels if model.recipe.classes else None
    with torch.no_grad():
        estimate = model.eps_fn(labels)(model.schedule.add_noise(x0, 300, eps), 300)
    assert float((estimate - eps).square().mean()) < 0.03


def test_the_same_seed_is_the_same_image_alone_and_in_any_batch(model):
    labels = [0, 1, 2, 3, 4]
    together = model.sample(labels=labels, seed=7)
    for batch in (1, 2, 3):
        assert (model.sample(labels=labels, seed=7, batch=batch) - together).abs().max() < 1e-3
    alone = model.sample(labels=[3], seed=7, first=3)
    assert (alone[0] - together[3]).abs().max() < 1e-3
    assert (model.sample(labels=labels, seed=8) - together).abs().max() > 0.1


def test_all_samplers_work_at_strides_that_do_not_divide(model):
    for sampler in ddpm.SAMPLERS:
        images = model.sample(labels=[1, 2], sampler=sampler, steps=7)
        assert images.isfinite().all()


def test_states_start_where_told(model):
    x = torch.zeros(2, 1, 32, 32)
    states = list(model.states(labels=[1, 2], x=x, path=(10, 5, 0), sampler="ddim"))
    assert [state.t for state in states] == [10, 5, 0]
    assert torch.equal(states[0].x, x)


@pytest.mark.parametrize("clip", [False, True])
def test_predictions_are_clamped_to_the_range_of_images_if_asked(model, clip):
    def far(x, t):
        return 0.1 * x  # which leaves the guess as large as the noise

    states = [*model.states(2, steps=5, eps_fn=far, clip=clip)]
    within = [bool((state.x0.abs() <= 1).all()) for state in states]
    assert all(within) if clip else not any(within)


def test_the_clamp_is_off_by_default(model):
    images = {clip: model.sample(labels=[1, 2], steps=5, clip=clip) for clip in (False, True)}
    assert torch.equal(model.sample(labels=[1, 2], steps=5), images[False])
    assert (images[True] - images[False]).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [10]}, "0..9, not 10"),
        ({"labels": [-1]}, "0..9, not -1"),
        ({"labels": []}, "at least 1"),
        ({"n": 2}, "give labels"),
        ({"n": 3, "labels": [1]}, "one number of images"),
        ({"labels": [1], "steps": 0}, "1..200, not 0"),
        ({"labels": [1], "steps": 201}, "1..200, not 201"),
        ({"labels": [1], "sampler": "euler"}, "unknown sampler 'euler'"),
        ({"labels": [1], "seed": -1}, "seed"),
        ({"labels": [1], "seed": 5000}, "seed"),
    ],
)
def test_bad_arguments_are_named(model, arguments, message):
    with pytest.raises(ValueError, match=message):
        model.sample(**arguments)


def test_labels_for_a_model_without_are_refused():
    model = Diffusion(RECIPES["attention"])
    with pytest.raises(ValueError, match="knows no labels"):
        model.sample(labels=[1], steps=1)


def test_a_saved_model_is_the_same_up_to_half_precision(model, file):
    loaded = ddpm.load(file)
    assert loaded.recipe == model.recipe
    for ours, theirs in zip(model.network.parameters(), loaded.network.parameters(), strict=True):
        assert theirs.dtype == torch.float32
        assert (ours - theirs).abs().max() <= 5e-4 * ours.abs().max()


def test_a_file_with_both_sets_gives_the_one_asked_for(model, tiny, tmp_path):
    path = tmp_path / "both.safetensors"
    model.save(path, {"raw": tiny.make_network()})
    raw, averaged = (ddpm.load(path, weights=name) for name in ("raw", "averaged"))
    assert not torch.equal(raw.network.head.weight, averaged.network.head.weight)
    assert torch.equal(ddpm.load(path).network.head.weight, averaged.network.head.weight)


def damaged(file, tmp_path, kind):
    with safe_open(file, "pt") as f:
        header = f.metadata()
        tensors = {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118
    path = tmp_path / f"{kind}.safetensors"
    if kind == "truncated":
        path.write_bytes(file.read_bytes()[:5000])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("not weights\n" * 100)
    elif kind == "foreign":
        save_file(tensors, path)
    elif kind == "other network":
        recipe = json.loads(header["recipe"])
        recipe["options"]["width"] = 8
        save_file(tensors, path, header | {"recipe": json.dumps(recipe)})
    elif kind == "unknown network":
        recipe = json.loads(header["recipe"]) | {"network": "transformer"}
        save_file(tensors, path, header | {"recipe": json.dumps(recipe)})
    elif kind == "no header":
        save_file(tensors, path, {"format": header["format"]})
    return path


@pytest.mark.parametrize(
    "kind",
    ["truncated", "empty", "text", "foreign", "other network", "unknown network", "no header"],
)
def test_a_file_that_holds_no_weights_for_us_is_refused_in_one_line(file, tmp_path, kind):
    path = damaged(file, tmp_path, kind)
    with pytest.raises(ValueError, match="holds no weights for this package") as caught:
        ddpm.load(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_unknown_model_lists_the_known():
    with pytest.raises(ValueError, match="attention-class"):
        ddpm.load("no-such-model")


def test_a_set_that_the_file_lacks_is_refused(file):
    with pytest.raises(ValueError, match="holds no weights"):
        ddpm.load(file, weights="raw")
    with pytest.raises(ValueError, match="unknown weights"):
        ddpm.load(file, weights="best")


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_survive_a_header(name):
    assert Recipe.from_dict(json.loads(json.dumps(RECIPES[name].to_dict()))) == RECIPES[name]
