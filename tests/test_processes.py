"""What the environment says of other processes, and a process that is forked after sampling."""

import os
import subprocess
import sys

import pytest
import torch

from ddpm import processes as module
from ddpm.processes import Processes, processes

CPU = torch.device("cpu")
NAMES = ("WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
WHOLE = {
    "WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0",
    "MASTER_ADDR": "localhost", "MASTER_PORT": "29500",
}  # fmt: skip


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)

    def joined(*_, **__):
        raise AssertionError("it joins other processes")

    monkeypatch.setattr(module.distributed, "init_process_group", joined)


ALONE = {
    "nothing": {},
    "empty": {"WORLD_SIZE": ""},
    "one, of a cluster": {"WORLD_SIZE": "1"},
    "one, with its number": {"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0"},
    "one, by torchrun": {**WHOLE, "WORLD_SIZE": "1"},
    "one, in spaces": {"WORLD_SIZE": " 1 "},
    "a number without a count": {"RANK": "3"},
}


@pytest.mark.parametrize("given", ALONE.values(), ids=ALONE)
@pytest.mark.parametrize("device", [CPU, torch.device("cuda")])
def test_one_process_trains_alone(monkeypatch, given, device):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with processes(device) as (group, own):
        assert group == Processes(0, 1)
        assert own == device


REFUSED = {
    "a word": ({"WORLD_SIZE": "many"}, "WORLD_SIZE must be a whole number from 1, not 'many'"),
    "none": ({"WORLD_SIZE": "0"}, "WORLD_SIZE must be a whole number from 1"),
    "negative": ({"WORLD_SIZE": "-1"}, "WORLD_SIZE must be a whole number from 1"),
    "a half": ({"WORLD_SIZE": "1.5"}, "WORLD_SIZE must be a whole number from 1"),
    "too high": ({"RANK": "2"}, "RANK must be within 0..1, not 2"),
    "no rank": ({"RANK": "x"}, "RANK must be a whole number from 0"),
    "no port": ({"MASTER_PORT": "http"}, "MASTER_PORT must be a whole number from 0"),
    **{f"without {name}": ({name: ""}, f"WORLD_SIZE is 2 and {name} is not set: start")
       for name in NAMES[1:]},
}  # fmt: skip


@pytest.mark.parametrize(("change", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_meet_is_refused_in_one_line(monkeypatch, change, words):
    for name, value in {**WHOLE, **change}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError) as error, processes(CPU):
        pass
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_more_processes_than_gpus_are_refused(monkeypatch):
    for name, value in {**WHOLE, "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    cuda = torch.device("cuda")
    with pytest.raises(ValueError, match="process 1 has no GPU: there are 1"), processes(cuda):
        pass


FORKED = """
import multiprocessing, torch, ddpm

torch.set_num_threads(2)
model = ddpm.load("digits")

def sample(seed):
    return model.sample(labels=[3] * 8, steps=2, seed=seed).numpy()

here = sample(0)
with multiprocessing.get_context("fork").Pool(2) as pool:
    for there in pool.map_async(sample, [0, 0]).get(timeout=30):
        assert abs(here - there).max() < 1e-3
print("the same")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
def test_a_process_forked_after_sampling_samples_too():
    done = subprocess.run(
        [sys.executable, "-c", FORKED],
        env=os.environ | {"OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == "the same\n", done.stderr
