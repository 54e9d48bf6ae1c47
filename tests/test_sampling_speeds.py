"""Speeds of sampling: what is timed, how often, in which order, and what is made of the times."""

from contextlib import nullcontext

import pytest
import torch

from ddpm.model import Diffusion
from ddpm.recipes import recipe
from ddpm.serving import steps_of
from scripts import bench
from scripts.workshop import sampling_speeds as speeds

CPU = torch.device("cpu")


@pytest.fixture
def clock(monkeypatch):
    """Times that are known beforehand: bfloat16 takes half of float32's, and rises with calls."""
    calls = []

    def timed(model, arithmetic, labels, first=0, **options):
        fast = not isinstance(arithmetic(), nullcontext)
        calls.append((model.recipe.name, fast, labels.tolist(), first, options))
        return torch.full((len(labels), 1, 28, 28), float(fast)), len(calls) * (1 + (not fast))

    monkeypatch.setattr(speeds, "timed", timed)
    return calls


def test_the_settings_are_of_models_that_come_with_the_package_and_take_few_evaluations():
    evaluations = {}
    for name, how in speeds.SETTINGS.items():
        assert steps_of(recipe(name), how["steps"], "trailing") == how["steps"]
        evaluations[name] = how["steps"] * (1 if how["guidance"] == 1 else 2)
    assert evaluations == {"digits": 20, "digits-fast": 4}


def test_each_size_of_a_batch_is_timed_as_often_as_it_says_after_a_warm_up(clock, monkeypatch):
    monkeypatch.setattr(speeds, "BATCHES", {1: 3, 20: 1})
    monkeypatch.setattr(speeds, "fast_arithmetic", lambda device: nullcontext())
    found = speeds.in_batches(CPU)
    sizes = [len(labels) for name, _, labels, *_ in clock if name == "digits"]
    assert sizes == [1, 1, 1, 1, 20]
    assert found["rows"]["digits"] == {"1": 2 * 3, "20": 2 * 5 / 20}  # of calls 2, 3 and 4; 5
    assert [*found["rows"]] == [*found["settings"]] == ["digits", "digits-fast"]


def test_bfloat16_and_float32_take_turns_over_the_same_digits(clock, monkeypatch):
    judged = []

    def verdict(images, asked):
        judged.append((images.unique().tolist(), len(images), asked))
        return {"fid": float(images.mean())}

    monkeypatch.setattr(speeds, "verdict", verdict)
    monkeypatch.setattr(speeds, "natural_labels", lambda count: torch.arange(count) % 10)
    found = speeds.both_arithmetics(CPU, count=60, batch=20)
    own = [call for call in clock if call[0] == "digits"]
    assert [fast for _, fast, *_ in own] == [True, False] * 4  # one pair to warm up
    assert [first for *_, first, _ in own] == [0, 0, 0, 0, 20, 20, 40, 40]
    for bfloat16, float32 in zip(own[::2], own[1::2], strict=True):
        assert bfloat16[2:] == float32[2:]
    row = found["rows"]["digits"]
    assert (row["ratio"], row["pairs"]) == (5 / 12, 3)  # of 3/8, 5/12 and 7/16
    assert (row["bfloat16"], row["float32"]) == (
        {"seconds": 5 / 20, "fid": 1.0}, {"seconds": 12 / 20, "fid": 0.0},
    )  # fmt: skip
    assert [(value, n) for value, n, _ in judged[:2]] == [([1.0], 60), ([0.0], 60)]
    assert judged[0][2].tolist() == [label for _, _, labels, *_ in own[2::2] for label in labels]


def test_images_are_sampled_in_the_arithmetic_that_is_asked_for(tiny):
    model = Diffusion(tiny)
    seen, labels = [], torch.tensor([3, 1])
    model.network.register_forward_hook(lambda *_: seen.append(torch.is_autocast_enabled("cpu")))

    def fast():
        return torch.autocast("cpu", torch.bfloat16)

    for arithmetic in (fast, nullcontext):
        images, spent = speeds.timed(model, arithmetic, labels, steps=2, guidance=1.0)
        assert (images.dtype, images.shape[0]) == (torch.float32, 2)
        assert spent > 0
    assert seen == [True, True, False, False]


def test_beside_a_peer_at_least_ten_pairs_are_timed_and_more_of_the_loops_alone(monkeypatch):
    peers = pytest.importorskip("scripts.workshop.peers")
    networks = []

    def rivals(model, count):
        networks.append(model.network)
        return {"a peer": ("ddim", lambda: None)}

    monkeypatch.setattr(peers, "rivals", rivals)
    monkeypatch.setattr(Diffusion, "sample", lambda model, **options: options["guidance"])
    took = {"ours": 6.4, "theirs": 3.2, "ratio": 2}
    monkeypatch.setattr(speeds, "paired", lambda ours, theirs, pairs: took | {"pairs": pairs})
    rows = [speeds.beside_peers(CPU, pairs)["rows"]["a peer"] for pairs in (bench.PAIRS, 12)]
    assert [row["pairs"] for row in rows] == [10, 12]
    assert (rows[0]["ours"], rows[0]["theirs"]) == (0.1, 0.05)  # of 64 images
    assert rows[0]["alone"] == {
        "ours_ms": 256, "theirs_ms": 128, "makes": 2, "pairs": speeds.ALONE,
    }  # fmt: skip
    assert [isinstance(network, speeds.Echo) for network in networks] == [False, True] * 2
    assert rows[0]["outcome"] == "missed"
    took |= {"ours": 3.2, "ratio": 1.0}
    assert speeds.beside_peers(CPU, 10)["rows"]["a peer"]["outcome"] == "reached"


def test_the_loops_alone_make_the_same_steps_without_a_network_that_takes_time():
    pytest.importorskip("scripts.workshop.peers")
    model = Diffusion(recipe("digits"), speeds.Echo())
    table = speeds.against_peers(model, count=4, pairs=1)
    assert len(table) == 5
    assert all(row["ours"] > 0 and row["theirs"] > 0 for row in table.values())
    assert model.sample(2, labels=[1, 2], steps=25).isfinite().all()


def test_a_ratio_stands_beside_that_of_the_run_before():
    rows = {"a peer": {"ratio": 1.02}, "a new one": {"ratio": 0.9}}
    bench.beside_the_run_before(rows, {"a peer": {"ratio": 0.98, "before": 1.1}, "gone": {}})
    assert rows == {"a peer": {"ratio": 1.02, "before": 0.98}, "a new one": {"ratio": 0.9}}
