"""Students: their targets in exact cases, their training, and what they serve."""

import dataclasses
import time
from collections import Counter

import pytest
import torch
from torch import nn

from ddpm import recipes
from ddpm.chains import Chains
from ddpm.distillation import distil
from ddpm.loading import load
from ddpm.matching import GROUPS, Fake, Samples, fake_loss, generator_loss, matching_loss
from ddpm.model import Diffusion
from ddpm.processes import Processes
from ddpm.recipes import DIGITS, DIGITS_FAST, RECIPES, Recipe, Training
from ddpm.sampling import ddim, sample
from ddpm.schedule import NoiseSchedule
from ddpm.serving import pace_of
from ddpm.stages import Distillation, Stage
from ddpm.students import Student, after
from ddpm.targets import folded_target, halved_target
from ddpm.teachers import check_teacher
from ddpm.techniques.anagrams import draw_anagram
from ddpm.techniques.denoising import add_noise, denoise
from ddpm.techniques.hybrids import draw_hybrid
from ddpm.techniques.inpainting import inpaint
from ddpm.techniques.sdedit import sdedit
from ddpm.timesteps import strided

SMALL = {"width": 16, "blocks": 1, "classes": 10}
COSINE = NoiseSchedule.cosine(1000)
MEAN, STD = 0.4, 0.3
STAGES = (
    Stage("fold", epochs=2, updates=2, batch=6, rate=1e-3),
    Stage("halve", epochs=1, updates=2, batch=6, rate=1e-3, steps=(2,)),
    Stage("match", 2, 2, batch=6, rate=1e-3, steps=(1, 2, 4), fake_updates=2, pool=2),
)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """The file of a flagship of width 16, whose answers are small but depend on the label."""
    torch.manual_seed(0)
    model = Diffusion(dataclasses.replace(DIGITS, name="teacher", options=SMALL))
    for name, parameter in model.network.named_parameters():
        if parameter.ndim > 1 and "label" not in name:
            nn.init.normal_(parameter, std=0.05)
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    model.save(path)
    return path


def student_of(teacher, stages=STAGES, **changes) -> Recipe:
    plan = Distillation(str(teacher), stages, guidance=3.0, serves=(1, 2, 4))
    training = Training(epochs=plan.epochs)
    own = {"name": "tiny-fast", "options": SMALL, "training": training, "distillation": plan}
    return dataclasses.replace(DIGITS_FAST, **{**own, "sampler": "renoise", **changes})


@pytest.fixture
def student(teacher, monkeypatch) -> Recipe:
    recipe = student_of(teacher)
    monkeypatch.setitem(recipes.RECIPES, "tiny-fast", recipe)
    return recipe


@pytest.fixture
def model(student) -> Diffusion:
    """The student with its teacher's weights."""
    return Diffusion(student, load(student.distillation.teacher, "cpu").network)


TAUGHT = (
    Stage("fold", epochs=1, updates=2, batch=6, rate=1e-3),
    Stage("shortcut", epochs=2, updates=2, batch=12, rate=1e-3, steps=(4, 2, 1)),
)


COMPARED = (
    *TAUGHT[:1],
    Stage("shortcut", epochs=1, updates=2, batch=12, rate=1e-3, steps=(4, 2)),
    Stage(
        "frechet",
        epochs=2,
        updates=12,
        batch=12,
        rate=1e-3,
        steps=(4, 2, 1),
        critics=(4, 2),
        pairs=40,
    ),
)


def told_by(teacher, stages=TAUGHT, **changes) -> Recipe:
    """A student that knows whether it takes 1, 2 or 4 steps."""
    own = {"options": {**SMALL, "paces": 4}, "sampler": "ddim"}
    return student_of(teacher, stages, **{**own, **changes})


@pytest.fixture
def told(teacher, monkeypatch) -> Recipe:
    recipe = told_by(teacher)
    monkeypatch.setitem(recipes.RECIPES, "tiny-fast", recipe)
    return recipe


