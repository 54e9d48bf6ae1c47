"""The loop and its step rules, against data whose best noise estimate is known exactly.

If x_0 is N(m, s^2) in each pixel, x_t is Gaussian too, and E[eps | x_t] is a line in x_t. A sampler
given that line must give back N(m, s^2), up to the error of its finite steps.
"""

from functools import partial
from types import SimpleNamespace

import pytest
import torch
from sheets import cells, numbered, numbers

from ddpm.noise import Noise
from ddpm.sampling import beta_noise, ddim, dpm_solver, heun, posterior, renoise, sample
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import every, strided
from scripts.pages import sampling as page
from scripts.workshop.formulas import LINEAR, one_step

MEAN, STD = 0.4, 0.3
SCHEDULE = NoiseSchedule.linear(1000)
COUNT = 40_000


def ideal_eps(x, t):
    alpha_bar = float(SCHEDULE.alpha_bar[t])
    variance = alpha_bar * STD**2 + 1 - alpha_bar
    return (1 - alpha_bar) ** 0.5 / variance * (x - alpha_bar**0.5 * MEAN)


def run(step, path, count=COUNT, eps_fn=ideal_eps, **options):
    generator = torch.Generator().manual_seed(0)

    def noise():
        return torch.randn(count, 1, 1, 1, generator=generator, dtype=torch.float64)

    start = noise()
    *_, last = sample(eps_fn, start, path, SCHEDULE, step, noise=noise, **options)
    return last.x


