"""Where to compute, and with which arithmetic."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

from ddpm.memory import keep_freed_memory as keep_freed_memory


def default_device() -> torch.device:
    """A CUDA GPU if there is one, else another accelerator that torch finds, else the CPU.

    Other accelerators are, for example, Apple's GPUs (`mps`) and Intel's (`xpu`).
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return found or torch.device("cpu")


def as_device(device: torch.device | str | None) -> torch.device:
    """The device of that name, or `default_device()` for None.

    Raises:
        ValueError: torch has no such device, or this machine has none.
    """
    if device is None:
        return default_device()
    try:
        # Brought back, which "meta" cannot be: nothing is computed there.
        found = torch.empty(0, device=device)
        found.cpu()
        return found.device
    except (RuntimeError, AssertionError, TypeError, ImportError, AttributeError) as error:
        default = default_device()
        raise ValueError(f"device '{device}' is not available; '{default}' is") from error


@contextmanager
def plain_defaults(device: str = "cpu") -> Iterator[None]:
    """While it is entered, new tensors are float32, on a device, and let gradients flow.

    So a network is made in the same way whatever torch's defaults are.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.device(device), torch.inference_mode(False):
            yield
    finally:
        torch.set_default_dtype(before)


def fast_arithmetic(device: torch.device) -> torch.autocast | nullcontext[None]:
    """bfloat16 where the device itself computes with it, else a context that changes nothing.

    Where bfloat16 is emulated it is slower than float32. On accelerators other than CUDA GPUs
    everything is computed in float32.
    """
    if device.type == "cpu":
        native = torch.cpu._is_avx512_bf16_supported()
    else:
        native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, torch.bfloat16) if native else nullcontext()


def one_thread_after_a_fork() -> bool:
    """Asks for one thread of torch in every process that is forked from this one.

    The threads of OpenMP that computed here are not there in a forked process, which would wait
    for them for ever: a notebook's pool of workers, for example. With one thread none is waited
    for, as in the workers of torch's own `DataLoader`. A new process (`spawn`) is not concerned.

    Returns:
        Whether this system forks at all; Windows does not.
    """
    if not hasattr(os, "register_at_fork"):
        return False
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))
    return True


one_thread_after_a_fork()
