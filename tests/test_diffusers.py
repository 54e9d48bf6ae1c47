"""Our step rules against the schedulers of another library, step for step on the same network."""

from dataclasses import replace
from functools import partial

import diffusers
import pytest
import torch

from ddpm.sampling import ddim, dpm_solver, heun, sample
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import strided, uniform

SCHEDULE = NoiseSchedule.linear(1000)
SETTINGS = {"num_train_timesteps": 1000, "beta_start": 1e-4, "beta_end": 0.02}


@pytest.fixture(scope="module")
def network():
    """The exact noise estimate for N(0.4, 0.3^2), bent by a small random convolution.

    It depends on the time, so that a wrong time would show, and its images stay of the size of 1.
    """
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(1, 1, 3, padding=1)

    @torch.no_grad()
    def eps_fn(x, t):
        ab = float(SCHEDULE.alpha_bar[t])
        exact = (1 - ab) ** 0.5 / (ab * 0.09 + 1 - ab) * (x - ab**0.5 * 0.4)
        return exact + 0.3 * ab**0.5 * torch.tanh(layer(x))

    return eps_fn


def theirs(scheduler, network, x, steps, **options):
    """The states x that a scheduler goes through, and its times in our numbering."""
    scheduler.set_timesteps(steps)
    states, times = [x], []
    x = x * scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        scaled = scheduler.scale_model_input(x, t)
        times.append(round(float(t)) + 1)
        x = scheduler.step(network(scaled, times[-1]), t, x, **options).prev_sample
        states.append(x)
    return states, times


@pytest.mark.parametrize("steps", [5, 10, 100])
@pytest.mark.parametrize(("spacing", "path"), [("trailing", strided), ("leading", uniform)])
def test_ddim_is_theirs(network, steps, spacing, path):
    scheduler = diffusers.DDIMScheduler(
        **SETTINGS, clip_sample=False, timestep_spacing=spacing, set_alpha_to_one=True
    )
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    expected, times = theirs(scheduler, network, x, steps)
    visited = path(1000, steps)
    assert times == list(visited[:-1])
    states = [state.x for state in sample(network, x, visited, SCHEDULE, ddim)]
    for ours, other in zip(states[:-1], expected[:-1], strict=True):
        assert (ours - other).abs().max() < 1e-4
    if spacing == "trailing":  # at the end theirs goes to t = 1 - stride, ours to 0
        assert (states[-1] - expected[-1]).abs().max() < 1e-4


@pytest.mark.parametrize("steps", [7, 37, 150])
def test_ddim_is_theirs_where_the_steps_do_not_divide_T(network, steps):
    """Their DDIM steps by T // steps, past the times it visits; their first-order solver is DDIM
    and does not."""
    scheduler = diffusers.DPMSolverMultistepScheduler(
        **SETTINGS, solver_order=1, timestep_spacing="trailing", final_sigmas_type="zero"
    )
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    expected, times = theirs(scheduler, network, x, steps)
    path = strided(1000, steps)
    assert times == list(path[:-1])
    states = [state.x for state in sample(network, x, path, SCHEDULE, ddim)]
    for ours, other in zip(states, expected, strict=True):
        assert (ours - other).abs().max() < 1e-4


@pytest.mark.parametrize("steps", [8, 20])
def test_ddim_with_noise_is_theirs(network, steps):
    scheduler = diffusers.DDIMScheduler(**SETTINGS, clip_sample=False, timestep_spacing="trailing")
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    noises = torch.randn(steps, 2, 1, 8, 8, generator=torch.Generator().manual_seed(2))
    scheduler.set_timesteps(steps)
    other = x
    for k, t in enumerate(scheduler.timesteps):
        eps = network(other, int(t) + 1)
        other = scheduler.step(eps, t, other, eta=0.7, variance_noise=noises[k]).prev_sample
    draws = iter(noises)
    rule = partial(ddim, eta=0.7)
    path = strided(1000, steps)
    *_, last = sample(network, x, path, SCHEDULE, rule, noise=lambda: next(draws))
    assert (last.x - other).abs().max() < 1e-4


def eps_kept(eps_fn):
    """DDIM with the clamped guess and the network's own eps: an estimate and its step rule."""
    last = []

    def remember(x, t):
        last[:] = [eps_fn(x, t)]
        return last[0]

    return remember, lambda step: ddim(replace(step, eps=last[0]))


