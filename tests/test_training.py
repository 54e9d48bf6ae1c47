import dataclasses
import math
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ddpm import training
from ddpm.checkpoints import Run
from ddpm.loading import load
from ddpm.losses import draw_times, likely
from ddpm.model import Diffusion
from ddpm.recipes import RECIPES, Training
from ddpm.training import (
    learning_rate,
    loss,
    time_weight,
    train,
    update_average,
    validate,
)
from scripts.pages import training as page
from scripts.workshop.formulas import LINEAR


def finish(run, digits, epochs):
    return [p.entry for p in train(run, digits, digits[:40], epochs) if p.entry]


def test_a_few_steps_on_real_digits_lower_the_loss(tiny, digits):
    run = Run.start(tiny)
    before = validate(run.network, tiny, digits)
    entries = finish(run, digits, 6)
    after = validate(run.network, tiny, digits)
    assert before > 0.9
    assert after < 0.5 * before
    assert entries[-1]["train"] < entries[0]["train"]
    assert [entry["epoch"] for entry in entries] == [1, 2, 3, 4, 5, 6]


def test_resumed_is_bit_for_bit_uninterrupted(tiny, digits, tmp_path):
    whole = Run.start(tiny)
    finish(whole, digits, 3)

    first = Run.start(tiny)
    finish(first, digits, 1)
    first.save(tmp_path / "checkpoint.safetensors")
    # A kill in the middle of the second epoch loses what came after the checkpoint.
    next(train(first, digits, digits[:40], 2))
    resumed = Run.start(tiny)
    resumed.restore(tmp_path / "checkpoint.safetensors")
    assert resumed.epoch == 1
    finish(resumed, digits, 3)

    for name in ("network", "averaged"):
        ours, theirs = (getattr(run, name).state_dict() for run in (whole, resumed))
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    for key in ("train", "validation_raw", "validation_averaged"):
        assert [e[key] for e in whole.log] == [e[key] for e in resumed.log]


def test_steps_are_spread_over_the_epochs_and_resumed_alike(tiny, digits, tmp_path):
    """200 images in batches of 50 are 4 steps a pass; 3 epochs share 25 steps."""

    def steps(run, epochs=3):
        reports = train(run, digits, digits[:40], epochs, total_steps=25)
        return [(p.epoch, p.steps) for p in reports if p.entry]

    whole, first = Run.start(tiny), Run.start(tiny)
    assert steps(whole) == [(1, 8), (2, 8), (3, 9)]
    reports = train(first, digits, digits[:40], 3, total_steps=25)
    while not next(reports).entry:
        pass
    first.save(tmp_path / "checkpoint.safetensors")
    resumed = Run.start(tiny)
    resumed.restore(tmp_path / "checkpoint.safetensors")
    assert steps(resumed) == [(2, 8), (3, 9)]
    ours, theirs = (run.network.state_dict() for run in (whole, resumed))
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    with pytest.raises(ValueError, match=r"--epochs 3 --steps 25 and cannot go on with --epochs 4"):
        next(train(resumed, digits, digits[:40], 4))


@pytest.mark.parametrize(("epochs", "total"), [(3, None), (5, 2), (1, 7), (4, 4), (10**12, 2)])
def test_the_steps_of_all_epochs_are_those_asked_for(tiny, digits, epochs, total):
    run = Run.start(tiny)
    reports = [p for p in train(run, digits, digits[:40], epochs, total_steps=total) if p.entry]
    assert sum(p.steps for p in reports) == (total or 4 * epochs)
    assert all(p.steps >= 1 for p in reports)
    assert len(reports) == min(epochs, total or epochs)