@pytest.fixture
def compared(teacher, monkeypatch) -> Recipe:
    """The same, whose last stage is "frechet"."""
    recipe = told_by(teacher, COMPARED)
    monkeypatch.setitem(recipes.RECIPES, "tiny-fast", recipe)
    return recipe


def finish(run, digits, epochs=None):
    return [p.entry for p in distil(run, digits, digits[:10], epochs) if p.entry]


@pytest.mark.parametrize(
    ("kind", "stages"),
    [
        ("student", ["fold", "fold", "halve-2", "match", "match"]),
        ("told", ["fold", "shortcut", "shortcut"]),
        ("compared", ["fold", "shortcut", "frechet", "frechet"]),
    ],
)
def test_resumed_is_bit_for_bit_uninterrupted_in_every_stage(
    kind, stages, request, digits, tmp_path
):
    student = request.getfixturevalue(kind)
    whole, path = Student.start(student), tmp_path / "checkpoint.safetensors"
    entries = finish(whole, digits)
    assert [e["stage"] for e in entries] == stages
    stopped = Student.start(student)
    stopped.save(path)
    for epoch in range(1, len(stages) + 1):
        resumed = Student.start(student)
        resumed.restore(path)
        assert resumed.epoch == epoch - 1
        assert len(finish(resumed, digits, epoch)) == 1
        resumed.save(path)
        # A kill in the middle of the next epoch loses what came after the checkpoint.
        next(distil(resumed, digits, digits[:10]), None)
    last = Student.start(student)
    last.restore(path)
    for name, network in whole.networks().items():
        theirs = last.networks()[name].state_dict()
        assert all(torch.equal(value, theirs[key]) for key, value in network.state_dict().items())
    for key in ("train", "validation_raw", "validation_averaged"):
        assert [entry[key] for entry in entries] == [entry[key] for entry in last.log]
    assert finish(last, digits) == []


def test_the_schedule_of_a_distillation_is_made_once(student, digits, monkeypatch):
    run, made = Student.start(student), []
    make = Recipe.make_schedule
    monkeypatch.setattr(Recipe, "make_schedule", lambda self: made.append(1) or make(self))
    monkeypatch.setattr("ddpm.distillation.validate", lambda *_: 0.0)
    finish(run, digits)
    assert made == [1]  # an update asks three or more networks


def test_a_student_learns_its_teachers_guided_answers(teacher, digits):
    recipe = student_of(teacher, (Stage("fold", 1, 60, batch=32, rate=4e-3, average=0.9),))
    run = Student.start(recipe)
    t = torch.arange(1, 1001, 25)
    clean, labels = recipe.scaling.to_network(digits.images[:40]), digits.labels[:40]
    x = COSINE.add_noise(clean, t, torch.randn(clean.shape, generator=torch.manual_seed(0)))

    def error(network):
        with torch.no_grad():
            return float((run.estimate(network, labels)(x, t) - target).square().mean())

    guided = Diffusion(dataclasses.replace(DIGITS, options=SMALL), load(teacher, "cpu").network)
    answers = [guided.eps_fn([y], 3.0)(image[None], int(s)) for image, y, s in zip(
        x, labels.tolist(), t, strict=True)]  # fmt: skip
    target = COSINE.x0_from_eps(x, t, torch.cat(answers).detach())
    assert error(run.score) == error(run.averaged) > 0
    before = error(run.score)
    finish(run, digits)
    assert error(run.averaged) < 0.6 * before
    assert error(run.score) == before


def test_the_folded_target_is_guidance_within_its_interval():
    def x0_fn(x, t, labels):
        return x * 0 + labels[:, None, None, None].float()

    x, t, labels = torch.zeros(3, 1, 2, 2), torch.tensor([1, 5, 9]), torch.tensor([3, 4, 5])
    scale = torch.tensor([1.0, 2.0, 0.0])
    target = folded_target(x0_fn, x, t, labels, 10, scale)
    assert target[:, 0, 0, 0].tolist() == [3, 10 + 2 * (4 - 10), 10]


