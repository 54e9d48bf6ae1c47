import dataclasses
import itertools
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from ddpm.averages import (
    LONGEST,
    Averages,
    Profile,
    clear,
    combination,
    due,
    exponent,
    folder_of,
    kept_in,
    reconstruct,
)
from ddpm.checkpoints import Run
from ddpm.files import write_tensors
from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.outputs import Outputs
from ddpm.recipes import DIGITS
from ddpm.training import train
from ddpm.trainings import keep
from scripts import lengths as command
from scripts.workshop import judge, lengths

LENGTHS = (0.05, 0.1)


@pytest.fixture
def small():
    training = dataclasses.replace(
        DIGITS.training, epochs=4, batch=25, lengths=LENGTHS, snapshots=4, rate=3e-3
    )
    options = {"width": 16, "blocks": 1, "classes": 10}
    return dataclasses.replace(DIGITS, name="small", options=options, training=training)


def counts(profile, steps):
    """How much each step counts: the integral of the profile over it."""
    power = exponent(profile.length) + 1
    edges = (np.minimum(np.arange(steps + 1), profile.step) / profile.step) ** power
    return np.diff(edges)


@pytest.mark.parametrize("length", [0.01, 0.05, 0.1, 0.25, LONGEST])
def test_the_exponent_gives_the_length(length):
    where = (np.arange(200_000) + 0.5) / 200_000
    weights = counts(Profile(200_000, length), 200_000)
    mean = (weights * where).sum()
    assert (weights * (where - mean) ** 2).sum() ** 0.5 == pytest.approx(length, rel=1e-3)


@pytest.mark.parametrize("length", [0, 0.29, float("nan")])
def test_a_length_out_of_range_is_refused(length):
    with pytest.raises(ValueError, match="length"):
        exponent(length)


def walk(steps):
    """A weight's values in a training that moves fast at first and then jitters."""
    random = np.random.default_rng(0)
    return np.exp(-np.arange(steps) / 60) + 0.05 * random.standard_normal(steps)


def running(lengths, values):
    """The averages of one weight after each step."""
    network = nn.Linear(1, 1, bias=False).double()
    averages, found = Averages(network, lengths), []
    for step, value in enumerate(values, 1):
        network.weight.data.fill_(value)
        averages.update(network, step)
        found.append([float(averages.weights[length][0]) for length in lengths])
    return np.array(found)


def test_a_running_average_is_the_sum_by_its_profile():
    values = walk(300)
    found = running(LENGTHS, values)
    for i, length in enumerate(LENGTHS):
        for step in (1, 7, 300):
            expected = (counts(Profile(step, length), 300) * values).sum()
            assert found[step - 1, i] == pytest.approx(expected, abs=1e-12)


def every(steps):
    return [Profile(step, length) for step in steps for length in LENGTHS]


@pytest.mark.parametrize("length", [0.03, 0.05, 0.07, 0.1, 0.15, 0.2])
def test_another_length_is_reconstructed_as_if_it_had_been_kept(length):
    steps = 400
    values, kept = walk(steps), every(range(25, 401, 25))
    steps_and_lengths = itertools.product(range(1, 401), LENGTHS)
    found = dict(zip(steps_and_lengths, running(LENGTHS, values).ravel(), strict=True))
    shares = combination(kept, wanted := Profile(steps, length))
    assert sum(shares) == pytest.approx(1)
    made = sum(a * found[one.step, one.length] for a, one in zip(shares, kept, strict=True))
    assert made == pytest.approx(running([length], values)[-1, 0], abs=2e-3)
    profile = sum(a * counts(one, steps) for a, one in zip(shares, kept, strict=True))
    error = np.linalg.norm(profile - counts(wanted, steps)) / np.linalg.norm(counts(wanted, steps))
    assert error < 0.05
    # No other sum of what was kept is nearer to the profile.
    table = np.stack([counts(one, steps) for one in kept], axis=1)
    best = np.linalg.lstsq(table, counts(wanted, steps), rcond=None)[0]
    nearest = np.linalg.norm(table @ best - counts(wanted, steps))
    assert np.linalg.norm(profile - counts(wanted, steps)) <= 1.05 * nearest + 1e-3


def test_what_was_kept_is_reconstructed_exactly():
    kept = every(range(100, 401, 100))
    for i, one in enumerate(kept):
        expected = [float(j == i) for j in range(len(kept))]
        assert combination(kept, one) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kept", [[], [Profile(1, 0.1), Profile(1, 0.1)]])
def test_nothing_and_the_same_twice_are_refused(kept):
    with pytest.raises(ValueError, match="kept must be"):
        combination(kept, Profile(1, 0.1))


def test_averages_are_put_aside_so_many_times_and_at_the_end():
    for snapshots, epochs in ((4, 24), (8, 60), (5, 5), (3, 100), (9, 4)):
        kept = [epoch for epoch in range(1, epochs + 1) if due(snapshots, epoch, epochs)]
        assert len(kept) == min(snapshots, epochs)
        assert kept[-1] == epochs


def run(recipe, digits, outputs, stop=None, state=None):
    state = state or Run.start(recipe)
    for progress in train(state, digits, digits[:20]):
        if progress.entry:
            keep(state, torch.device("cpu"), outputs, len(digits), 1)
            if state.epoch == stop:
                break
    return state


