"""Every rule against records that are made up so that it has to come to each of its verdicts."""

import pytest

from scripts.pages import claims
from scripts.pages.claims import CLAIMS, CONFIRMED, REFINED, REFUTED
from scripts.workshop.records import read_json


def rows(**fids):
    return {name.replace("_", "-"): {"fid": fid} for name, fid in fids.items()}


def best(with_100, accuracy=0.99):
    ten = {"calls": 10, "fid": 0.31, "accuracy": 0.9, "sampler": "ddim"}
    hundred = {"calls": 100, "fid": with_100, "accuracy": accuracy, "sampler": "heun"}
    thousand = {"calls": 1000, "fid": 0.2, "accuracy": 0.99, "sampler": "ancestral"}
    return {"leaderboard": {"best": {"10": ten, "100": hundred, "1000": thousand}}}


def without_noise(accuracy, spread):
    return {"randomness": {"no_noise": {
        "attention-class, ancestral": {"accuracy": 0.9, "spread": 0.2},
        "attention-class, no-noise": {"accuracy": accuracy, "spread": spread},
    }}}  # fmt: skip


def open_bits(ancestral, ddim):
    return {"randomness": {
        "ancestral": {"given_start": ancestral, "overall": 3.2},
        "ddim": {"given_start": ddim, "overall": 3.2},
    }}  # fmt: skip


def predicted(ancestral, ddim):
    # Of 900 starts, two standard deviations about one in ten are 2 percentage points.
    return {"randomness": {
        "ancestral": {"accuracy": ancestral, "commonest": 0.11},
        "ddim": {"accuracy": ddim, "commonest": 0.12},
        "held_out": 900,
    }}  # fmt: skip


def strengths(small, large):
    table = {"too small": small, "as usual": 0.5, "too large": large}
    return {"schedules": {"strengths": {name: {"fid": fid} for name, fid in table.items()}}}


def losses(with_labels, without):
    entries = {"attention-class": with_labels, "attention": without}
    return {
        f"training/{name}": {"float32": {"validation_averaged": loss}}
        for name, loss in entries.items()
    }


def traded(accuracy, recall, scale):
    none = {"accuracy": 0.95, "recall": 0.88, "diversity": 2.2}
    strong = {"accuracy": accuracy, "recall": recall, "diversity": 1.5}
    best_fid = {"scale": scale, "omega": scale - 1}
    return {"guidance": {"rows": {"1": none, "3": strong}, "best_fid": best_fid}}


def scales(fid, accuracy):
    table = {"5": {"fid": fid, "accuracy": accuracy}, "7": {"fid": 0.77}}
    return {"guidance": {"rows": table, "best_fid": {"fid": 0.3, "accuracy": 0.97, "scale": 1.2}}}


