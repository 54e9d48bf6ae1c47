import dataclasses
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from sheets import numbered, numbers

from ddpm.guidance import as_eps, autoguided, condition, guided, in_interval
from ddpm.model import Diffusion
from ddpm.schedule import NoiseSchedule
from scripts.pages import guidance as page


def network(x, t, label):
    """Answers with its time and label, so that the sum can be checked by hand."""
    return torch.zeros_like(x) + t[:, None, None, None] + 10.0 * label[:, None, None, None]


X, LABELS = torch.zeros(3, 1, 2, 2), torch.tensor([1, 2, 3])


def test_condition_binds_labels_and_asks_at_one_time():
    eps = condition(network, LABELS)(X, 6)
    assert eps[:, 0, 0, 0].tolist() == [16, 26, 36]


@pytest.mark.parametrize("scale", [0.0, 1.0, 3.0])
def test_guidance_goes_from_the_null_answer_through_the_labels(scale):
    eps = guided(network, LABELS, null=7, scale=scale)(X, 0)
    expected = [70 + scale * (10 * label - 70) for label in (1, 2, 3)]
    assert eps[:, 0, 0, 0].tolist() == expected


def test_guidance_asks_both_questions_in_one_batch():
    sizes = []

    def counting(x, t, label):
        sizes.append(len(x))
        return network(x, t, label)

    guided(counting, LABELS, null=7, scale=2.0)(X, 0)
    assert sizes == [6]


def test_guidance_in_an_interval_asks_once_outside_of_it():
    sizes = []

    def counting(x, t, label):
        sizes.append(len(x))
        return network(x, t, label)

    inside = guided(counting, LABELS, null=7, scale=2.0)
    eps_fn = in_interval(inside, condition(counting, LABELS), 3, 5)
    for t in range(2, 7):
        wanted = inside if 3 <= t <= 5 else condition(network, LABELS)
        assert torch.equal(eps_fn(X, t), wanted(X, t))
    sizes.clear()
    for t in range(2, 7):
        eps_fn(X, t)
    assert sizes == [3, 6, 6, 6, 3]
    with pytest.raises(ValueError, match="high must be at least 5, not 3"):
        in_interval(inside, inside, 5, 3)


def test_autoguidance_goes_from_the_weak_through_the_strong():
    strong, weak = (lambda x, t, y=y: torch.full_like(x, y) for y in (3.0, 1.0))
    for scale, wanted in ((0, 1), (1, 3), (2, 5)):
        assert torch.equal(autoguided(strong, weak, scale)(X, 4), torch.full_like(X, wanted))


@pytest.mark.parametrize("rescale", [0.0, 0.5, 1.0])
def test_rescaling_brings_back_the_spread_of_the_answer_with_labels(rescale):
    torch.manual_seed(0)
    answers = torch.randn(6, 1, 4, 4)

    def answer(x, t, label):
        return answers

    plain = guided(answer, LABELS, null=7, scale=4.0)(torch.zeros(3, 1, 4, 4), 5)
    result = guided(answer, LABELS, 7, 4.0, rescale)(torch.zeros(3, 1, 4, 4), 5)
    spread, wanted = plain.std((1, 2, 3)), answers[:3].std((1, 2, 3))
    assert torch.allclose(result.std((1, 2, 3)), (1 - rescale) * spread + rescale * wanted)
    for one, other in zip(result, plain, strict=True):  # each image is only scaled
        ratio = one / other
        assert torch.allclose(ratio, ratio.mean().expand_as(ratio), rtol=1e-4)


def test_a_scale_of_one_is_no_guidance(tiny):
    torch.manual_seed(0)
    recipe = dataclasses.replace(
        tiny, network="unet", options={"width": 4, "classes": 10}, label_dropout=0.1
    )
    recipe = dataclasses.replace(recipe, scaling=dataclasses.replace(recipe.scaling, size=28))
    model = Diffusion(recipe)
    options = {"labels": [1, 2], "steps": 3}
    plain, one, five = (model.sample(**options, guidance=g) for g in (None, 1.0, 5.0))
    assert torch.equal(plain, one)
    assert not torch.equal(plain, five)
    by_hand = guided(partial(recipe.ask, model.network), LABELS, 10, 1.0)
    x = torch.randn(3, 1, 28, 28)
    with torch.no_grad():
        assert (by_hand(x, 5) - model.eps_fn(LABELS)(x, 5)).abs().max() < 1e-5


