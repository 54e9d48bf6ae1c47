"""Several processes that train one model together, as `torchrun` starts them.

Every process draws the whole batch's random numbers and takes its own part of them, so that any
number of processes trains on the same images, times and noise.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Processes:
    """Which of how many this one is.

    Attributes:
        rank: 0 for the first, the one that logs and writes.
        count: how many there are; 1 without torchrun.
    """

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that logs and writes."""
        return self.rank == 0

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network, such that its gradients are the mean over all processes."""
        return network if self.count == 1 else DistributedDataParallel(network)

    def part(self, batch: int) -> slice:
        """This process's share of a batch.

        Raises:
            ValueError: the batch cannot be shared out evenly.
        """
        if batch % self.count:
            raise ValueError(f"{self.count} processes cannot share a batch of {batch} evenly")
        size = batch // self.count
        return slice(self.rank * size, (self.rank + 1) * size)

    def mean(self, value: Tensor) -> float:
        """The mean of every process's value."""
        if self.count > 1:
            value = value.clone()
            distributed.all_reduce(value)
        return float(value) / self.count


@contextmanager
def processes(device: torch.device) -> Iterator[tuple[Processes, torch.device]]:
    """Joins the processes that torchrun started; without torchrun there is one.

    Args:
        device: cpu, or cuda for a GPU per process.

    Yields:
        The processes, and the device of this one.

    Raises:
        ValueError: the environment speaks of several processes and does not say how they meet, or
            there are fewer GPUs than processes.
    """
    count = _whole("WORLD_SIZE", at_least=1) if os.environ.get("WORLD_SIZE") else 1
    if count == 1:  # clusters set this in jobs of one process too, where nothing is there to join
        yield Processes(), device
        return
    _check_meeting(count)
    if device.type == "cuda":
        device = torch.device("cuda", _whole("LOCAL_RANK"))
        if device.index >= torch.cuda.device_count():
            raise ValueError(
                f"process {device.index} has no GPU: there are {torch.cuda.device_count()}; start"
                " one process for each GPU"
            )
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(distributed.get_rank(), distributed.get_world_size()), device
    finally:
        distributed.destroy_process_group()


def _check_meeting(count: int) -> None:
    """Several processes need a number each and a place to meet, as torchrun gives them."""
    needed = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
    if missing := [name for name in needed if not os.environ.get(name)]:
        raise ValueError(
            f"WORLD_SIZE is {count} and {missing[0]} is not set: start several processes by"
            " `torchrun`, or unset WORLD_SIZE to train alone"
        )
    _whole("MASTER_PORT")
    if (rank := _whole("RANK")) >= count:
        raise ValueError(f"RANK must be within 0..{count - 1}, not {rank}")


def _whole(name: str, at_least: int = 0) -> int:
    """A whole number from the environment."""
    text = os.environ[name].strip()
    if not (text.isascii() and text.isdigit() and int(text) >= at_least):
        raise ValueError(
            f"{name} must be a whole number from {at_least}, not {text!r}; unset it to train alone"
        )
    return int(text)