def ideal_x0(x, t):
    """E[x_0 | x_t] for data N(MEAN, STD^2), for times (N,)."""
    alpha_bar = COSINE.alpha_bar[t].reshape(-1, 1, 1, 1)
    variance = alpha_bar * STD**2 + 1 - alpha_bar
    return MEAN + alpha_bar.sqrt() * STD**2 / variance * (x - alpha_bar.sqrt() * MEAN)


def only_step(x0, x, t, s):
    """Where one DDIM step lands whose predicted clean image is x0."""

    def eps_fn(x, t):
        return COSINE.eps_from_x0(x, t, x0)

    return [*sample(eps_fn, x, (t, s), COSINE, ddim)][-1].x


@pytest.mark.parametrize("n", [1, 2, 16])
def test_one_step_with_the_halved_target_ends_where_two_steps_end(n):
    fine = strided(1000, 2 * n)
    assert fine[::2] == strided(1000, n)
    x = torch.randn(7, 1, 1, 1, generator=torch.manual_seed(0), dtype=torch.float64)

    def eps_fn(x, t):
        return COSINE.eps_from_x0(x, t, ideal_x0(x, torch.tensor([t])))

    for k in range(n):
        times = fine[2 * k : 2 * k + 3]
        *_, two = sample(eps_fn, x, times, COSINE, ddim)
        each = (torch.full((7,), t) for t in times)
        target = halved_target(ideal_x0, x, *each, COSINE)
        assert (only_step(target, x, times[0], times[2]) - two.x).abs().max() < 1e-9
        if times[2]:
            assert (target - ideal_x0(x, torch.tensor([times[0]]))).abs().max() > 1e-6


def labels_at(network, pace):
    return network.label.weight.detach()[11 * pace : 11 * (pace + 1)]


def test_a_shortcut_begins_with_the_folded_labels_at_every_pace(teacher, told, digits):
    run = Student.start(told)
    finish(run, digits, 1)
    folded = labels_at(run.averaged, 0).clone()
    assert not torch.equal(folded, labels_at(load(teacher, "cpu").network, 0))
    assert not torch.equal(folded, labels_at(run.averaged, 2))  # no pace was learned
    run.begin(TAUGHT[1], digits)
    for network in (run.network, run.previous, run.averaged, run.score):
        for pace in range(4):
            assert torch.equal(labels_at(network, pace), folded)


@pytest.mark.parametrize("stages", [STAGES[1:2], STAGES[2:], TAUGHT[1:]])
def test_a_folded_student_teaches_one_with_other_paces_or_none(
    teacher, told, stages, digits, tmp_path
):
    """Each takes the labels that the folded student has at no pace, and no stage folds again."""
    before, path = Student.start(told), tmp_path / "folded.safetensors"
    finish(before, digits, 1)
    Diffusion(after(told, TAUGHT[0]), before.averaged).save(path)
    paces = {"shortcut": 4}.get(stages[0].method, 1)
    recipe = told_by(path, stages, options={**SMALL, "paces": paces})
    serves = {"halve": (2,)}.get(stages[0].method, (1, 2, 4))
    plan = dataclasses.replace(recipe.distillation, serves=serves)
    run = Student.start(dataclasses.replace(recipe, distillation=plan))
    folded = labels_at(load(path, "cpu").network, 0)
    assert len(run.network.label.weight) == 11 * paces
    for network in (run.network, run.averaged, run.previous, run.score):
        assert all(torch.equal(labels_at(network, k), folded) for k in range(paces))
    assert [entry["stage"] for entry in finish(run, digits, 1)] == [stages[0].name]


