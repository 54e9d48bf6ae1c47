"""Unfinished samples: the inputs of the generator of distribution matching in training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ddpm.schedule import NoiseSchedule


# --8<-- [start:chains]
class Chains:
    """Images on their way from noise through the generator's steps, each at a place of its own.

    This is backward simulation (DMD2, section 4.5) of one step an update: the generator is asked
    about x at time t, and `advance` adds the noise of the next time to its answer. So a chain is
    made of the generator's own samples, as in sampling, and costs no evaluation of its own. At
    first, chains are noised real images.

    Attributes:
        x: (N, C, H, W). t, labels: integer (N,).
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        schedule: NoiseSchedule,
        counts: Sequence[int],
        batch: int,
        jitter: float,
        generator: torch.Generator,
    ):
        self.schedule, self.jitter, self.generator = schedule, jitter, generator
        self.known, self.device = labels, images.device
        self.counts = torch.tensor(counts, device=self.device)
        self.n = self.counts[self._whole(len(counts), batch)]
        self.k = (self.n * self._uniform(batch)).long().minimum(self.n - 1)
        chosen = self._whole(len(images), batch)
        self.labels = labels[chosen]
        self._noise(images[chosen])

    def advance(self, x0: Tensor) -> None:
        """Continues from the generator's answers (N, C, H, W); a chain that is done starts again.

        Chains of n steps begin in proportion to 1 / n, so each n has the same number of updates.
        """
        batch = len(x0)
        share = (1 / self.counts).cumsum(0)
        new = self.counts[torch.searchsorted(share, share[-1] * self._uniform(batch))]
        labels = self.known[self._whole(len(self.known), batch)]
        done = self.k + 1 == self.n
        self.n, self.labels = new.where(done, self.n), labels.where(done, self.labels)
        self.k = (self.k + 1).where(~done, 0)
        self._noise(x0.detach())

    def _noise(self, x0: Tensor) -> None:
        T, first = self.schedule.T, self.k == 0
        moved = self.k + self.jitter * (self._uniform(len(x0)) - 0.5)
        t = (T * (self.n - moved) / self.n).round().long()
        self.t = t.clamp(1, T).where(~first, T)
        z = torch.randn(x0.shape, generator=self.generator, device=self.device)
        self.x = z.where(first[:, None, None, None], self.schedule.add_noise(x0, self.t, z))

    def _uniform(self, count: int) -> Tensor:
        return torch.rand(count, generator=self.generator, device=self.device)

    def _whole(self, below: int, count: int) -> Tensor:
        return torch.randint(below, (count,), generator=self.generator, device=self.device)
        # --8<-- [end:chains]