def test_under_one_cycle_a_training_keeps_its_length(tiny, digits, tmp_path):
    settings = dataclasses.replace(tiny.training, one_cycle=True)
    recipe = dataclasses.replace(tiny, training=settings)
    run = Run.start(recipe)
    finish(run, digits, 2)
    assert run.optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=1e-9)
    run.save(tmp_path / "checkpoint.safetensors")
    resumed = Run.start(recipe)
    resumed.restore(tmp_path / "checkpoint.safetensors")
    with pytest.raises(ValueError, match=r"--epochs 2 and cannot go on with --epochs 3.*--restart"):
        finish(resumed, digits, 3)
    assert finish(resumed, digits, 2) == []
    assert finish(resumed, digits, 1) == []
    # Stopped in between, it goes on as it was planned, and not otherwise.
    stopped = Run.start(recipe)
    reports = train(stopped, digits, digits[:40], 3)
    while not next(reports).entry:
        pass
    with pytest.raises(ValueError, match="cannot go on with --epochs 2"):
        finish(stopped, digits, 2)
    assert len(finish(stopped, digits, 3)) == 2


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_training(tiny, digits, bad, monkeypatch):
    run = Run.start(tiny)
    monkeypatch.setattr(training, "loss", lambda *inputs: loss(*inputs) * bad)
    with pytest.raises(ValueError, match=r"the loss is \S+ in epoch 1, by step .* diverged"):
        finish(run, digits, 3)
    assert run.log == []


def test_a_checkpoint_of_the_first_release_is_gone_on_with(tiny, digits, tmp_path):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    path, old = tmp_path / "new.safetensors", tmp_path / "old.safetensors"
    run = Run.start(tiny)
    run.data = "known"
    finish(run, digits, 1)
    run.save(path)
    with safe_open(path, "pt") as file:
        header = file.metadata()
    assert header.keys() == {"recipe", "log", "data", "plan"}
    save_file(load_file(path), old, {key: header[key] for key in ("recipe", "log")})
    for file, data in ((old, "anything"), (path, "known"), (path, "")):
        resumed = Run.start(tiny)
        resumed.data = data
        resumed.restore(file)
        assert len(finish(resumed, digits, 2)) == 1
    other = Run.start(tiny)
    other.data = "another"
    with pytest.raises(ValueError, match="other images: --restart starts again, another --out"):
        other.restore(path)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux shows its maps")
def test_what_was_loaded_is_not_left_mapped(tiny, digits, tmp_path):
    """Windows cannot replace a file that is mapped into memory."""
    checkpoint, weights = tmp_path / "checkpoint.safetensors", tmp_path / "weights.safetensors"
    run = Run.start(tiny)
    finish(run, digits, 1)
    run.save(checkpoint)
    Diffusion(tiny, run.averaged).save(weights)
    run = Run.start(tiny)
    run.restore(checkpoint)
    model = load(weights)
    maps = Path("/proc/self/maps").read_text()
    assert str(tmp_path) not in maps
    assert model.recipe == tiny


def test_the_same_seed_is_the_same_training_and_another_is_not(tiny, digits):
    entries = [finish(Run.start(tiny), digits, 1)[0]["train"] for _ in range(2)]
    assert entries[0] == entries[1]
    settings = dataclasses.replace(tiny.training, seed=1)
    other = Run.start(dataclasses.replace(tiny, training=settings))
    assert finish(other, digits, 1)[0]["train"] != entries[0]


def test_starting_a_run_leaves_torchs_generator_alone(tiny):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    Run.start(tiny)
    assert torch.equal(torch.rand(1), expected)


def test_validation_is_repeatable_and_does_not_depend_on_the_batch(tiny, digits):
    run = Run.start(tiny)
    first = validate(run.network, tiny, digits)
    assert validate(run.network, tiny, digits) == first
    assert validate(run.network, tiny, digits, batch=30) == pytest.approx(first, rel=0.02)


