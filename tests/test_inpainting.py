import dataclasses
from itertools import pairwise

import pytest
import torch
from PIL import Image
from techniques import IMAGE, QUICK, SCHEDULE, arrays

from ddpm.masks import MASKS
from ddpm.model import Diffusion
from ddpm.sampling import SAMPLERS, sample, step_rule
from ddpm.stages import Distillation, Stage
from ddpm.techniques.inpainting import inpaint, keep_known, walks
from ddpm.techniques.shared import How
from ddpm.timesteps import resampled, strided
from scripts.pages.inpainting.measurements import calls_of, seam_error, unknown_pixel
from scripts.workshop.records import read_json


def to_grey(x, t):
    """The estimate of a network that knows one image, all zero."""
    return x / SCHEDULE.sigma(t, x)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("repeats", [1, 3])
def test_known_pixels_are_the_image_at_the_end_and_the_others_are_drawn(sampler, repeats):
    image = torch.linspace(-1, 1, 128, dtype=torch.float64).reshape(2, 1, 8, 8)
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 4:] = 1

    def draw():
        return torch.randn(2, 1, 8, 8, dtype=torch.float64)

    project = keep_known(image, mask, SCHEDULE, draw)
    path = resampled(strided(1000, 10), 3, repeats)
    *_, last = sample(to_grey, draw(), path, SCHEDULE, step_rule(sampler), project=project)
    assert torch.equal(last.x[..., :4], image[..., :4])
    assert last.x[..., 4:].abs().max() < 1e-5


def test_on_the_way_known_pixels_follow_the_forward_process():
    image, mask = torch.full((2000, 1, 2, 2), 0.5), torch.tensor([[0.0, 1], [0, 1]])[None, None]
    project = keep_known(image, mask, SCHEDULE, lambda: torch.randn(2000, 1, 2, 2))
    torch.manual_seed(0)
    x = torch.full((2000, 1, 2, 2), 7.0)
    for t in (100, 500, 900):
        held = project(x, t)
        alpha_bar = float(SCHEDULE.alpha_bar[t])
        assert abs(float(held[..., 0].mean()) - 0.5 * alpha_bar**0.5) < 0.06
        assert abs(float(held[..., 0].var()) - (1 - alpha_bar)) < 0.06
        assert (held[..., 1] == 7).all()


@pytest.mark.parametrize("repeats", [1, 2])
def test_known_pixels_are_exact_and_images_do_not_depend_on_their_batch(untrained, repeats):
    mask = torch.zeros(28, 28)
    mask[14:] = 1
    options = {"repeats": repeats, "jump": 2, "steps": 5, "guidance": 2.0}
    together = inpaint(untrained, IMAGE, mask, 4, n=5, **options)
    assert (together[:, 0, :14] - IMAGE[:14]).abs().max() < 1e-6
    assert (
        inpaint(untrained, IMAGE, mask, 4, n=5, batch=2, **options) - together
    ).abs().max() < 1e-4
    alone = inpaint(untrained, IMAGE, mask, 4, first=3, **options)
    assert (alone[0] - together[3]).abs().max() < 1e-4
    assert (together[0] - together[1]).abs().max() > 0.01


MASK = torch.ones(28, 28)
BAD_ARGUMENTS = {
    "small image": (lambda m: inpaint(m, torch.zeros(20, 20), MASK), "28x28 pixels, not 20x20"),
    "small mask": (lambda m: inpaint(m, IMAGE, MASK[1:], 3), "27x28 pixels, not 28x28"),
    "grey mask": (lambda m: inpaint(m, IMAGE, MASK / 2, 3), "holds 0 where"),
    "repeats": (lambda m: inpaint(m, IMAGE, MASK, 3, repeats=0), "at least 1"),
}