def test_what_a_stage_prepares_counts_as_its_time_but_not_in_its_speed(
    student, digits, monkeypatch
):
    begin = Student.begin

    def slow(self, stage, images):
        time.sleep(0.5)
        begin(self, stage, images)

    monkeypatch.setattr(Student, "begin", slow)
    first, second = finish(Student.start(student), digits, 2)
    images = STAGES[0].updates * STAGES[0].batch
    for entry, waited in ((first, 0.5), (second, 0.0)):
        assert entry["seconds"] >= waited + images / entry["images_per_second"]


def test_samples_are_compared_with_the_student_as_the_stage_before_left_it(
    compared, digits, monkeypatch
):
    """What it knows of each number of steps stays, and the pairs are in the most steps."""
    run, walked = Student.start(compared), []
    finish(run, digits, 2)
    before = [labels_at(run.averaged, pace).clone() for pace in range(4)]
    assert not torch.equal(before[1], before[2])
    walk = Student.walk

    def watched(self, x, labels, steps, last):
        walked.append((steps, last))
        return walk(self, x, labels, steps, last)

    monkeypatch.setattr(Student, "walk", watched)
    run.begin(COMPARED[-1], digits)
    assert {*walked} == {(max(COMPARED[-1].steps), 0)}
    for network in (run.network, run.previous, run.averaged):
        assert all(torch.equal(labels_at(network, k), before[k]) for k in range(4))
    monkeypatch.undo()
    pairs = run.pairs
    images = run.walk(pairs.noise.float(), pairs.labels, max(COMPARED[-1].steps), 0)
    torch.testing.assert_close(pairs.images.float(), images, rtol=0, atol=0.02)


def test_the_gradient_goes_through_the_last_steps_only(told, monkeypatch):
    run, seen = Student.start(told), []
    estimate = Student.estimate

    def watched(self, network, labels, pace=0):
        def x0_fn(x, t):
            seen.append(x0 := estimate(self, network, labels, pace)(x, t))
            return x0

        return x0_fn

    monkeypatch.setattr(Student, "estimate", watched)
    x, labels = torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(0)), torch.ones(2)
    for last in (1, 2, 4, 0):
        seen.clear()
        end = run.walk(x, labels.long(), 4, last)
        assert [x0.requires_grad for x0 in seen] == [k >= 4 - last for k in range(4)]
        assert end.requires_grad == (last > 0)


def test_of_a_shortcut_the_largest_number_learns_from_before_and_each_other_from_its_double(
    told, digits, monkeypatch
):
    run = Student.start(told)
    finish(run, digits, 1)
    asked = []
    names = {"network": run.network, "averaged": run.averaged, "previous": run.previous}
    estimate = Student.estimate

    def watched(self, network, labels, pace=0):
        (name,) = [name for name, known in names.items() if known is network] or ["score"]
        x0_fn = estimate(self, network, labels, pace)
        paces = torch.as_tensor(pace).expand(len(labels)).tolist()

        def fn(x, t):
            asked.extend((name, k, s) for k, s in zip(paces, t.tolist(), strict=True))
            return x0_fn(x, t)

        return fn

    monkeypatch.setattr(Student, "estimate", watched)
    finish(run, digits)
    times = {n: {*strided(1000, n)[:-1]} for n in (1, 2, 4, 8)}
    found = {(name, k): {s for n, p, s in asked if (n, p) == (name, k)} for name, k, _ in asked}
    # Paces 1, 2 and 3 are for 1, 2 and 4 steps; the student before, told nothing, takes 8.
    assert found.keys() == {
        ("previous", 0), ("averaged", 3), ("averaged", 2),
        ("network", 1), ("network", 2), ("network", 3),
    }  # fmt: skip
    assert found["previous", 0] <= times[8]
    assert found["averaged", 3] <= times[4]
    assert found["averaged", 2] <= times[2]
    for pace, n in ((1, 1), (2, 2), (3, 4)):
        assert found["network", pace] <= times[n]


