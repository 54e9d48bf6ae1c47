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
        The processes, and this one's own device.
    """
    if "WORLD_SIZE" not in os.environ:
        yield Processes(), device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(distributed.get_rank(), distributed.get_world_size()), device
    finally:
        distributed.destroy_process_group()