RULES = {
    "heun": heun,
    "heun with the mean of eps": partial(heun, mean_of="eps"),
    "dpm-solver": dpm_solver,
    "posterior": posterior,
    "ddim": ddim,
    "ddim with half the noise": partial(ddim, eta=0.5),
    "ddim with all the noise": partial(ddim, eta=1.0),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize(
    ("path", "tolerance"),
    # The tolerance is the rules' own discretisation error, which shrinks with the strides.
    [(every(1000), 0.01), (strided(1000, 100), 0.03), (strided(1000, 37), 0.07)],
    ids=["1000", "100", "37, which does not divide 1000"],
)
def test_gives_back_the_data(rule, path, tolerance):
    x = run(rule, path)
    assert abs(float(x.mean()) - MEAN) < tolerance
    assert abs(float(x.std()) - STD) < tolerance


def test_beta_noise_gives_back_the_data_in_single_steps_and_is_noisier_in_strides():
    x = run(beta_noise, every(1000))
    assert abs(float(x.mean()) - MEAN) < 0.01
    assert abs(float(x.std()) - STD) < 0.01
    path = strided(1000, 20)
    assert float(run(beta_noise, path).std()) > float(run(posterior, path).std()) + 0.02


def test_without_the_noise_term_everything_collapses_onto_the_mean():
    x = run(partial(posterior, noise=0.0), every(1000))
    assert abs(float(x.mean()) - MEAN) < 0.01
    assert float(x.std()) < 0.1 * STD


@pytest.mark.parametrize("path", [every(1000), strided(1000, 37)], ids=["all", "37"])
def test_posterior_is_ddim_with_all_the_noise(path):
    difference = run(posterior, path, 100) - run(partial(ddim, eta=1.0), path, 100)
    assert difference.abs().max() < 1e-9


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_renoise_gives_back_the_data_in_few_steps_if_the_prediction_is_a_sample(steps):
    """The prediction is drawn from q(x_0 | x_t), a Gaussian, as an ideal student's is."""
    generator = torch.Generator().manual_seed(1)

    def drawn(x, t):
        alpha_bar = float(SCHEDULE.alpha_bar[t])
        gain = alpha_bar**0.5 * STD**2 / (alpha_bar * STD**2 + 1 - alpha_bar)
        mean = MEAN + gain * (x - alpha_bar**0.5 * MEAN)
        spread = STD * (1 - alpha_bar**0.5 * gain) ** 0.5
        z = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        return SCHEDULE.eps_from_x0(x, t, mean + spread * z)

    path = strided(1000, steps)
    x = run(renoise, path, eps_fn=drawn)
    assert abs(float(x.mean()) - MEAN) < 0.01
    assert abs(float(x.std()) - STD) < 0.01
    # Predicting the mean instead, it loses spread: students of means need another rule.
    assert steps > 2 or float(run(renoise, path).std()) < 0.8 * STD


def test_renoise_sets_the_prediction_to_the_time_s_with_fresh_noise():
    image = torch.full((COUNT, 1, 1, 1), 0.5, dtype=torch.float64)
    exact = partial(SCHEDULE.eps_from_x0, x0=image)
    torch.manual_seed(0)
    middle = [*sample(exact, 0 * image, (1000, 300, 0), SCHEDULE, renoise)]
    assert (middle[-1].x - image).abs().max() < 1e-9
    kept = float(SCHEDULE.alpha_bar[300])
    assert abs(float(middle[1].x.mean()) - 0.5 * kept**0.5) < 0.01
    assert abs(float(middle[1].x.var()) - (1 - kept)) < 0.02
    # The last step draws nothing.
    assert torch.equal(*(run(renoise, (1000, 0), 5, lambda x, t: 0 * x) for _ in "ab"))


def test_ddim_is_deterministic_and_needs_no_noise():
    x = torch.randn(5, 1, 1, 1, dtype=torch.float64)

    def no_noise():
        raise AssertionError("drawn")

    path = strided(1000, 10)
    a, b = ([*sample(ideal_eps, x, path, SCHEDULE, ddim, noise=no_noise)][-1].x for _ in "ab")
    assert torch.equal(a, b)


def flow_error(rule, steps):
    """How far a deterministic rule ends from the exact flow, which keeps each pixel's rank."""
    x = torch.linspace(-3, 3, 61, dtype=torch.float64)[:, None, None, None]
    *_, last = sample(ideal_eps, x, strided(1000, steps), SCHEDULE, rule)
    alpha_bar = float(SCHEDULE.alpha_bar[1000])
    spread = (alpha_bar * STD**2 + 1 - alpha_bar) ** 0.5
    exact = MEAN + STD * (x - alpha_bar**0.5 * MEAN) / spread
    return float((last.x - exact).abs().max())


def test_second_order_rules_follow_the_exact_flow_closer_and_gain_more_from_more_steps():
    second = (heun, partial(heun, mean_of="eps"), dpm_solver)
    errors = {rule: [flow_error(rule, n) for n in (25, 50, 100)] for rule in (ddim, *second)}
    for rule in second:
        assert all(
            ours < 0.7 * theirs for ours, theirs in zip(errors[rule], errors[ddim], strict=True)
        )
    assert errors[ddim][0] / errors[ddim][2] < 5  # first order: four times the steps, a quarter
    for rule in second:
        assert errors[rule][0] / errors[rule][2] > 6  # second order, but for the last step


def test_yields_a_state_per_time_and_guesses_the_clean_image():
    x = torch.randn(3, 1, 1, 1, dtype=torch.float64)
    path = strided(1000, 7)
    states = list(sample(ideal_eps, x, path, SCHEDULE, ddim))
    assert [state.t for state in states] == list(path)
    assert torch.equal(states[0].x, x)
    first = SCHEDULE.x0_from_eps(x, 1000, ideal_eps(x, 1000))
    assert torch.equal(states[0].x0, first)
    assert torch.equal(states[-1].x0, states[-1].x)


def test_clean_is_applied_to_every_guess_and_project_after_every_step():
    path = strided(1000, 10)
    x = run(ddim, path, 1000, clean=lambda x0: x0.clamp(max=0.5))
    assert float(x.max()) <= 0.5 + 1e-9

    visited = []

    def project(x, t):
        visited.append(t)
        return torch.full_like(x, float(t))

    assert (run(ddim, path, 3, project=project) == 0).all()
    assert visited == list(path[1:])


def clamp(x0):
    return x0.clamp(-0.1, 0.5)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_clamped_guess_and_the_eps_that_follows_it_still_make_up_x(rule):
    seen = []

    def look(step):
        seen.append(step)
        return rule(step)

    run(look, strided(1000, 10), 1000, clean=clamp)
    for step in seen:
        assert torch.equal(step.x0, clamp(step.x0))
        assert (SCHEDULE.add_noise(step.x0, step.t, step.eps) - step.x).abs().max() < 1e-9
    asked = ideal_eps(seen[-1].x, seen[-1].t)
    was_clamped = SCHEDULE.x0_from_eps(seen[-1].x, seen[-1].t, asked) != seen[-1].x0
    assert was_clamped.any()
    assert not was_clamped.all()
    assert ((seen[-1].eps - asked).abs()[was_clamped] > 0).all()
    assert (seen[-1].eps - asked).abs()[~was_clamped].max() < 1e-9


def test_clamped_ddim_with_all_the_noise_is_clamped_posterior():
    for path in (every(1000), strided(1000, 37)):
        a, b = (run(rule, path, 100, clean=clamp) for rule in (posterior, partial(ddim, eta=1.0)))
        assert (a - b).abs().max() < 1e-9
        assert (a - run(posterior, path, 100)).abs().max() > 0.01


def test_a_clamp_that_clamps_nothing_changes_nothing():
    path = strided(1000, 37)
    x = run(ddim, path, 100, clean=lambda x0: x0.clamp(-100, 100))
    assert (x - run(ddim, path, 100)).abs().max() < 1e-9


def test_going_back_to_more_noise_asks_the_network_nothing():
    asked = []

    def counted(x, t):
        asked.append(t)
        return ideal_eps(x, t)

    path = (1000, 500, 1000, 500, 250, 500, 250, 0)
    states = [*sample(counted, torch.zeros(1, 1, 1, 1), path, SCHEDULE)]
    assert [state.t for state in states] == list(path)
    assert asked == [1000, 1000, 500, 500, 250]
    assert torch.equal(states[1].x0, states[0].x0)


def test_a_step_back_in_time_adds_the_noise_of_the_forward_process():
    exact = torch.full((COUNT, 1, 1, 1), 0.5, dtype=torch.float64)
    states = list(sample(ideal_eps, exact, (100, 200), SCHEDULE))
    kept = float(SCHEDULE.alpha_bar[200] / SCHEDULE.alpha_bar[100])
    assert abs(float(states[-1].x.mean()) - 0.5 * kept**0.5) < 0.01
    assert abs(float(states[-1].x.var()) - (1 - kept)) < 0.01


def test_gradients_stay_on_in_the_caller():
    for _ in sample(ideal_eps, torch.zeros(1, 1, 1, 1), (2, 1, 0), SCHEDULE):
        assert torch.is_grad_enabled()


def test_noise_depends_on_the_seed_alone():
    together = Noise([3, 4, 5], (1, 32, 32))
    alone = Noise([4], (1, 32, 32))
    for _ in range(3):
        assert torch.equal(together()[1:2], alone())
    draws = Noise(range(100), (1, 32, 32))()
    assert abs(float(draws.mean())) < 0.02
    assert abs(float(draws.std()) - 1) < 0.02
    assert len({float(image[0, 0, 0]) for image in draws}) == 100


@pytest.fixture
def unlabelled(monkeypatch):
    """Twenty samples with the numbers 0..19, whose level at t is t / 10 higher."""
    kept = {t: numbered(20, first=t // 10)[:, 0] for t in {*page.TIMES, *page.GIF_TIMES}}
    monkeypatch.setattr(page, "unlabelled", lambda: kept)


def test_the_history_goes_from_noise_on_the_left_to_the_samples(unlabelled):
    expected = [[sample + t for t in range(100, -1, -10)] for sample in range(10)]
    assert numbers(page.unconditional_history()) == expected


def test_the_animation_goes_back_in_time_to_the_samples(monkeypatch):
    kept = {t: numbered(20, first=t // 10)[:, 0] for t in page.GIF_TIMES}
    monkeypatch.setattr(page, "of_the_flagship", lambda way: kept)
    frames = page.denoising()
    assert len(frames) == len(page.GIF_TIMES)
    last = numbers(frames[-1], scale=4)
    assert last == [[*range(5)], [*range(5, 10)]]
    first = [numbers(frame, scale=4)[0][0] for frame in frames]
    assert first[0] == 100
    assert first == sorted(first, reverse=True)


def test_every_start_stands_before_its_ten_runs(monkeypatch):
    given = []

    def draw(x, **options):
        given.append(x)
        return numbered(30)

    model = SimpleNamespace(
        recipe=SimpleNamespace(scaling=SimpleNamespace(size=28)),
        device=torch.device("cpu"),
        sample=draw,
        to_images=lambda x: x.clamp(0, 1),
    )
    monkeypatch.setattr(page, "load", lambda name: model)
    card = page.fixed_start()
    assert [row[1:] for row in numbers(card)] == [[*range(k, k + 10)] for k in (0, 10, 20)]
    for start, x in zip(cells(card)[:, 0], given[0].split(10), strict=True):
        assert (x == x[0]).all()
        assert (start - x[0, 0].clamp(0, 1)).abs().max() < 0.51 / 255


def test_below_the_samples_are_those_without_noise(monkeypatch, unlabelled):
    samplers = []

    def draw(count, sampler, **options):
        samplers.append(sampler)
        return numbered(count, first=50)

    model = SimpleNamespace(device=torch.device("cpu"), sample=draw)
    monkeypatch.setattr(page, "load", lambda name: model)
    assert numbers(page.no_noise()) == [[*range(10)], [*range(50, 60)]]
    assert samplers == ["no-noise"]


def test_the_numbers_of_the_page_are_those_of_the_posteriors_step():
    derived = page.derived()
    for t, weight in derived["weight_of_x0"].items():
        step = one_step(posterior, LINEAR, int(t), int(t) - 1, x0=1.0)
        assert weight == pytest.approx(step, rel=1e-6)
    for t, share in derived["noise"].items():
        added = one_step(posterior, LINEAR, int(t), int(t) - 1, z=1.0)
        assert share * float(LINEAR.beta[int(t)]) ** 0.5 == pytest.approx(added, rel=1e-6)
