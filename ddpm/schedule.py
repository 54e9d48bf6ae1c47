"""The forward process: how much signal and how much noise there is at each time.

Notation, here and everywhere else: `t = 0` is the clean image and `t = T` is noise;
`alpha_bar[0] == 1`; `eps` is noise from N(0, I).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ddpm import arguments, tensors

Time = int | Tensor
"""One time for a whole batch, or an integer tensor (N,) with one time per image."""


LONGEST = 1_000_000
"""More steps are taken for a mistake."""


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    """A variance-preserving noise schedule over the times 0..T.

    Attributes:
        beta: float64 (T + 1,) on the CPU. `beta[t]` is the variance added by the step
            t - 1 -> t; `beta[0] == 0`.
        alpha_bar: float64 (T + 1,) on the CPU. The share of signal variance left at t, the
            running product of `1 - beta`; `alpha_bar[0] == 1`.

    Source: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", section 2.
    """

    beta: Tensor
    alpha_bar: Tensor
    _tables: dict[tuple[str, torch.device, torch.dtype], Tensor] = field(
        default_factory=dict, init=False, repr=False
    )

    @classmethod
    def from_betas(cls, beta: Tensor) -> NoiseSchedule:
        """Makes a schedule from the T values beta_1..beta_T, each strictly between 0 and 1.

        Raises:
            ValueError: `beta` is empty, not one-dimensional, or has a value outside (0, 1).
        """
        values = arguments.listed("beta", beta, "numbers")
        checked = [arguments.number("beta", value) for value in values]
        beta = torch.tensor(checked, dtype=torch.float64, device="cpu")
        if beta.ndim != 1 or len(beta) == 0 or not bool(((beta > 0) & (beta < 1)).all()):
            raise ValueError("a schedule needs at least one beta, each strictly between 0 and 1")
        beta = torch.cat([beta.new_zeros(1), beta])
        return cls(beta, torch.cumprod(1 - beta, 0))

    # --8<-- [start:made]
    @classmethod
    def linear(cls, T: int, start: float = 1e-4, end: float = 0.02) -> NoiseSchedule:
        """Beta grows evenly from `start` at t = 1 to `end` at t = T (Ho et al. 2020)."""
        T = arguments.integer("T", T, 1, LONGEST)
        ends = arguments.number("start", start), arguments.number("end", end)
        return cls.from_betas(torch.linspace(*ends, T, dtype=torch.float64, device="cpu"))

    @classmethod
    def cosine(cls, T: int, offset: float = 0.008, beta_max: float = 0.999) -> NoiseSchedule:
        """alpha_bar follows a squared cosine (Nichol and Dhariwal 2021, equation 17)."""
        T = arguments.integer("T", T, 1, LONGEST)
        u = torch.arange(T + 1, dtype=torch.float64, device="cpu") / T
        signal = torch.cos((u + offset) / (1 + offset) * math.pi / 2) ** 2
        return cls.from_betas((1 - signal[1:] / signal[:-1]).clamp(max=beta_max))
        # --8<-- [end:made]

    @classmethod
    def single(cls, T: int = 1) -> NoiseSchedule:
        """One step, by which noise of sigma 0.5 is added to a clean image of amplitude 1.

        A denoiser for that one level of noise is a diffusion model with T = 1: alpha_bar_1 is
        1 / (1 + sigma^2) = 0.8, so x_1 is `x_0 + sigma eps` times sqrt(0.8).

        Raises:
            ValueError: T is not 1.
        """
        if arguments.integer("T", T) != 1:
            raise ValueError(f"T must be 1, since this schedule has one step, not {T}")
        return cls.from_betas(torch.tensor([0.2], dtype=torch.float32, device="cpu"))

    @property
    def T(self) -> int:
        """The last time, where (almost) only noise is left."""
        return len(self.beta) - 1

    # --8<-- [start:coefficients]
    def signal(self, t: Time, like: Tensor) -> Tensor:
        """sqrt(alpha_bar_t), shaped to multiply `like` (N, ...): the amplitude of the image."""
        return self._at("signal", torch.sqrt, t, like)

    def sigma(self, t: Time, like: Tensor) -> Tensor:
        """sqrt(1 - alpha_bar_t), shaped to multiply `like` (N, ...): that of the noise."""
        return self._at("sigma", lambda alpha_bar: (1 - alpha_bar).sqrt(), t, like)
        # --8<-- [end:coefficients]

    # --8<-- [start:add_noise]
    def add_noise(self, x0: Tensor, t: Time, eps: Tensor) -> Tensor:
        """x_t sampled straight from x_0 (Ho et al. 2020, equation 4).

        Args:
            x0: clean images (N, C, H, W) in the network's range.
            t: one time 0..T, or one per image as an integer tensor (N,).
            eps: standard normal noise of the shape of `x0`.
        """
        eps = tensors.same("eps", eps, tensors.same("x0", x0))
        return self.signal(t, x0) * x0 + self.sigma(t, x0) * eps
        # --8<-- [end:add_noise]

    def renoise(self, x: Tensor, s: int, t: int, eps: Tensor) -> Tensor:
        """x_t sampled from x_s, for s <= t: the forward process from time s on."""
        t = arguments.integer("t", t, 0, self.T)
        s = arguments.integer("s", s, 0, t)
        ratio = float(self.alpha_bar[t] / self.alpha_bar[s])
        return math.sqrt(ratio) * x + math.sqrt(1 - ratio) * eps

    # --8<-- [start:x0_from_eps]
    def x0_from_eps(self, x: Tensor, t: Time, eps: Tensor) -> Tensor:
        """The clean image that x_t and a noise estimate imply: `add_noise` solved for x_0."""
        return (x - self.sigma(t, x) * eps) / self.signal(t, x)
        # --8<-- [end:x0_from_eps]

    def eps_from_x0(self, x: Tensor, t: Time, x0: Tensor) -> Tensor:
        """The noise that x_t and a clean image imply: `add_noise` solved for eps (t >= 1)."""
        return (x - self.signal(t, x) * x0) / self.sigma(t, x)

    # --8<-- [start:velocity]
    def velocity(self, x0: Tensor, t: Time, eps: Tensor) -> Tensor:
        """v: how fast x_t turns from image to noise (Salimans and Ho 2022, appendix D)."""
        return self.signal(t, x0) * eps - self.sigma(t, x0) * x0

    def eps_from_v(self, x: Tensor, t: Time, v: Tensor) -> Tensor:
        """The noise that x_t and a velocity imply."""
        return self.signal(t, x) * v + self.sigma(t, x) * x
        # --8<-- [end:velocity]

    def x0_from_v(self, x: Tensor, t: Time, v: Tensor) -> Tensor:
        """The clean image that x_t and a velocity imply."""
        return self.signal(t, x) * x - self.sigma(t, x) * v

    def coefficients(self, t: int) -> dict[str, float]:
        """The numbers of one time 1..T by name, as a textbook tabulates them.

        Raises:
            ValueError: t is outside 1..T.
        """
        t = arguments.integer("t", t, 1, self.T)
        beta, alpha_bar = float(self.beta[t]), float(self.alpha_bar[t])
        return {
            "beta_t": beta,
            "sqrt_beta_t": math.sqrt(beta),
            "alpha_t": 1 - beta,
            "oneover_sqrt_alpha_t": 1 / math.sqrt(1 - beta),
            "alpha_bar_t": alpha_bar,
            "sqrt_alpha_bar_t": math.sqrt(alpha_bar),
            "sqrt_one_minus_alpha_bar_t": math.sqrt(1 - alpha_bar),
        }

    def _at(self, name: str, of: Callable[[Tensor], Tensor], t: Time, like: Tensor) -> Tensor:
        """of(alpha_bar_t) with the device and the type of `like`: no GPU waits for it.

        Some devices have no float64, so the values are converted before they go there, and the
        table for times that lie on the device is kept.
        """
        shape = (-1, *[1] * (tensors.same("images", like).ndim - 1))
        if isinstance(t, Tensor) and t.ndim > 0:
            tensors.each_time("t", t, self.T, len(like))
            key = (name, like.device, like.dtype)
            if key not in self._tables:
                with torch.inference_mode(False):  # a training may use the table later
                    self._tables[key] = of(self.alpha_bar).to(like.dtype).to(like.device)
            return self._tables[key][t.to(like.device)].reshape(shape)
        t = arguments.integer("t", t, 0, self.T)
        return like.new_full((1,) * like.ndim, float(of(self.alpha_bar[t])))
