"""Which device is taken, and what goes between it and the CPU.

No GPU is needed. The queries for devices are replaced, and torch's device `meta`, which computes
shapes and types but no numbers, takes the place of an accelerator: reading a number from it fails.
"""

import dataclasses
import subprocess
import sys

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import ddpm
from ddpm import devices
from ddpm.checkpoints import Run
from ddpm.devices import as_device, default_device, fast_arithmetic
from ddpm.model import Diffusion
from ddpm.recipes import CLASS
from ddpm.records import device_name
from ddpm.training import loss, time_weight, update_average


class Watch(TorchDispatchMode):
    """Refuses float64 on `meta`, and lists what involves both the CPU and `meta`."""

    def __init__(self):
        super().__init__()
        self.crossings = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        tensors = [v for v in tree_leaves((args, kwargs, result)) if isinstance(v, torch.Tensor)]
        for tensor in tensors:
            if tensor.device.type == "meta" and tensor.dtype == torch.float64:
                raise TypeError(f"{function} makes float64 on a device without it")
        if len({tensor.device.type for tensor in tensors}) > 1:
            self.crossings.append(str(function))
        return result


@pytest.fixture
def recipe():
    """A small guided recipe whose network runs on `meta`."""
    options = {"width": 4, "time": True, "classes": 10}
    return dataclasses.replace(CLASS, options=options, predicts="v")


def test_what_watches_sees_a_crossing_and_float64():
    with Watch() as watch:
        torch.zeros(2).to("meta")
        assert len(watch.crossings) == 1
        with pytest.raises(TypeError, match="float64"):
            torch.zeros(2, dtype=torch.float64).to("meta")
    with pytest.raises(RuntimeError, match="meta"):
        float(torch.zeros((), device="meta"))


@pytest.mark.parametrize("sampler", ["ddim", "heun", "dpm-solver", "no-noise"])
def test_a_deterministic_step_moves_nothing_between_cpu_and_device(recipe, sampler):
    states = Diffusion(recipe, device="meta").states(labels=[1, 2], steps=6, sampler=sampler)
    with Watch() as watch:
        assert len([*states]) == 7
    assert watch.crossings == []


def test_a_random_step_moves_its_noise_alone(recipe):
    model = Diffusion(recipe, device="meta")
    states = model.states(labels=[1, 2], path=(6, 4, 5, 3, 0), sampler="ancestral")
    with Watch() as watch:
        assert len([*states]) == 5
    assert len(watch.crossings) == 3  # no noise is added in the step to 0


def test_labels_are_checked_before_they_go_to_the_device(recipe):
    model = Diffusion(recipe, device="meta")
    with Watch() as watch:
        model.eps_fn([1, 2, 3], guidance=2.0)
    assert len(watch.crossings) == 1


def test_a_training_step_waits_for_nothing_and_needs_no_float64(recipe):
    settings = dataclasses.replace(recipe.training, min_snr=5.0)
    recipe = dataclasses.replace(recipe, training=settings)
    crossings = []
    with Watch() as watch:
        run, schedule = Run.start(recipe, "meta"), recipe.make_schedule()
        weight = time_weight(recipe).to("meta")
        x0, eps = torch.zeros(2, 3, 1, 28, 28, device="meta")
        labels = t = torch.ones(3, dtype=torch.long, device="meta")
        for step in range(3):
            watch.crossings.clear()
            error = loss(run.network, recipe, schedule, x0, labels, t, eps, weight)
            run.optimizer.zero_grad()
            error.backward()
            run.optimizer.step()
            update_average(run.averaged, run.network, 0.9, step)
            crossings.append(len(watch.crossings))
    assert crossings == [2, 0, 0]  # the schedule's two tables, once


@pytest.mark.filterwarnings("ignore:.*to a meta parameter.*no-op")
def test_a_restored_run_counts_its_steps_where_the_optimizer_looks(recipe, tmp_path):
    run = Run.start(recipe)
    for parameter in run.network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    run.optimizer.step()
    run.save(tmp_path / "run.safetensors")
    # AdamW counts on the CPU, unless it is fused, which it is on CPUs and CUDA GPUs alone.
    other = Run.start(recipe, "meta")
    other.restore(tmp_path / "run.safetensors")
    states = other.optimizer.state.values()
    assert {state["step"].device.type for state in states} == {"cpu"}
    assert {state["exp_avg"].device.type for state in states} == {"meta"}


@pytest.mark.parametrize(
    ("cuda", "accelerator", "expected"),
    [
        (True, "cuda", "cuda"),
        (True, None, "cuda"),
        (False, "mps", "mps"),
        (False, "xpu", "xpu"),
        (False, None, "cpu"),
    ],
)
def test_the_default_device(monkeypatch, cuda, accelerator, expected):
    # torch names an accelerator that it was built for even where the machine has none.
    named = torch.device(accelerator or "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: accelerator is not None)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: named)
    assert default_device() == torch.device(expected)


def test_a_device_by_name(monkeypatch):
    assert as_device("cpu") == as_device(torch.device("cpu")) == torch.device("cpu")
    monkeypatch.setattr("ddpm.devices.default_device", lambda: torch.device("meta"))
    assert as_device(None) == torch.device("meta")


@pytest.mark.parametrize("name", ["cuda:99", "abacus"])
def test_a_device_that_is_not_there_is_refused_in_one_line(name):
    with pytest.raises(ValueError, match=f"device '{name}' is not available; '.+' is$") as caught:
        ddpm.load("digits", name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("native", [True, False])
def test_bfloat16_is_for_devices_that_compute_with_it(monkeypatch, native):
    def supported(including_emulation=True):
        return native or including_emulation

    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native)
    with fast_arithmetic(torch.device("cpu")):
        assert torch.is_autocast_enabled("cpu") == native
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda.amp.common, "amp_definitely_not_available", lambda: False)
    with fast_arithmetic(torch.device("cuda")):
        assert torch.is_autocast_enabled("cuda") == native
        assert not native or torch.get_autocast_dtype("cuda") == torch.bfloat16


@pytest.mark.parametrize("name", ["mps", "xpu", "meta"])
def test_other_accelerators_compute_in_float32(name):
    with fast_arithmetic(torch.device(name)):
        assert not any(torch.is_autocast_enabled(kind) for kind in ("cpu", "cuda", "mps", "xpu"))


def test_a_record_names_the_kind_of_accelerator():
    assert device_name(torch.device("mps")).startswith("mps, ")
    assert device_name(torch.device("cpu")).startswith("CPU, ")


def test_only_linux_is_asked_to_keep_freed_memory(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not devices.keep_freed_memory()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is asked")
def test_memory_that_was_freed_is_kept():
    code = """
import resource, torch
from ddpm.devices import keep_freed_memory
KEEP
for _ in range(3):
    torch.ones(16_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.ones(16_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    faults = [
        int(subprocess.run([sys.executable, "-c", code.replace("KEEP", line)],
                           capture_output=True, text=True, check=True).stdout)
        for line in ("", "assert keep_freed_memory()")
    ]  # fmt: skip
    assert faults[1] < faults[0] / 2  # how many are left depends on what else is on the heap
