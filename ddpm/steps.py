"""What a rule for a single step of a sampler is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ddpm.schedule import NoiseSchedule


@dataclass(frozen=True, eq=False)
class Step:
    """What a step rule may look at on the way from x at time t to time s < t.

    Attributes:
        x, t, s: the images, their time, and the time to reach.
        eps, x0: the noise estimate at (x, t) and the clean image it implies.
        schedule: the noise schedule.
        noise: draws standard normal noise of the shape of x; a rule that does not call it
            is deterministic.
        estimate: (x, t) -> (eps, x0), for rules that look a second time.
        before: the step made before this one, for rules that remember.
        variance: what the network predicts of the step's variance, of the shape of x, if it does.
    """

    x: Tensor
    t: int
    s: int
    eps: Tensor
    x0: Tensor
    schedule: NoiseSchedule
    noise: Callable[[], Tensor]
    estimate: Callable[[Tensor, int], tuple[Tensor, Tensor]]
    before: Step | None = None
    variance: Tensor | None = None

    @property
    def alpha(self) -> float:
        """alpha_bar_t / alpha_bar_s: the share of variance kept from s to t."""
        return float(self.schedule.alpha_bar[self.t] / self.schedule.alpha_bar[self.s])

    @property
    def alpha_bars(self) -> tuple[float, float]:
        """alpha_bar at t and at s."""
        return float(self.schedule.alpha_bar[self.t]), float(self.schedule.alpha_bar[self.s])


StepRule = Callable[[Step], Tensor]
"""From a step to the images (N, C, H, W) at its time s."""