def test_a_told_student_is_told_its_steps_in_every_technique(told, digits):
    seen = []

    class Recorder(nn.Module):
        def __init__(self):
            super().__init__()
            self.unused = nn.Parameter(torch.zeros(()))

        def forward(self, x, t, label):
            seen.append({int(y) // 11 for y in label})
            return 0 * x

    model = Diffusion(told, Recorder())
    image, mask = digits.images[:1].float() / 255, torch.ones(28, 28)
    for steps, pace in ((1, 1), (2, 2), (4, 3), (None, 3)):
        how = {} if steps is None else {"steps": steps}
        model.sample(labels=[5, 10 - 1], **how)
        sdedit(model, image, 1.0, label=3, **how)
        inpaint(model, image, mask, label=3, **({"steps": 4} | how))
        draw_anagram(model, [6, 9], n=1, **how)
        draw_hybrid(model, 3, 8, n=1, across=2, **how)
        denoise(model, add_noise(model, image, 1000), 1000, 3, **how)
        assert len(seen) >= 6
        assert {pace} == set.union(*seen), steps
        seen.clear()
    # Other models, and a student before it learns of paces, are at pace 0.
    for recipe in (DIGITS, after(told, TAUGHT[0])):
        assert pace_of(recipe, 4) == 0


def test_distribution_matching_moves_the_samples_to_the_data():
    """The generator is x = b + STD z; both scores are exact, the fake's for the b of now."""
    generator = torch.Generator().manual_seed(0)
    b = torch.tensor(-0.5, dtype=torch.float64, requires_grad=True)
    optimizer, way = torch.optim.Adam([b], 0.05), []
    for _ in range(150):
        z, eps = (torch.randn(64, 1, 2, 2, generator=generator, dtype=torch.float64) for _ in "ab")
        t = torch.randint(20, 981, (64,), generator=generator)
        x0 = b + STD * z
        x = COSINE.add_noise(x0, t, eps).detach()
        real = ideal_x0(x, t)
        signal = COSINE.signal(t, x)
        gain = signal * STD**2 / (signal**2 * STD**2 + COSINE.sigma(t, x) ** 2)
        fake = b.detach() + gain * (x - signal * b.detach())
        optimizer.zero_grad()
        matching_loss(x0, real, fake).backward()
        way.append(float(b.grad))
        optimizer.step()
    assert all(gradient < 0 for gradient in way[:10])  # less than MEAN, it must grow
    assert abs(float(b.detach()) - MEAN) < 0.03


def test_samples_that_are_the_data_are_left_alone():
    x0 = torch.randn(4, 1, 2, 2, requires_grad=True)
    guess = torch.randn(4, 1, 2, 2)
    matching_loss(x0, guess, guess).backward()
    assert x0.grad.abs().max() == 0
    # Where a guess is the sample itself, nothing is divided by nothing.
    assert torch.isfinite(matching_loss(x0, x0.detach(), guess))


def test_the_fake_network_begins_as_the_score_in_every_group(student, digits):
    run = Student.start(student)
    run.fake.restart(run.score)
    x, labels, t = torch.randn(5, 1, 28, 28), torch.arange(5), torch.tensor([1, 9, 99, 500, 999])
    with torch.no_grad():
        expected = run.estimate(run.score, labels)(x, t)
        for group in range(GROUPS):
            guess, logits = run.fake(x, t, labels, torch.full((5,), group))
            assert torch.equal(guess, expected)
            assert logits.shape == (5, 1)
            assert torch.equal(run.fake.judge(x, t, labels, torch.full((5,), group)), logits)
    times = torch.tensor([1000, 999, 500, 499, 250, 249, 125, 124, 1])
    assert run.fake.group(times).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize("adversarial", [0.0, 0.5])
def test_the_losses_of_matching_teach_whom_they_should(student, digits, adversarial):
    run, generator = Student.start(student), torch.Generator().manual_seed(0)
    labels, group = torch.arange(6), torch.zeros(6, dtype=torch.int64)
    x0 = torch.randn(6, 1, 28, 28, generator=generator, requires_grad=True)
    samples, score = Samples(x0, labels, group), run.estimate(run.score, labels)
    run.fake.requires_grad_(False)
    generator_loss(samples, score, run.fake, adversarial, generator).backward()
    # At first the two scores agree, so only the discriminator has something to say.
    assert (float(x0.grad.abs().max()) > 0) == (adversarial > 0)
    run.fake.requires_grad_(True)
    clean = run.recipe.scaling.to_network(digits.images[:6])
    now = Samples(x0.detach(), labels, group)
    optimizer = torch.optim.AdamW(run.fake.parameters(), 3e-3)
    errors = []
    for _ in range(30):
        error = fake_loss(now, clean, digits.labels[:6], run.fake, adversarial, generator)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(float(error.detach()))
    assert sum(errors[-5:]) < 0.9 * sum(errors[:5])
    heard = [p.grad is not None for p in run.fake.discriminator.parameters()]
    assert heard == [adversarial > 0] * len(heard)
    # What the fake network has learned of the samples, the generator's gradient now shows.
    x0.grad = None
    generator_loss(samples, score, run.fake, 0.0, generator).backward()
    assert float(x0.grad.abs().max()) > 0


def chains(jitter, counts=(1, 2, 4), batch=3000):
    images, labels = torch.full((10, 1, 1, 1), 0.5), torch.arange(10)
    return Chains(images, labels, COSINE, counts, batch, jitter, torch.Generator().manual_seed(0))


def test_chains_visit_the_times_of_their_steps_and_begin_as_noise():
    moving, kept = chains(0.0), Counter()
    for _ in range(12):
        for n in (1, 2, 4):
            times = set(moving.t[moving.n == n].tolist())
            assert times <= set(strided(1000, n)[:-1])
        kept.update(moving.n.tolist())
        first = moving.x[moving.t == 1000]
        assert abs(float(first.mean())) < 0.1
        assert abs(float(first.std()) - 1) < 0.1
        before = moving.t, moving.n, moving.labels, moving.k
        moving.advance(torch.full((3000, 1, 1, 1), 0.5))
        done = before[3] + 1 == before[1]
        assert (moving.t[done] == 1000).all()
        assert (moving.t[~done] < before[0][~done]).all()
        assert torch.equal(moving.labels[~done], before[2][~done])
        late = moving.x[moving.t == 250]
        assert abs(float(late.mean()) - 0.5 * float(COSINE.alpha_bar[250]) ** 0.5) < 0.08
    # Each number of steps has the same share of the updates.
    assert all(abs(count / 36_000 - 1 / 3) < 0.03 for count in kept.values())


def test_jitter_moves_times_within_their_strides_but_not_the_first():
    moving = chains(1.0, (2, 4))
    for _ in range(5):
        for n, stride in ((2, 500), (4, 250)):
            t, k = (value[moving.n == n] for value in (moving.t, moving.k))
            assert ((t - 1000 * (n - k) / n).abs() <= stride / 2 + 0.5).all()
            assert (t[k == 0] == 1000).all()
            assert len(set(t[k == 1].tolist())) > 50
        moving.advance(moving.x)


def test_a_command_trains_a_student_and_goes_on(call, student, tmp_path):
    out = tmp_path / "s.safetensors"
    options = ["tiny-fast", "--data", "bundled", "--out", out]
    assert call("train", *options, "--epochs", 2)[0] == 0
    code, text, _ = call("train", *options)
    assert code == 0
    assert "after epoch 2" in text
    names = {path.name for path in tmp_path.iterdir()}
    ends = ("", ".fold", ".halve-2", ".checkpoint")
    assert names == {f"s{end}.safetensors" for end in ends} | {
        f"s{end}.json" for end in ("", ".fold", ".halve-2")
    }
    for end, steps, sampler in ((".fold", 4, "ddim"), (".halve-2", 2, "ddim"), ("", 4, "renoise")):
        model = load(tmp_path / f"s{end}.safetensors", "cpu")
        assert (model.recipe.steps, model.recipe.sampler) == (steps, sampler)
        assert model.recipe.guidance == 1
        assert model.sample(labels=[3, 4]).shape == (2, 1, 28, 28)
    for words, says in (
        (["--steps", 9], "is distilled by one process, with its stages' updates"),
        (["--seed", 1], "seed 0 instead of 1"),
    ):
        code, _, error = call("train", *options, *words)
        assert code == 2
        assert says in error
    picture = ["--model", out, "--each", 1, "--out", tmp_path / "x.png"]
    assert call("sdedit", *picture, "--label", 3, "--strength", 0.6)[0] == 0
    for command, words, says in (
        ("sample", ["--steps", 3], "steps: 'tiny-fast' takes 1, 2 or 4, not 3"),
        ("sample", ["--sampler", "ddim"], "sampler: 'tiny-fast' takes renoise, not ddim"),
        ("sample", ["--spacing", "uniform"], "spacing: 'tiny-fast' takes trailing steps"),
        ("sample", ["--guidance", 2], "'tiny-fast' was never trained without labels: no guidance"),
        ("sdedit", [], "'tiny-fast' was never trained without labels: give one"),
        ("inpaint", ["--label", 3, "--sampler", "ancestral"], "takes renoise, not ancestral"),
        ("hybrid", ["--steps", 5], "steps: 'tiny-fast' takes 1, 2 or 4, not 5"),
    ):
        code, _, error = call(command, *picture, *words)
        assert code == 2
        assert error.strip().splitlines()[-1].startswith("error: ")
        assert says in error


def test_a_step_of_a_student_is_one_evaluation(model):
    asked = []
    model.network.register_forward_hook(lambda _, given, __: asked.append(given[1].tolist()))
    for steps in (1, 2, 4):
        model.sample(labels=[5], steps=steps)
        assert asked == [[t] for t in strided(1000, steps)[:-1]]
        asked.clear()


def test_every_technique_takes_a_student(model, digits):
    image = digits.images[:1].float() / 255
    mask = torch.zeros(28, 28)
    mask[14:] = 1
    made = {
        "sdedit": sdedit(model, image, 0.7, label=3, n=2, seed=1),
        "inpaint": inpaint(model, image, mask, label=3, n=2, repeats=2),
        "anagram": draw_anagram(model, [6, 9], n=2),
        "hybrid": draw_hybrid(model, 3, 8, n=1, across=2, steps=2),
        "split": draw_hybrid(model, 3, 8, n=2, across=1),
        "denoise": denoise(model, add_noise(model, image, 500), 500, 3),
        "once": denoise(model, add_noise(model, image, 500), 500, 3, once=True),
    }
    for name, images in made.items():
        assert images.isfinite().all(), name
        assert images.std() > 0.01, name
    assert (made["inpaint"][:, :, :14] - image[:, None, :14]).abs().max() < 1e-6
    # SDEdit starts with the noise of its strength, and fresh noise is added on the way.
    states = [*model.states(labels=[3], x=add_noise(model, image, 700), path=(700, 500, 250, 0))]
    renoised = (states[1].x - COSINE.signal(500, states[0].x0) * states[0].x0) / COSINE.sigma(
        500, states[0].x0
    )
    assert abs(float(renoised.std()) - 1) < 0.1
    assert torch.equal(states[-1].x, states[-2].x0)
    with pytest.raises(ValueError, match="never trained without labels: give one"):
        sdedit(model, image, 0.7)


def test_after_a_stage_a_student_samples_as_it_was_taught(student):
    fold, halve, match = STAGES
    assert after(student, match) == student
    for stage, serves, steps in ((fold, (), 4), (halve, (2,), 2)):
        recipe = after(student, stage)
        assert (recipe.sampler, recipe.steps) == ("ddim", steps)
        assert recipe.distillation.serves == serves
        assert Recipe.from_dict(recipe.to_dict()) == recipe


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"distillation": None}, "'tiny-fast' has no distillation"),
        ({"T": 500}, "and its teacher 'digits' must have the same options and T"),
        ({"label_dropout": 0.1}, "must have the same options"),
    ],
)
def test_a_teacher_that_cannot_teach_is_refused(changes, says):
    recipe = dataclasses.replace(student_of("digits"), **changes)
    with pytest.raises(ValueError, match=says):
        check_teacher(recipe, DIGITS)


