"""Every rule against made-up records, the measurements behind them, and that none is missing."""

from collections import Counter

import pytest
import torch
from claim_cases import CASES

from ddpm.data import as_images, held_out
from ddpm.schedule import NoiseSchedule
from scripts.pages.claims import own, pictures, slips, trainings, verdicts
from scripts.pages.claims.verdicts import (
    CLAIMS,
    CONFIRMED,
    NOT_DECIDED,
    REFINED,
    REFUTED,
    VERDICTS,
    Claim,
    decide,
    group,
)
from scripts.workshop.records import read_json

SAID = {
    "A": {
        "training time does not depend on T": "training_time",
        "sampling time is linear in T": "sampling_time",
        "not all steps are needed": "fewer_steps",
        "images at t = 500 look random, so one could start there": "start_half_way",
        "a cosine schedule would need fewer": "cosine_fewer",
        "without the noise term samples fail": "no_noise",
        "the same x_T gives different digits": "not_a_function",
        "a digit cannot be predicted from x_T": "classify_start",
        "a conditional model may give better images": "conditional_better",
        "training has not converged after 20 epochs": "not_converged",
        "encodings in every layer make training easier": "encodings_everywhere",
        "[-1, 1] works best": "pixel_range",
        "small beta near the image gives precision": "small_beta",
    },
    "B": {
        "a higher omega gives better quality and less diversity": "guidance_own",
        "lower losses of the larger model mean a better model": "larger_model",
        "embeddings that are never trained are good enough": "frozen",
        "sigma = sqrt(beta)": "sigma",
    },
    "C": {
        "few steps are grainy and more give more detail": "few_steps_grainy",
        "blur is passing for little noise and useless for much": "blur_little_much",
        "one step fills gaps": "one_step_gaps",
        "iterative is better than one step": "iterative_better",
        "guidance: better images, less diversity": "guidance_alike",
        "persistence of features differs in SDEdit": "sdedit_features",
        "unconditional SDEdit falls back on what the prior likes": "sdedit_prior",
        "anagrams work": "anagrams_work",
        "hybrids work": "hybrids_work",
        "the denoiser performs very well even at sigma 1": "one_level",
        "20 epochs are better than 5": "epochs_20",
        "the class-conditioned net is much better": "class_better",
    },
    "slips": {
        "the noise added at step t - 1": "last_noise",
        "0.144 in the Bayes net": "bayes_net",
        "(1 - alpha_bar) eps": "variance",
        "(1 - alpha_bar_t) over itself": "printed_update",
        "noise called uniform": "uniform_noise",
        "i_start named t": "start_index",
        "z = sigma eps without the image": "no_image",
    },
}
"""What the sources say, each with the rule that judges it; other claims may have rules too."""


@pytest.mark.parametrize(
    ("name", "verdict", "records", "numbers"),
    [(name, *case) for name, cases in CASES.items() for case in cases],
    ids=[f"{name}-{case[0]}-{k}" for name, cases in CASES.items() for k, case in enumerate(cases)],
)
def test_the_numbers_decide_and_are_in_the_sentence(name, verdict, records, numbers):
    found, because = decide(CLAIMS[name].rule, records.__getitem__)
    assert found == verdict
    for number in numbers:
        assert number in because
    assert "|" not in because + CLAIMS[name].says  # it would end the cell of a table


def test_every_claim_is_tried_with_records_that_confirm_it_and_with_others():
    assert CASES.keys() == CLAIMS.keys()
    for cases in CASES.values():
        assert cases[0][0] == CONFIRMED
        assert {verdict for verdict, *_ in cases} > {CONFIRMED}


@pytest.mark.parametrize("where", SAID)
def test_everything_that_the_sources_say_has_a_rule_in_its_table(where):
    for name in SAID[where].values():
        assert group(CLAIMS[name]) == where


def test_a_claim_without_its_record_is_not_decided_and_says_why():
    def missing(name):
        raise FileNotFoundError(name)

    later = 0
    for it in CLAIMS.values():
        try:
            verdict, because = decide(it.rule, missing)
        except FileNotFoundError:
            continue  # a record that every checkout has
        assert verdict == NOT_DECIDED
        assert len(because) > 10
        later += 1
    assert later > 10
    assert decide(CLAIMS["class_better"].rule, lambda _: {"models": {"class": {"fid": 1.0}}}) == (
        NOT_DECIDED,
        "the recipe time is not measured yet",
    )


def test_the_start_half_way_is_compared_with_the_conditional_model_if_need_be():
    records = {
        "half_way": {"fid": 2.5, "recognised": 0.3},
        "quality": {"models": {"attention-class": {"fid": 1.0}}},
    }

    def read(name):
        if name not in records:
            raise FileNotFoundError(name)
        return records[name]

    verdict, because = decide(CLAIMS["start_half_way"].rule, read)
    assert verdict == REFUTED
    assert "1.00 from t = 1000 (attention-class)" in because


def test_the_measurement_sorts_and_counts_the_verdicts(monkeypatch):
    def ruled(verdict):
        return lambda read: (verdict, f"{verdict} by 1")

    said = [("a", "A", "Says.", CONFIRMED), ("b", "A, B", "Says.", REFUTED)]
    said += [("c", "C", "Slip: it says.", REFUTED), ("d", "C", "Says.", NOT_DECIDED)]
    table = {
        name: Claim(course, says, "digits", ruled(verdict), known=name == "a")
        for name, course, says, verdict in said
    }
    monkeypatch.setattr(verdicts, "CLAIMS", table)
    result = verdicts.claims(False)
    assert result["count"] == {"confirmed": 1, "refined": 0, "refuted": 2, "not_decided": 1}
    assert (result["of"], result["after"]) == (4, 1)
    assert {where: [*rows] for where, rows in result["tables"].items()} == {
        "A": ["a", "b"], "slips": ["c"], "C": ["d"],
    }  # fmt: skip
    assert result["tables"]["slips"]["c"] == {
        "course": "C", "says": "it says.", "on": "digits", "verdict": REFUTED,
        "because": "refuted by 1", "rule": "before",
    }  # fmt: skip
    assert result["tables"]["A"]["a"]["rule"] == "after"