def test_a_training_that_was_stopped_leaves_the_same_averages(small, digits, tmp_path):
    outputs = [Outputs(tmp_path / f"{name}.safetensors") for name in ("whole", "parts")]
    whole = run(small, digits, outputs[0])
    run(small, digits, outputs[1], stop=2)
    state = Run.start(small)
    state.restore(outputs[1].checkpoint)
    parts = run(small, digits, outputs[1], state=state)
    for name, value in whole.averages.state().items():
        assert torch.equal(value, parts.averages.state()[name]), name
    folders = [folder_of(output.weights) for output in outputs]
    files = [sorted(path.name for path in folder.iterdir()) for folder in folders]
    assert files[0] == files[1] == [f"{8 * epoch:08}.safetensors" for epoch in (1, 2, 3, 4)]
    for name in files[0]:
        ours, theirs = (load_file(folder / name) for folder in folders)
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)

    length = 0.1
    network = reconstruct(folders[0], small, length)
    for ours, theirs in zip(network.parameters(), whole.averages.weights[length], strict=True):
        assert (ours - theirs).abs().max() < 1e-3  # they are kept in half precision
    other = reconstruct(folders[0], small, 0.2)
    pairs = zip(other.parameters(), network.parameters(), strict=True)
    assert any((a - b).abs().max() > 1e-4 for a, b in pairs)

    # A training that begins again removes what the first one put aside.
    write_tensors(folders[0] / "own.safetensors", {"a": torch.zeros(1)}, {})
    run(small, digits, outputs[0], stop=1)
    assert {path.name for path in folders[0].iterdir()} == {
        "00000008.safetensors",
        "own.safetensors",
    }
    clear(folders[0])
    assert {path.name for path in folders[0].iterdir()} == {"own.safetensors"}


def test_averages_of_another_training_are_refused(small, digits, tmp_path):
    outputs = Outputs(tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match="holds no averages of 'small'"):
        kept_in(folder_of(outputs.weights), small)
    state = run(small, digits, outputs, stop=1)
    folder = folder_of(outputs.weights)
    seeded = dataclasses.replace(small, training=dataclasses.replace(small.training, seed=1))
    with pytest.raises(ValueError, match="is of another recipe"):
        kept_in(folder, seeded)
    state.averages.save(folder, small, 99, (7, None))
    with pytest.raises(ValueError, match="of trainings of 2 lengths"):
        kept_in(folder, small)
    header = {"recipe": json.dumps(small.to_dict()), "step": "8", "plan": "null"}
    clear(folder)
    write_tensors(folder / "8.safetensors", {"0.05/a": torch.zeros(1)}, header)
    with pytest.raises(ValueError, match=r"tensor '0.05/a' that is not the network's"):
        reconstruct(folder, small, 0.1)


def test_a_network_with_buffers_is_refused():
    with pytest.raises(ValueError, match="lengths must be empty"):
        Averages(nn.BatchNorm2d(4), [0.1])


def test_the_best_length_becomes_the_files_average(call, small, digits, tmp_path, monkeypatch):
    outputs = Outputs(tmp_path / "small.safetensors")
    state = run(small, digits, outputs)
    model = Diffusion(small, state.averaged, header={"images": 200})
    model.save(outputs.weights, {"raw": state.network})
    before = load(outputs.weights)

    def one_length(recipe, weights, length, count):
        return {"length": length, "fid": abs(length - 0.08), "accuracy": 0.5}

    monkeypatch.setattr(command, "one_length", one_length)
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    monkeypatch.setattr(judge, "ROOT", tmp_path)
    assert call("lengths", outputs.weights, "--quick")[0] == 0
    assert load(outputs.weights).header == before.header
    code, out, _ = call("lengths", outputs.weights)
    assert code == 0
    assert "length 0.08: FID 0.0000, 50.00%  <- kept" in out
    after, expected = load(outputs.weights), reconstruct(folder_of(outputs.weights), small, 0.08)
    assert after.header == before.header | {"average_length": 0.08}
    for ours, theirs in zip(after.network.parameters(), expected.parameters(), strict=True):
        assert torch.equal(ours, theirs.half().float())
    raws = [load(outputs.weights, weights="raw").network, state.network]
    for ours, theirs in zip(*(network.parameters() for network in raws), strict=True):
        assert torch.equal(ours, theirs.half().float())
    record = json.loads((tmp_path / "lengths.json").read_text())["models"]["small"]
    assert record["chosen"] == 0.08
    assert record["kept"] == [8, 16, 24, 32]
    assert "command" in record["how"]


def test_a_length_is_judged_by_validation_digits(small, digits, tmp_path, monkeypatch):
    outputs = Outputs(tmp_path / "small.safetensors")
    run(small, digits, outputs)
    seen = []
    monkeypatch.setattr(lengths, "distance", lambda: lambda images: seen.append(images) or 3.0)
    monkeypatch.setattr(lengths, "HOW", {"sampler": "ddim", "steps": 1, "guidance": 1.0})
    row = lengths.one_length(small, outputs.weights, 0.1, 10)
    assert (row["length"], row["fid"]) == (0.1, 3.0)
    assert 0 <= row["accuracy"] <= 1
    assert seen[0].shape == (10, 1, 28, 28)