def test_what_a_student_needs_is_checked(student, teacher, digits, tmp_path):
    own = load(teacher, "cpu").recipe
    check_teacher(student, own)
    with pytest.raises(ValueError, match="must know labels only"):
        check_teacher(dataclasses.replace(student, label_dropout=0.1), own)
    with pytest.raises(ValueError, match="images without a label too"):
        check_teacher(student, dataclasses.replace(own, label_dropout=0.0))
    with pytest.raises(ValueError, match="takes more than 1000 times"):
        check_teacher(student_of(teacher, (Stage("halve", 1, 1, steps=(501,)),)), own)
    with pytest.raises(ValueError, match="no model"):
        Student.start(student_of(tmp_path / "none.safetensors"))
    with pytest.raises(ValueError, match="takes a DigitsUNet, not Linear"):
        Fake(student, nn.Linear(1, 1))
    run = Student.start(student)
    with pytest.raises(ValueError, match="by one process"):
        next(distil(run, digits, digits[:10], None, Processes(0, 2)))
    with pytest.raises(ValueError, match="options: the student 'tiny-fast' needs paces 4"):
        check_teacher(told_by(teacher, options=SMALL), own)
    with pytest.raises(ValueError, match="options: the student 'tiny-fast' needs paces 1"):
        check_teacher(student_of(teacher, options={**SMALL, "paces": 2}), own)
    with pytest.raises(ValueError, match=r"serves: must be among \(1, 2, 4\)"):
        Distillation("digits", TAUGHT, serves=(1, 8))
    with pytest.raises(ValueError, match="'shortcut' each is half the one before"):
        Stage("shortcut", 1, 1, steps=(4, 1))
    with pytest.raises(ValueError, match="steps: 'fold' takes none, 'halve' one number"):
        Stage("halve", 1, 1)
    with pytest.raises(ValueError, match="unknown method 'melt'; there are fold, halve, shortcut"):
        Stage("melt", 1, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="updates must be at least 1, not 0"):
        Stage("fold", 1, 0)
    with pytest.raises(ValueError, match="'fold' must be the first"):
        Distillation("digits", STAGES[::-1])
    with pytest.raises(ValueError, match="stages must be at least 1, each once"):
        Distillation("digits", (STAGES[0], STAGES[0]))


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("serves", ["four"], "distillation"),
        ("guidance", None, "distillation.*guidance"),
        ("stages", [], "stages must be at least 1"),
        ("stages", [{"method": "melt", "epochs": 1, "updates": 1}], "distillation.*method"),
        ("more", 1, "distillation.*more"),
    ],
)
def test_a_file_with_a_wrong_distillation_is_refused(student, field, value, says):
    values = student.to_dict()
    values["distillation"][field] = value
    with pytest.raises(ValueError, match=says) as caught:
        Recipe.from_dict(values)
    assert str(caught.value).isprintable()


def test_the_recipes_of_students_fit_their_teachers():
    students = [recipe for recipe in RECIPES.values() if recipe.distillation]
    assert "digits-fast" in [recipe.name for recipe in students]
    for recipe in students:
        plan = recipe.distillation
        check_teacher(recipe, RECIPES[plan.teacher])
        assert recipe.training.epochs == plan.epochs
        assert recipe.steps in plan.serves
        assert recipe.guidance == 1
    assert "distillation" not in DIGITS.to_dict()  # the header of older files stays as it was
