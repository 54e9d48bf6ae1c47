"""The ten formulas of the page that sums up the course: its lines of code against the package's.

The page cuts its lines out of this file.
"""

import math

import torch

from ddpm.sampling import Step, ddim, posterior
from ddpm.schedule import NoiseSchedule

T, t, s, w = 100, 60, 40, 3.0
SHAPE = (2, 1, 4, 4)
CLOSE = 1e-5


def close(a, b) -> bool:
    """Whether two tensors differ by no more than rounding."""
    return float((torch.as_tensor(a) - torch.as_tensor(b)).abs().max()) < CLOSE


def test_each_line_does_what_the_package_does():
    generator = torch.Generator().manual_seed(0)
    x0, eps, z, weight = (torch.randn(SHAPE, generator=generator) for _ in range(4))
    beta = torch.cat([torch.zeros(1), torch.linspace(1e-4, 0.1, T)])

    def network(x, t, label=None):
        return weight * x + (0.0 if label is None else 0.1 * label)

    # --8<-- [start:schedule]
    alpha_bar = torch.cumprod(1 - beta, dim=0)  # beta[0] is 0
    # --8<-- [end:schedule]
    schedule = NoiseSchedule.from_betas(beta[1:].double())
    assert close(alpha_bar, schedule.alpha_bar)

    signal, sigma = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    # --8<-- [start:forward]
    x = signal[t] * x0 + sigma[t] * eps
    # --8<-- [end:forward]
    assert close(x, schedule.add_noise(x0, t, eps))

    # --8<-- [start:snr]
    log_snr = torch.log(alpha_bar[t] / (1 - alpha_bar[t]))
    # --8<-- [end:snr]
    assert close(log_snr, 2 * math.log(float(signal[t] / sigma[t])))

    # --8<-- [start:loss]
    loss = ((eps - network(x, t)) ** 2).mean()
    # --8<-- [end:loss]
    assert close(loss, torch.nn.functional.mse_loss(weight * x, eps))

    eps_hat = network(x, t)
    # --8<-- [start:x0]
    x0_hat = (x - sigma[t] * eps_hat) / signal[t]
    # --8<-- [end:x0]
    assert close(x0_hat, schedule.x0_from_eps(x, t, eps_hat))

    # --8<-- [start:velocity]
    v = signal[t] * eps - sigma[t] * x0
    # --8<-- [end:velocity]
    assert close(v, schedule.velocity(x0, t, eps))
    assert close(signal[t] * v + sigma[t] * x, eps)

    step = Step(x, t, s, eps_hat, x0_hat, schedule, lambda: z, lambda x, t: (eps_hat, x0_hat))
    # --8<-- [start:reverse]
    a = alpha_bar[t] / alpha_bar[s]
    mean = (signal[s] * (1 - a) * x0_hat + a.sqrt() * sigma[s] ** 2 * x) / sigma[t] ** 2
    x_s = mean + sigma[s] / sigma[t] * (1 - a).sqrt() * z
    # --8<-- [end:reverse]
    assert close(x_s, posterior(step))

    # --8<-- [start:ddim]
    x_s = signal[s] * x0_hat + sigma[s] * eps_hat
    # --8<-- [end:ddim]
    assert close(x_s, ddim(step))

    label = 1.0
    # --8<-- [start:guidance]
    eps_hat = network(x, t) + w * (network(x, t, label) - network(x, t))
    # --8<-- [end:guidance]
    assert close(eps_hat, weight * x + w * 0.1 * label)

    # --8<-- [start:score]
    score = -eps_hat / sigma[t]
    # --8<-- [end:score]
    assert close(score * sigma[t], -eps_hat)