def test_the_published_verdicts_follow_from_the_published_records():
    published = read_json("claims")
    found = verdicts.claims(False)
    assert found == {key: published[key] for key in found}


def test_every_verdict_occurs_and_what_is_wrong_is_refuted():
    """The slips are wrong by arithmetic, whatever is measured."""
    found = {
        name: row
        for rows in verdicts.claims(False)["tables"].values()
        for name, row in rows.items()
    }
    for name in (*SAID["slips"].values(), "one_level"):
        assert found[name]["verdict"] == REFUTED
    seen = Counter(row["verdict"] for row in found.values())
    assert {*seen} <= {*VERDICTS}
    assert seen[REFINED] > 0


# The measurements.


@pytest.mark.parametrize("name", ["linear", "constant"])
def test_the_levels_of_another_schedule_are_found_on_the_models_own(name, untrained):
    class Model:
        schedule = NoiseSchedule.cosine(1000)

    other = own.schedules()[name]
    path = own.levels(Model, other, 10)
    assert len(path) == 11
    for k, t in enumerate(path[1:-1], 1):
        wanted = float(other.alpha_bar[1000 - 100 * k])
        near = Model.schedule.alpha_bar[t - 1 : t + 2]
        assert float(near[2]) <= wanted <= float(near[0])


def test_a_schedules_own_levels_are_its_strides():
    class Model:
        schedule = NoiseSchedule.cosine(1000)

    assert own.levels(Model, Model.schedule, 10) == tuple(range(1000, -1, -100))


def test_all_three_schedules_end_in_hardly_any_image():
    ends = {name: float(schedule.alpha_bar[-1]) for name, schedule in own.schedules().items()}
    assert abs(ends["constant"] / ends["linear"] - 1) < 1e-6
    assert ends["cosine"] < ends["linear"] < 1e-4


def test_grain_is_that_of_the_background_and_not_of_strokes():
    images = torch.zeros(2, 1, 28, 28)
    images[:, :, 5:9, 5:20] = 1
    assert own.grain_of(images) == 0
    real = own.grain_of(as_images(pictures.bundled()[::100]))
    images[:, :, 15:27:3, 3:27:3] = 0.5  # specks
    assert own.grain_of(images) > 0.05 > 5 * real


def test_features_follow_a_digit_that_is_moved_and_leant():
    digit = torch.stack([held_out(1)])[:, None]
    here, there = (pictures.features(images) for images in (digit, digit.roll((2, -3), (2, 3))))
    assert there["height"] - here["height"] == pytest.approx(2, abs=1e-6)
    assert there["place"] - here["place"] == pytest.approx(-3, abs=1e-6)
    assert there["slant"] == pytest.approx(here["slant"])
    assert there["ink"] == pytest.approx(here["ink"])
    leant = torch.zeros(1, 1, 28, 28)
    for k in range(20):
        leant[0, 0, 4 + k, 14 + (k - 10) // 2] = 1
    assert float(pictures.features(leant)["slant"]) == pytest.approx(0.5, abs=0.02)


def test_correlation():
    a = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    b = torch.randn(1000, generator=torch.Generator().manual_seed(1))
    assert pictures.correlation(a, 2 * a + 3) == pytest.approx(1)
    assert pictures.correlation(a, -a) == pytest.approx(-1)
    assert abs(pictures.correlation(a, b)) < 0.1


def test_the_printed_update_keeps_too_much_of_x():
    """The right one's weights of x0 and x give a clean image back from itself; the printed not."""
    schedule = NoiseSchedule.cosine(1000)
    x0 = torch.ones(1, 1, 2, 2)
    x = schedule.alpha_bar[500].sqrt().float() * x0
    step = slips.Step(x, 500, 400, 0 * x, x0, schedule, lambda: 0 * x, lambda x, t: (0 * x, x0))
    wanted = float(schedule.alpha_bar[400].sqrt())
    assert float(slips.posterior(step).mean()) == pytest.approx(wanted, abs=1e-5)
    assert float(slips.as_printed(step).mean()) > wanted + 0.1


def test_the_noise_of_single_steps_has_the_root_of_what_is_left():
    found = slips.amplitude()
    assert found["measured"] == pytest.approx(found["root"], rel=0.01)
    assert found["printed"] == pytest.approx(found["root"] ** 2)


def test_told_once_has_the_same_weights_and_another_answer():
    torch.manual_seed(0)
    network = trainings.AttentionUNet(8).eval()
    x, t = torch.randn(2, 1, 32, 32), torch.tensor([3.0, 700.0])
    with torch.no_grad():
        every = network(x, t)
        network.__class__ = trainings.ToldOnce
        once = network(x, t)
        assert not torch.allclose(every, once)
        assert not torch.allclose(once, network(x, t.flip(0)))  # it gets the time
    assert once.shape == x.shape


def test_a_digit_with_erased_rows_has_lost_ink():
    image = as_images(pictures.bundled()[:1])
    assert float(image[:, :, pictures.ERASED].sum()) > 0
