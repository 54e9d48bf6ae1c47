import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddpm.schedule import NoiseSchedule

SCHEDULES = {
    "linear": NoiseSchedule.linear(1000),
    "short": NoiseSchedule.linear(300),
    "cosine": NoiseSchedule.cosine(1000),
}


def test_the_six_numbers_that_course_b_tabulates():
    numbers = NoiseSchedule.linear(400).coefficients(77)
    expected = {
        "beta_t": 0.003890,
        "sqrt_beta_t": 0.062374,
        "alpha_t": 0.996110,
        "oneover_sqrt_alpha_t": 1.001951,
        "alpha_bar_t": 0.857414,
        "sqrt_one_minus_alpha_bar_t": 0.377606,
    }
    assert {k: numbers[k] for k in expected} == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_starts_clean_and_only_loses_signal(schedule):
    assert schedule.alpha_bar[0] == 1
    assert schedule.beta[0] == 0
    assert (schedule.alpha_bar.diff() < 0).all()
    assert len(schedule.alpha_bar) == schedule.T + 1


def test_linear_is_the_papers():
    schedule = NoiseSchedule.linear(1000)
    assert float(schedule.beta[1]) == pytest.approx(1e-4)
    assert float(schedule.beta[1000]) == pytest.approx(0.02)
    assert float(schedule.alpha_bar[1000].sqrt()) == pytest.approx(0.00635, abs=1e-5)


def test_forward_noise_has_the_moments_of_the_closed_form():
    schedule = SCHEDULES["linear"]
    generator = torch.Generator().manual_seed(0)
    x0 = torch.full((1, 1, 400, 400), 0.7)
    for t in (1, 250, 1000):
        x = schedule.add_noise(x0, t, torch.randn(x0.shape, generator=generator))
        # 160,000 draws: a mean is off by at most 4 standard errors.
        assert abs(float(x.mean()) - 0.7 * float(schedule.alpha_bar[t].sqrt())) < 4 / 400
        assert abs(float(x.var()) - float(1 - schedule.alpha_bar[t])) < 0.02


def test_many_single_steps_are_one_big_step():
    schedule = SCHEDULES["short"]
    generator = torch.Generator().manual_seed(0)
    x = x0 = torch.full((1, 1, 300, 300), 0.5)
    for t in range(100, 200):
        x = schedule.renoise(x, t, t + 1, torch.randn(x.shape, generator=generator))
    kept = float((schedule.alpha_bar[200] / schedule.alpha_bar[100]).sqrt())
    assert abs(float(x.mean()) - kept * float(x0.mean())) < 4 / 300
    assert abs(float(x.std()) - (1 - kept**2) ** 0.5) < 0.01


@given(t=st.integers(1, 1000), name=st.sampled_from(["linear", "cosine"]))
def test_x0_and_eps_determine_each_other(t, name):
    schedule = SCHEDULES[name]
    generator = torch.Generator().manual_seed(t)
    x0, eps = torch.randn(2, 3, 1, 4, 4, generator=generator, dtype=torch.float64)
    x = schedule.add_noise(x0, t, eps)
    assert (schedule.eps_from_x0(x, t, x0) - eps).abs().max() < 1e-6
    # Dividing by a small signal magnifies the rounding of float64.
    bound = 1e-12 / float(schedule.alpha_bar[t].sqrt())
    assert (schedule.x0_from_eps(x, t, eps) - x0).abs().max() < bound


def test_a_time_per_image_is_the_same_as_one_by_one():
    schedule = SCHEDULES["linear"]
    x0, eps = torch.randn(2, 3, 1, 4, 4)
    t = torch.tensor([1, 500, 1000])
    together = schedule.add_noise(x0, t, eps)
    for i in range(3):
        alone = schedule.add_noise(x0[i : i + 1], int(t[i]), eps[i : i + 1])
        assert (together[i : i + 1] - alone).abs().max() == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_amplitudes_are_roots_in_float64_rounded_once(schedule, dtype):
    like, times = torch.zeros(1, 1, 2, 2, dtype=dtype), torch.arange(schedule.T + 1)
    for amplitude, variance in (
        (schedule.signal, schedule.alpha_bar),
        (schedule.sigma, 1 - schedule.alpha_bar),
    ):
        exact = variance.sqrt().to(dtype)
        for _ in range(2):  # the second time from what is kept
            together = amplitude(times, like)
            assert together.dtype == dtype
            assert torch.equal(together, exact.reshape(-1, 1, 1, 1))
        alone = [amplitude(t, like) for t in range(schedule.T + 1)]
        assert alone[0].shape == (1, 1, 1, 1)
        assert torch.equal(torch.cat(alone), together)


def test_each_type_of_image_has_its_own_table():
    schedule, t = NoiseSchedule.linear(10), torch.tensor([5])
    for dtype in (torch.float32, torch.float64, torch.float32):
        like = torch.zeros(1, 1, 1, 1, dtype=dtype)
        assert torch.equal(schedule.sigma(t, like), schedule.sigma(5, like))
        assert torch.equal(schedule.signal(t, like), schedule.signal(5, like))


def test_what_was_kept_in_inference_can_be_trained_with():
    schedule, t = NoiseSchedule.linear(10), torch.tensor([5])
    with torch.inference_mode():
        schedule.signal(t, torch.zeros(1, 1, 1, 1))
    x = torch.ones(1, 1, 1, 1, requires_grad=True)
    (schedule.signal(t, x) * x).sum().backward()
    assert float(x.grad) == float(schedule.signal(5, x))


@pytest.mark.parametrize("betas", [[], [0.0], [0.5, 1.0], [-0.1], [[0.1, 0.2]]])
def test_refuses_betas_that_are_no_variances(betas):
    with pytest.raises(ValueError, match="beta"):
        NoiseSchedule.from_betas(torch.tensor(betas))


@pytest.mark.parametrize("t", [-1, 1001])
def test_refuses_times_outside(t):
    x = torch.zeros(1, 1, 2, 2)
    with pytest.raises(ValueError, match=r"0\.\.1000"):
        SCHEDULES["linear"].add_noise(x, t, x)
    with pytest.raises(ValueError, match=r"1\.\.1000"):
        SCHEDULES["linear"].coefficients(t)


@pytest.mark.parametrize("schedule", [NoiseSchedule.linear(1000), NoiseSchedule.cosine(1000)])
@pytest.mark.parametrize("t", [1, 500, 990])
def test_noise_comes_back_from_velocity_and_from_image(schedule, t):
    torch.manual_seed(0)
    x0, eps = torch.randn(2, 1, 4, 4).double(), torch.randn(2, 1, 4, 4).double()
    x = schedule.add_noise(x0, t, eps)
    v = schedule.velocity(x0, t, eps)
    assert (schedule.eps_from_v(x, t, v) - eps).abs().max() < 1e-6
    assert (schedule.eps_from_x0(x, t, x0) - eps).abs().max() < 1e-6
    # The image is a turn by the same angle: no division, so no error is blown up.
    a = schedule.alpha_bar[t]
    assert (a.sqrt() * x - (1 - a).sqrt() * v - x0).abs().max() < 1e-6


def test_the_single_step_adds_noise_of_half_the_amplitude():
    schedule = NoiseSchedule.single()
    assert schedule.T == 1
    x = schedule.add_noise(torch.zeros(1, 1, 1, 1), 1, torch.ones(1, 1, 1, 1))
    assert float(x / schedule.signal(1, x)) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="one step"):
        NoiseSchedule.single(2)