@pytest.mark.parametrize(("call_it", "message"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_bad_arguments_are_named(untrained, call_it, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        call_it(untrained)


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


def test_a_mask_of_another_size_changes_nothing(call, photo, tmp_path):
    out = tmp_path / "x.png"
    out.write_bytes(b"mine")
    Image.new("L", (100, 300)).save(tmp_path / "other.png")
    options = ["--image", photo[0], "--mask", tmp_path / "other.png", "--out", out, "--force"]
    code, _, error = call("inpaint", *options)
    assert code == 2
    assert "the mask has 100x300 pixels, the image 420x300" in error
    assert out.read_bytes() == b"mine"


BAD_OPTIONS = {
    "no such image": ("inpaint", ["--image", "none.png"], "no image 'none.png'"),
    "no such mask": ("inpaint", ["--mask", "none.png"], "'none.png'; there are top, bottom, left,"),
    "no such label": ("inpaint", ["--label", "12"], "give one label, not '12'"),
    "no repeats": ("inpaint", ["--repeats", "0"], "at least 1"),
}


@pytest.mark.parametrize(("script", "arguments", "message"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_input_is_one_line_and_exit_code_2(refusal, script, arguments, message):
    assert message in refusal(script, *arguments)


def test_the_seam_is_measured_where_the_mask_ends():
    images = torch.zeros(1, 1, 28, 28)
    images[..., 14:, :] = 0.5
    assert float(seam_error(images, MASKS["bottom"])) == pytest.approx(0.5)
    assert float(seam_error(images, MASKS["left"])) == 0
    images[..., 20:, :] = 1  # inside of the mask
    assert float(seam_error(images, MASKS["bottom"])) == pytest.approx(0.5)


def test_two_pixels_are_biased_and_short_walks_correct_more_than_long_ones():
    once, long, short = (unknown_pixel(25, *how, count=2000) for how in ((1, 1), (10, 3), (1, 3)))
    assert once["mean"] + 0.1 < long["mean"] < short["mean"] - 0.02
    assert short["mean"] < 0.9


def test_the_default_spends_the_recipes_calls_on_three_walks(untrained):
    mask, calls = torch.ones(28, 28), []
    mask[:14] = 0
    hook = untrained.network.register_forward_pre_hook(lambda *_: calls.append(1))
    images = inpaint(untrained, IMAGE, mask, 4, guidance=1.0)
    hook.remove()
    assert len(calls) == untrained.recipe.steps == calls_of(9, 3)
    explicit = inpaint(untrained, IMAGE, mask, 4, guidance=1.0, steps=9, repeats=3)
    assert torch.equal(images, explicit)


@pytest.mark.parametrize(("serves", "steps"), [((1, 2, 4), 2), ((4, 8, 16), 4), ((), 2)])
def test_a_student_walks_in_a_number_of_steps_that_it_serves(untrained, serves, steps):
    plan = Distillation("digits", (Stage("fold", 1, 1),), serves=serves)
    recipe = dataclasses.replace(untrained.recipe, steps=4, distillation=plan)
    assert walks(Diffusion(recipe, untrained.network)) == {"steps": steps, "repeats": 3}


@pytest.mark.parametrize(("given", "calls"), [({"steps": 5}, 5), ({"repeats": 2}, 49)])
def test_steps_or_repeats_alone_leave_the_other_as_it_is(untrained, given, calls):
    counted = []
    hook = untrained.network.register_forward_pre_hook(lambda *_: counted.append(1))
    inpaint(untrained, IMAGE, MASK, 4, guidance=1.0, **given)
    hook.remove()
    assert len(counted) == calls


def test_the_calls_depend_on_the_repeats_and_not_on_the_jump():
    for jump in (1, 2, 5, 10):
        for repeats in (1, 3, 20):
            path = resampled(strided(1000, 25), jump, repeats)
            assert sum(s < t for t, s in pairwise(path)) == calls_of(25, repeats)


def test_the_default_jump_is_the_best_measured_at_equal_calls():
    """By the rule in the measurement's module, which was written before the numbers."""
    means = read_json("walks")["all"]
    settings = {jump: means[f"25-{jump}-3"] for jump in (1, 2, 5)}
    least = min(settings.values(), key=lambda row: row["excess"])
    limit = least["excess"] + 2 * least["excess_error"]
    good = [jump for jump, row in settings.items() if row["excess"] <= limit]
    pixels = read_json("two_pixels")
    off = {jump: pixels["exact"]["mean"] - pixels["jumps"][str(jump)]["3"]["mean"] for jump in good}
    assert How().jump == min(good, key=lambda jump: abs(off[jump]))