def test_a_model_that_always_saw_labels_cannot_be_guided(tiny):
    with pytest.raises(ValueError, match="never trained without labels"):
        Diffusion(tiny).sample(labels=[1], guidance=2.0)


@pytest.mark.parametrize("predicts", ["eps", "x0", "v"])
def test_guidance_before_the_conversion_to_noise_is_guidance_after_it(predicts):
    schedule = NoiseSchedule.cosine(1000)
    torch.manual_seed(0)
    x, with_label, without = torch.randn(3, 2, 1, 4, 4).double()
    before = as_eps(lambda x, t: without + 3 * (with_label - without), predicts, schedule)(x, 400)
    one, other = (as_eps(lambda x, t, y=y: y, predicts, schedule) for y in (with_label, without))
    after = other(x, 400) + 3 * (one(x, 400) - other(x, 400))
    assert (before - after).abs().max() < 1e-6
    assert (before - (without + 3 * (with_label - without))).abs().max() > 0.1 or predicts == "eps"


def test_both_courses_conventions_are_one():
    omega, scale = 2.0, 3.0
    eps = guided(network, LABELS, null=7, scale=scale)(X, 6)[:, 0, 0, 0]
    with_label, without = 6 + 10.0 * LABELS, 6 + 10.0 * 7
    assert eps.tolist() == ((1 + omega) * with_label - omega * without).tolist()


def measured(scale, **values):
    row = {"accuracy": 0.9, "precision": 0.8, "recall": 0.7, "diversity": 2.0, "fid": 0.2}
    return {"scale": scale, "omega": scale - 1, **row, **values}


TABLE = {
    "0.5": measured(0.5, fid=0.01, accuracy=1.0),
    "1": measured(1.0),
    "2": measured(2.0, fid=0.1, diversity=1.5),
    "5": measured(5.0, fid=0.4, accuracy=0.99, diversity=1.0),
}


def test_the_best_scale_is_one_that_follows_the_label(monkeypatch):
    monkeypatch.setattr(page, "rows", lambda *arguments: TABLE)
    monkeypatch.setattr(page, "floor", lambda count: 0.07)
    result = page.guidance(False)
    assert result["best_fid"] == TABLE["2"]
    assert result["best_accuracy"] == TABLE["5"]
    assert result["floor"] == 0.07


def test_the_curves_are_the_record_from_no_guidance_on(monkeypatch):
    monkeypatch.setattr(page, "read_json", lambda name: {"rows": TABLE, "floor": 0.07})
    shares, distance = page.guidance_curves().axes
    lines = {line.get_label(): [*line.get_ydata()] for line in shares.lines}
    assert lines["accuracy"] == [0.9, 0.9, 0.99]
    assert lines["diversity, relative"] == [1, 0.75, 0.5]
    fid, floor = distance.lines
    assert [*fid.get_xdata()] == [1, 2, 5]
    assert [*fid.get_ydata()] == [0.2, 0.1, 0.4]
    assert set(floor.get_ydata()) == {0.07}


def test_a_row_of_the_sheet_is_a_scale(monkeypatch):
    def draw(labels, guidance, seed):
        assert seed == 4  # the same noise in each
        return numbered(10, first=round(10 * guidance))

    monkeypatch.setattr(page, "load", lambda name: SimpleNamespace(sample=draw))
    firsts = [row[0] for row in numbers(page.guidance_scales())]
    assert firsts == [round(10 * scale) for scale in page.SHOWN]


def test_ten_of_each_label_are_in_a_block_for_each_scale(monkeypatch):
    asked = []

    def draw(labels, guidance, seed):
        asked.append((labels.tolist(), guidance, seed))
        return torch.full((100, 1, 28, 28), guidance / 10)

    monkeypatch.setattr(page, "load", lambda name: SimpleNamespace(sample=draw))
    card = page.guidance_ten()
    each = [label for label in range(10) for _ in range(10)]
    assert asked == [(each, scale, 0) for scale in page.TEN]
    middles = [(x, y) for y in (1, 3, 5) for x in (1, 3)]
    cells = [(card.width * x // 4 + 22, card.height * y // 6 + 22) for x, y in middles]
    assert [*map(card.getpixel, cells)] == [round(25.5 * scale) for scale in page.TEN]
