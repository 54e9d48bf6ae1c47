import pytest
import torch
from sheets import cells, numbered, numbers
from techniques import IMAGE, QUICK, SCHEDULE, arrays, same

from ddpm.data import held_out
from ddpm.images import bring
from ddpm.model import Diffusion
from ddpm.techniques.sdedit import noised, sdedit
from scripts.pages.sdedit import figures as page
from scripts.pages.sdedit import pictures


def test_a_noised_start_is_the_forward_process_and_at_T_noise_alone():
    image = torch.linspace(-1, 1, 128, dtype=torch.float64).reshape(2, 1, 8, 8)
    eps = torch.randn(2, 1, 8, 8, dtype=torch.float64)
    assert torch.equal(noised(image, 0, SCHEDULE, eps), image)
    assert torch.equal(noised(image, 400, SCHEDULE, eps), SCHEDULE.add_noise(image, 400, eps))
    assert torch.equal(noised(image, 1000, SCHEDULE, eps), eps)


def test_without_a_label_the_model_is_told_nothing(untrained, tiny):
    told = {
        label: sdedit(untrained, IMAGE, 0.9, label, steps=3, guidance=1.0) for label in (None, 3)
    }
    assert not same(told[None], told[3])
    with pytest.raises(ValueError, match="never trained without labels"):
        sdedit(Diffusion(tiny), IMAGE, 0.5)


BAD_ARGUMENTS = {
    "no image": (lambda m: sdedit(m, torch.zeros(0, 1, 28, 28), 0.5), "28x28 pixels"),
    "bytes": (lambda m: sdedit(m, IMAGE * 255, 0.5, 3), "within 0..1"),
    "strength": (lambda m: sdedit(m, IMAGE, 1.2, 3), "within 0..1, not 1.2"),
    "label": (lambda m: sdedit(m, IMAGE, 0.5, 10), "0..9, not 10"),
    "labels": (lambda m: sdedit(m, IMAGE, 0.5, [1, 2], n=3), "each of 3 images, not 2"),
    "versions": (lambda m: sdedit(m, torch.zeros(2, 1, 28, 28), 0.5, 3, n=2), "not 2 and 2"),
}


@pytest.mark.parametrize(("call_it", "message"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_bad_arguments_are_named(untrained, call_it, message):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        call_it(untrained)


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


BAD_OPTIONS = {
    "strength": ("sdedit", ["--strength", "1.5"], "--strength must be within 0..1, not 1.5"),
    "ending": ("sdedit", ["--out", "x.gif"], "--out must end in"),
    "shown to": ("sdedit", ["--show-input", "x.jpg"], "--show-input must end in .png"),
}


@pytest.mark.parametrize(("script", "arguments", "message"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
def test_bad_input_is_one_line_and_exit_code_2(refusal, script, arguments, message):
    assert message in refusal(script, *arguments)


def test_the_strengths_are_the_sources_times_counted_from_one():
    assert [round(1000 * strength) for strength in page.STRENGTHS] == [
        990 - 30 * start + 1 for start in (1, 3, 5, 7, 10, 20)
    ]


def test_a_row_goes_from_the_strongest_to_the_input_and_has_its_own_noise(monkeypatch):
    asked = []

    def edit(model, picture, strength, label, seed, first):
        asked.append((strength, label, first))
        return numbered(1, first=round(100 * strength) + first)

    monkeypatch.setattr(page, "load", lambda name: None)
    monkeypatch.setattr(page, "sdedit", edit)
    card = page.sdedit_classes()
    strengths = [round(100 * strength) for strength in page.STRENGTHS]
    assert [row[:-1] for row in numbers(card)] == [[s + k for s in strengths] for k in range(4)]
    given = torch.stack([held_out(a) for a, _ in page.CHANGES])
    assert (cells(card)[:, -1] - given).abs().max() < 0.51 / 255
    wanted = [b for _, b in page.CHANGES]
    assert {(label, first) for _, label, first in asked} == {*zip(wanted, range(4), strict=True)}


def test_results_are_found_by_kind_and_strength(monkeypatch):
    def rows(name, settings, jobs):
        return {key: job.args[:2] for key, job in jobs.items()}

    monkeypatch.setattr(page, "rows", rows)
    found = page.editing_strength(False)["rows"]
    assert found.keys() == {"digits", "classes", "drawings"}
    for kind, part in found.items():
        assert part == {f"{100 * strength:.0f}": (strength, kind) for strength in page.GRID}


# --- pictures from elsewhere


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_from_elsewhere_is_bright_strokes_on_black_to_the_network(name):
    received, _ = bring(pictures.PICTURES[name]())
    border = torch.cat([received[0], received[-1], received[:, 0], received[:, -1]])
    assert float(border.max()) < 0.05  # neither the lines of the paper nor the shadow
    assert float(received.max()) == 1
    assert 0.02 < float((received > 0.5).float().mean()) < 0.4


def test_each_row_ends_with_what_the_network_receives_and_the_picture(monkeypatch):
    shown = {}
    monkeypatch.setattr(pictures, "ladder", lambda given, labels: torch.stack(given)[:, None])
    monkeypatch.setattr(
        pictures.viz, "sheet", lambda images, **words: shown.update(words, images=images)
    )
    pictures.sdedit_pictures()
    images = shown["images"]
    assert images.shape == (3, 2, 84, 84)
    assert shown["columns"][-2:] == ["input", "picture"]
    for row, (name, make) in zip(images, pictures.PICTURES.items(), strict=True):
        assert torch.equal(row[0, 1::3, 1::3], bring(make())[0]), name
        assert torch.equal(row[1], pictures.as_cell(make())), name
    bands = images[2, 1].mean(1)  # the scan is wider than high: black above and below
    assert float(bands[:8].max()) == 0 < float(bands[42])