def test_the_average_follows_the_weights():
    network, averaged = (torch.nn.Linear(2, 2) for _ in "ab")
    start = averaged.weight.detach().clone()
    update_average(averaged, network, 0.9, steps=10_000)
    expected = 0.9 * start + 0.1 * network.weight
    assert (averaged.weight - expected).abs().max() < 1e-6
    # Early on, more of the new: (1 + 0) / (10 + 0) of the old is kept.
    start = averaged.weight.detach().clone()
    update_average(averaged, network, 0.9, steps=0)
    assert (averaged.weight - (0.1 * start + 0.9 * network.weight)).abs().max() < 1e-6


def test_refuses_a_checkpoint_that_is_broken_or_of_another_recipe(tiny, digits, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    run = Run.start(tiny)
    finish(run, digits, 1)
    run.save(path)
    settings = dataclasses.replace(tiny.training, rate=0.5)
    other = Run.start(dataclasses.replace(tiny, training=settings))
    with pytest.raises(ValueError, match="other settings"):
        other.restore(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="no checkpoint"):
        Run.start(tiny).restore(path)


def test_the_rate_falls_from_epoch_to_epoch(tiny, digits):
    settings = dataclasses.replace(tiny.training, rate=1e-3, rate_decay=0.5)
    run = Run.start(dataclasses.replace(tiny, training=settings))
    finish(run, digits, 3)
    assert run.optimizer.param_groups[0]["lr"] == 1e-3 * 0.25


def test_labels_are_dropped_as_often_as_the_recipe_says(digits):
    recipe = dataclasses.replace(
        RECIPES["class"],
        options={"width": 4, "classes": 10},
        label_dropout=0.3,
        training=Training(epochs=10, batch=100),
    )
    run, told = Run.start(recipe), []
    run.network.register_forward_pre_hook(lambda _, arguments: told.append(arguments[2]))
    for _ in train(run, digits, digits[:10]):
        pass
    # Validation always tells the label; its batches are of 10.
    seen = torch.cat([labels for labels in told if len(labels) == 100])
    assert len(seen) == 2000
    assert abs(float((seen == 10).float().mean()) - 0.3) < 0.04  # four standard errors
    assert set(seen.tolist()) == set(range(11))


def test_one_cycle_rises_and_falls_to_nothing():
    settings = Training(rate=2.0, one_cycle=True)
    rates = [learning_rate(settings, 1, done / 100) for done in range(1, 101)]
    assert rates[:9] == pytest.approx([0.2 * step for step in range(1, 10)])
    assert max(rates) == pytest.approx(2)
    assert rates.index(max(rates)) == 9
    assert all(a > b for a, b in pairwise(rates[9:]))
    assert rates[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("predicts", ["eps", "x0", "v"])
def test_the_loss_of_a_perfect_answer_is_zero(predicts, digits):
    recipe = dataclasses.replace(RECIPES["digits"], predicts=predicts)
    schedule, x0 = recipe.make_schedule(), recipe.scaling.to_network(digits.images[:4])
    torch.manual_seed(0)
    eps, t = torch.randn(x0.shape), torch.tensor([1, 300, 700, 1000])
    perfect = {"eps": eps, "x0": x0, "v": schedule.velocity(x0, t, eps)}[predicts]
    arguments = (recipe, schedule, x0, digits.labels[:4], t, eps)
    assert loss(lambda *_: perfect, *arguments) == 0
    assert loss(lambda *_: perfect + 2, *arguments) == pytest.approx(4)
    # Weighted, only the first time counts here, and its error is 2 squared.
    weight = torch.zeros(1001)
    weight[1] = 4.0
    assert loss(lambda *_: perfect + 2, *arguments, weight) == pytest.approx(4)


def test_min_snr_weighs_small_times_as_the_paper_says():
    for predicts in ("eps", "v", "x0"):
        recipe = dataclasses.replace(RECIPES["digits"], predicts=predicts)
        assert time_weight(recipe) is None
        settings = dataclasses.replace(recipe.training, min_snr=5.0)
        weight = time_weight(dataclasses.replace(recipe, training=settings))
        alpha_bar = recipe.make_schedule().alpha_bar[1:]
        snr = alpha_bar / (1 - alpha_bar)
        divisor = {"eps": snr, "v": snr + 1, "x0": torch.ones(1000)}[predicts]
        expected = snr.clamp(max=5) / divisor
        ratio = weight[1:] / expected
        assert (ratio / ratio[0] - 1).abs().max() < 1e-5
        assert weight[1:].mean() == pytest.approx(1)


def test_the_denoiser_learns_the_image_from_image_plus_half_the_noise(digits):
    recipe, seen = RECIPES["denoiser"], []
    x0 = recipe.scaling.to_network(digits.images[:4])
    eps, t = torch.randn(x0.shape), torch.ones(4, dtype=torch.int64)

    def network(z, t, label):
        seen.append(z)
        return torch.zeros_like(z)

    error = loss(network, recipe, recipe.make_schedule(), x0, digits.labels[:4], t, eps)
    assert (seen[0] - (x0 + 0.5 * eps)).abs().max() < 1e-5
    assert error == pytest.approx(float(x0.square().mean()))


def test_the_averaged_weights_have_statistics_of_their_own(digits):
    recipe = dataclasses.replace(
        RECIPES["class"], options={"width": 4, "classes": 10}, training=Training(epochs=1, batch=50)
    )
    run = Run.start(recipe)
    finish(run, digits, 1)
    norms = [
        [layer for layer in net.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
        for net in (run.network, run.averaged)
    ]
    assert all(layer.momentum == 0.1 for layer in norms[1])
    # What the first layer's features are like under the averaged weights, measured here.
    x0, schedule = recipe.scaling.to_network(digits.images), recipe.make_schedule()
    generator, seen = torch.Generator().manual_seed(0), []
    conv = run.averaged.stem[0][0]
    conv.register_forward_hook(lambda *call: seen.append(call[2].mean((0, 2, 3))))
    for _ in range(100):
        t = torch.randint(1, 301, (200,), generator=generator)
        eps = torch.randn(x0.shape, generator=generator)
        run.averaged.stem(schedule.add_noise(x0, t, eps))
    expected = torch.stack(seen).mean(0)
    error = [(layer.running_mean - expected).abs().max() for layer, *_ in norms]
    assert error[1] < 0.1 * expected.abs().max()
    assert error[1] < error[0]


def test_the_curves_are_the_logs_and_what_the_source_reported(monkeypatch):
    def log(first):
        keys = ("train", "validation_raw", "validation_averaged")
        return {"epochs": [
            {"epoch": n, **{key: first + n + k / 10 for k, key in enumerate(keys)}} for n in (1, 2)
        ]}  # fmt: skip

    records = {
        "training/attention": log(1),
        "training/attention-class": log(2),
        "sources": {"attention": {"validation": 7}, "attention-class": {"validation": 8}},
    }
    monkeypatch.setattr(page, "read_json", records.__getitem__)
    for axes, first, source in zip(page.loss_curves().axes, (1, 2), (7, 8), strict=True):
        *curves, reported = [[*line.get_ydata()] for line in axes.lines]
        assert curves == [[first + n + k / 10 for n in (1, 2)] for k in range(3)]
        assert reported == [source] * 2


def test_the_loss_is_measured_at_each_time_of_the_curve(monkeypatch):
    def load(name):
        recipe = RECIPES[name]
        return SimpleNamespace(
            recipe=recipe,
            schedule=recipe.make_schedule(),
            network={"attention": 1.0, "attention-class": 2.0}[name],
            device=torch.device("cpu"),
        )

    monkeypatch.setattr(page, "load", load)
    monkeypatch.setattr(page, "loss", lambda network, *asked: network * asked[4].float().mean())
    for line, factor in zip(page.loss_by_time().axes[0].lines, (1, 2), strict=True):
        times = line.get_xdata()
        assert (times[0], times[-1]) == (1, 1000)
        assert [*line.get_ydata()] == [factor * t for t in times]


def test_the_average_reaches_its_decay_after_as_many_steps_as_the_page_says():
    reached, decay = page.derived()["reached"], RECIPES["attention"].training.average
    kept = []
    for steps in (reached - 2, reached - 1, reached, reached + 1000):
        averaged, network = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
        averaged.double().weight.data.fill_(1)
        network.double().weight.data.fill_(0)
        update_average(averaged, network, decay, steps)
        kept.append(float(averaged.weight.detach()))
    assert kept[0] < kept[1] < kept[2] + 1e-9
    assert kept[2:] == pytest.approx([decay] * 2, abs=1e-12)


def test_the_bounds_weights_are_those_of_the_paper():
    """Ho et al. 2020, equation 12, with sigma_t^2 = beta_t."""
    for t, weight in page.derived()["weights"].items():
        beta, alpha_bar = LINEAR.beta[int(t)], LINEAR.alpha_bar[int(t)]
        paper = beta**2 / (2 * beta * (1 - beta) * (1 - alpha_bar))
        assert weight == pytest.approx(float(paper))


@pytest.mark.parametrize("predicts", ["eps", "x0", "v"])
@pytest.mark.parametrize("noise_std", [0.0, 1.2])
@pytest.mark.parametrize("kind", ["min_snr", "p2", "edm"])
def test_a_weight_has_its_definition_whatever_is_predicted(kind, noise_std, predicts):
    settings = Training(**{kind: 2.0}, noise_std=noise_std)
    recipe = dataclasses.replace(RECIPES["digits"], predicts=predicts, training=settings)
    weight, chances = time_weight(recipe).double(), likely(recipe)
    assert float((weight * chances).sum()) == pytest.approx(1, abs=1e-5)
    alpha_bar = recipe.make_schedule().alpha_bar[1:]
    snr = alpha_bar / (1 - alpha_bar)
    of_x0 = {"min_snr": snr.clamp(max=2), "p2": snr / (2 + snr), "edm": snr + 1 / 4}[kind]
    # One error of the predicted image, 1, in the three quantities.
    error = {"x0": torch.ones_like(snr), "eps": snr, "v": 1 + snr}[predicts]
    ratio = weight[1:] * error / of_x0
    assert torch.allclose(ratio, ratio[0].expand_as(ratio), rtol=1e-4)


def test_for_the_velocity_edms_weight_with_one_is_none():
    recipe = dataclasses.replace(RECIPES["digits"], training=Training(edm=1.0))
    assert torch.allclose(time_weight(recipe)[1:], torch.ones(1000))


def test_two_weights_of_the_times_are_refused():
    recipe = dataclasses.replace(RECIPES["digits"], training=Training(edm=0.5, p2=1.0))
    with pytest.raises(ValueError, match="one weight of the times, not p2 and edm"):
        time_weight(recipe)


def test_times_are_as_likely_as_the_recipe_says():
    even = RECIPES["digits"]
    assert torch.equal(likely(even)[1:], torch.full((1000,), 1e-3, dtype=torch.float64))
    settings = Training(noise_mean=-0.4, noise_std=1.0)
    recipe = dataclasses.replace(even, training=settings)
    generator = torch.Generator().manual_seed(0)
    t = draw_times(recipe, 20_000, generator)
    assert ((t >= 1) & (t <= 1000)).all()
    alpha_bar = recipe.make_schedule().alpha_bar[t]
    noise = 0.5 * ((1 - alpha_bar) / alpha_bar).log()
    assert float(noise.mean()) == pytest.approx(-0.4, abs=0.03)
    assert float(noise.std()) == pytest.approx(1.0, abs=0.03)


def test_without_a_distribution_the_times_are_drawn_as_before():
    generators = [torch.Generator().manual_seed(3) for _ in range(2)]
    t = draw_times(RECIPES["digits"], 64, generators[0])
    assert torch.equal(t, torch.randint(1, 1001, (64,), generator=generators[1]))