CASES = {
    "training_time": [
        (CONFIRMED, {"times": {"rows": {"10": {"training": 100}, "40": {"training": 114}}}},
         ["100", "114", "10", "40"]),
        (REFUTED, {"times": {"rows": {"10": {"training": 116}, "40": {"training": 100}}}},
         ["100", "116", "10", "40"]),
    ],
    "sampling_time": [
        (CONFIRMED, {"times": {"per_step": {"least": 1.0, "most": 1.25}}}, ["1.00", "1.25"]),
        (REFUTED, {"times": {"per_step": {"least": 1.0, "most": 1.35}}}, ["1.00", "1.35"]),
    ],
    "fewer_steps": [
        (CONFIRMED, best(0.15), ["0.310", "0.150", "100", "heun", "0.200"]),
        (REFUTED, best(0.25), ["0.310", "0.200"]),
        (REFUTED, best(0.15, accuracy=0.98), ["0.310", "0.200"]),
    ],
    "no_noise": [
        (CONFIRMED, without_noise(0.25, 0.05), ["25%", "90%", "0.050", "0.200"]),
        (REFUTED, without_noise(0.95, 0.05), ["95%", "90%", "0.050", "0.200"]),
        (REFUTED, without_noise(0.25, 0.35), ["25%", "90%", "0.350", "0.200"]),
    ],
    "not_a_function": [
        (CONFIRMED, open_bits(3.0, 0.4), ["3.00", "3.20", "0.40"]),
        (REFINED, open_bits(3.0, 0.05), ["3.00", "3.20", "0.05"]),
        (REFUTED, open_bits(1.5, 0.05), ["1.50", "3.20", "0.05"]),
    ],
    "foretold": [
        (CONFIRMED, predicted(0.125, 0.135), ["12.5%", "11.0%", "13.5%", "12.0%"]),
        (REFINED, predicted(0.125, 0.25), ["12.5%", "11.0%", "25.0%", "12.0%"]),
        (REFUTED, predicted(0.25, 0.25), ["25.0%", "11.0%", "25.0%", "12.0%"]),
    ],
    "betas": [
        (CONFIRMED, strengths(9.0, 1.1), ["9.00", "0.50", "1.10"]),
        (REFINED, strengths(9.0, 0.9), ["9.00", "0.50", "0.90"]),
        (REFUTED, strengths(0.8, 0.9), ["0.80", "0.50", "0.90"]),
    ],
    "conditional_loss": [
        (CONFIRMED, losses(0.019, 0.02), ["0.0190", "0.0200"]),
        (REFUTED, losses(0.017, 0.02), ["0.0170", "0.0200"]),
        (REFUTED, losses(0.023, 0.02), ["0.0230", "0.0200"]),
    ],
    "guidance_trade": [
        (CONFIRMED, traded(0.99, 0.7, scale=4.0), ["95.0%", "99.0%", "0.88", "0.70", "3.0"]),
        (REFINED, traded(0.99, 0.7, scale=1.2), ["95.0%", "99.0%", "0.88", "0.70", "0.2"]),
        (REFUTED, traded(0.94, 0.7, scale=1.2), ["95.0%", "94.0%"]),
        (REFUTED, traded(0.99, 0.9, scale=1.2), ["0.88", "0.90"]),
    ],
    "frozen": [
        (CONFIRMED, {"ablation": {"rows": {"resunet": {"loss": 0.03},
                                           "resunet-frozen": {"loss": 0.0302}}}},
         ["0.0302", "0.0300"]),
        (REFUTED, {"ablation": {"rows": {"resunet": {"loss": 0.03},
                                         "resunet-frozen": {"loss": 0.034}}}},
         ["0.0340", "0.0300"]),
        (REFINED, {"ablation": {"rows": {"resunet": {"loss": 0.03},
                                         "resunet-frozen": {"loss": 0.028}}}},
         ["0.0280", "0.0300"]),
    ],
    "sigma": [
        (CONFIRMED, {"leaderboard": {"rows": rows(
            beta_noise_25=0.24, ancestral_25=0.2, beta_noise_100=0.18, ancestral_100=0.17)}},
         ["0.24", "0.20", "0.18", "0.17"]),
        (REFINED, {"leaderboard": {"rows": rows(
            beta_noise_25=0.34, ancestral_25=0.2, beta_noise_100=0.18, ancestral_100=0.17)}},
         ["0.34", "0.20", "0.18", "0.17"]),
    ],
    "large_scales": [
        (CONFIRMED, scales(0.5, 0.99), ["0.50", "0.77", "0.30", "1.2", "99.0%", "97.0%"]),
        (REFINED, scales(0.7, 0.99), ["0.70", "0.77", "0.30", "1.2", "99.0%", "97.0%"]),
        (REFUTED, scales(0.7, 0.96), ["0.70", "0.77", "0.30", "1.2", "96.0%", "97.0%"]),
    ],
    "one_level": [
        (CONFIRMED, {"denoising": {"denoised": [0] * 5 + [21.0] + [0] * 4 + [14.0]}},
         ["21.0", "14.0"]),
        (REFUTED, {"denoising": {"denoised": [0] * 5 + [21.0] + [0] * 4 + [19.0]}},
         ["21.0", "19.0"]),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "verdict", "records", "numbers"),
    [(name, *case) for name, cases in CASES.items() for case in cases],
    ids=[f"{name}-{case[0]}-{k}" for name, cases in CASES.items() for k, case in enumerate(cases)],
)
def test_the_numbers_decide_and_are_in_the_sentence(monkeypatch, name, verdict, records, numbers):
    monkeypatch.setattr(claims, "read_json", records.__getitem__)
    found, because = CLAIMS[name][2]()
    assert found == verdict
    for number in numbers:
        assert number in because


def test_every_claim_is_tried_with_records_that_confirm_it_and_with_others():
    assert CASES.keys() == CLAIMS.keys()
    for cases in CASES.values():
        assert cases[0][0] == CONFIRMED
        assert {verdict for verdict, *_ in cases} > {CONFIRMED}


def test_the_measurement_counts_the_verdicts(monkeypatch):
    def ruled(verdict):
        return lambda: (verdict, f"{verdict} by 1")

    verdicts = {"a": CONFIRMED, "b": REFUTED, "c": CONFIRMED}
    table = {name: ("A", "Says.", ruled(verdict)) for name, verdict in verdicts.items()}
    monkeypatch.setattr(claims, "CLAIMS", table)
    result = claims.claims(False)
    assert result["count"] == {CONFIRMED: 2, REFINED: 0, REFUTED: 1}
    assert result["rows"]["b"] == {
        "course": "A", "says": "Says.", "verdict": REFUTED, "because": "refuted by 1",
    }  # fmt: skip


def test_the_published_verdicts_follow_from_the_published_records():
    published = read_json("claims")
    assert claims.claims(False) == {key: published[key] for key in ("rows", "count")}