@pytest.mark.parametrize("steps", [5, 20])
def test_a_clamped_guess_is_theirs_with_the_eps_that_follows_it_and_with_the_networks_own(
    network, steps
):
    """The network's data lie around 0.4, so that a clamp to 0.5 has something to do."""
    scheduler = diffusers.DDIMScheduler(
        **SETTINGS, clip_sample=True, clip_sample_range=0.5, timestep_spacing="trailing"
    )
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    path, clean = strided(1000, steps), partial(torch.clamp, min=-0.5, max=0.5)
    ends = []
    for corrected, (eps_fn, rule) in {True: (network, ddim), False: eps_kept(network)}.items():
        expected, _ = theirs(scheduler, network, x, steps, use_clipped_model_output=corrected)
        states = [state.x for state in sample(eps_fn, x, path, SCHEDULE, rule, clean)]
        for ours, other in zip(states, expected, strict=True):
            assert (ours - other).abs().max() < 1e-4
        ends.append(states[-2])
    assert (ends[0] - ends[1]).abs().max() > 0.01


@pytest.mark.parametrize("steps", [5, 10, 37, 100])
def test_dpm_solver_is_theirs(network, steps):
    scheduler = diffusers.DPMSolverMultistepScheduler(
        **SETTINGS,
        algorithm_type="dpmsolver++",
        solver_order=2,
        timestep_spacing="trailing",
        final_sigmas_type="zero",
    )
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    expected, times = theirs(scheduler, network, x, steps)
    path = strided(1000, steps)
    assert times == list(path[:-1])
    states = [state.x for state in sample(network, x, path, SCHEDULE, dpm_solver)]
    for ours, other in zip(states, expected, strict=True):
        assert (ours - other).abs().max() < 1e-4


@pytest.mark.parametrize("steps", [5, 10, 37])
@pytest.mark.parametrize("most", [None, 0.5], ids=["free", "clamped"])
def test_heun_with_the_mean_of_eps_is_theirs(network, steps, most):
    scheduler = diffusers.HeunDiscreteScheduler(
        **SETTINGS,
        timestep_spacing="trailing",
        clip_sample=most is not None,
        clip_sample_range=most or 1.0,
    )
    scheduler.set_timesteps(steps)
    path = strided(1000, steps)
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    # Theirs lives on x / sqrt(alpha_bar), where noise has the amplitude sigma.
    other = x / float(SCHEDULE.alpha_bar[1000].sqrt())
    states = [x]
    for k, t in enumerate(scheduler.timesteps):
        scaled = scheduler.scale_model_input(other, t)
        other = scheduler.step(network(scaled, round(float(t)) + 1), t, other).prev_sample
        if k % 2 or k == 2 * (steps - 1):
            states.append(other * float(SCHEDULE.alpha_bar[path[len(states)]].sqrt()))
    rule = partial(heun, mean_of="eps")
    clean = partial(torch.clamp, min=-most, max=most) if most else lambda x0: x0
    ours = [state.x for state in sample(network, x, path, SCHEDULE, rule, clean)]
    for one, its in zip(ours, states, strict=True):
        assert (one - its).abs().max() < 1e-4


@pytest.mark.parametrize("steps", [5, 10, 37])
def test_heun_with_the_mean_of_x0_is_theirs(network, steps):
    """Their single-step solver has a setting for where it looks: here at the end of its step."""
    path = strided(1000, steps)
    scheduler = diffusers.DPMSolverSinglestepScheduler(
        **SETTINGS, solver_order=2, final_sigmas_type="zero", lower_order_final=True
    )
    twice = [path[0] - 1, *(t - 1 for t in path[1:-1] for _ in "ab")]
    scheduler.set_timesteps(timesteps=twice)
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    other, states = x, [x]
    for k, t in enumerate(scheduler.timesteps):
        other = scheduler.step(network(other, int(t) + 1), t, other).prev_sample
        if k % 2 or k == 2 * (steps - 1):
            states.append(other)
    ours = [state.x for state in sample(network, x, path, SCHEDULE, heun)]
    for one, its in zip(ours, states, strict=True):
        assert (one - its).abs().max() < 1e-4
