"""The rules for course A's claims."""

from __future__ import annotations

from scripts.pages.claims.verdicts import (
    CONFIRMED,
    NOT_DECIDED,
    REFINED,
    REFUTED,
    Finding,
    NotYet,
    Read,
    claim,
    counted,
    part,
)

LATER = "not measured yet"

MARGIN = 0.95
"""A Fréchet distance of 1,000 samples has to be lower by a twentieth: seeds vary by about that."""


@claim("A", "Training time does not depend on T.", "digits", known=True)
def training_time(read: Read) -> Finding:
    """Within 15 percent: more than this machine varies by itself."""
    speeds = {T: row["training"] for T, row in read("times")["rows"].items()}
    flat = max(speeds.values()) < 1.15 * min(speeds.values())
    words = f"{min(speeds.values()):.0f} to {max(speeds.values()):.0f} images/s"
    first, *_, last = speeds
    return CONFIRMED if flat else REFUTED, f"{words} for T from {first} to {last}"


@claim("A", "Sampling time is linear in T.", "digits", known=True)
def sampling_time(read: Read) -> Finding:
    """A step takes as long for every T, within 30 percent."""
    step = read("times")["per_step"]
    even = step["most"] < 1.3 * step["least"]
    return CONFIRMED if even else REFUTED, f"{step['least']:.2f} to {step['most']:.2f} ms a step"


@claim("A", "Not all steps are needed.", "digits", known=True)
def fewer_steps(read: Read) -> Finding:
    """Some fewer calls are as good as 1000: the distance at most two spreads of seeds above."""
    best = read("leaderboard")["best"]
    every = best["1000"]
    spread = max(row.get("fid_spread", 0.0) for row in best.values())
    enough = [
        row
        for row in best.values()
        if row["calls"] < 1000
        and row["fid"] <= every["fid"] + 2 * spread
        and row["accuracy"] >= every["accuracy"] - 0.005
    ]
    words = f"FID {every['fid']:.3f} with 1000 calls, "
    if not enough:
        return REFUTED, words + f"{best['10']['fid']:.3f} with 10, and none as good with fewer"
    few = enough[0]
    words += f"{few['fid']:.3f} with {few['calls']} ({few['sampler']}); seeds differ by"
    return CONFIRMED, f"{words} {spread:.3f}, so the two are equal"


@claim("A", "At t = 500 images still look random, so sampling could start there.", "attention")
def start_half_way(read: Read) -> Finding:
    """Two parts: x_500 shows no digit (at most 20% recognised), and noise put there does as well.

    "As well" is a Fréchet distance of at most 1.1 times that of the way from T, of the same model
    or of the conditional one. The second part decides; the first alone refines.
    """
    result, half = part(read, "half_way", why=LATER), part(read, "half_way", "fid", why=LATER)
    try:
        name, whole = (
            "attention",
            part(read, "unconditional", "rows", "attention", "fid", why=LATER),
        )
    except NotYet:
        name, whole = "attention-class", read("quality")["models"]["attention-class"]["fid"]
    words = (
        f"FID {half:.2f} from pure noise at t = 500, {whole:.2f} from t = 1000 ({name}); of real"
        f" digits at t = 500, {result['recognised']:.0%} are recognised after one step"
    )
    if half > 1.1 * whole:
        return REFUTED, words
    return CONFIRMED if result["recognised"] <= 0.2 else REFINED, words


@claim("A", "A cosine schedule would need fewer steps.", "digits, ancestral")
def cosine_fewer(read: Read) -> Finding:
    """One network visits the cosine's noise levels or the linear schedule's, with 10 and 25 calls.

    The cosine's have to give the lower distance with both.
    """
    rows = part(read, "strides", "rows", why=LATER)
    pairs = [(rows[f"cosine-{n}"]["fid"], rows[f"linear-{n}"]["fid"]) for n in (10, 25)]
    held = sum(cosine < MARGIN * linear for cosine, linear in pairs)
    words = ", ".join(
        f"{cosine:.2f} against {linear:.2f} with {n} calls"
        for n, (cosine, linear) in zip((10, 25), pairs, strict=True)
    )
    return counted(held, 2), f"FID at the levels of a cosine and of a linear schedule: {words}"


@claim(
    "A",
    "Without the noise term samples fail, because the model expects noise.",
    "attention-class and digits",
    known=True,
)
def no_noise(read: Read) -> Finding:
    """Each network's accuracy falls by more than 10 percentage points without the noise."""
    rows = read("randomness")["no_noise"]
    fell, words = 0, []
    for name in ("attention-class", "digits"):
        with_, without = rows[f"{name}, ancestral"], rows[f"{name}, no-noise"]
        fell += without["accuracy"] < with_["accuracy"] - 0.1
        words.append(
            f"{name}: accuracy {without['accuracy']:.0%} without it, {with_['accuracy']:.0%} with"
            f" it, spread {without['spread']:.4f} and {with_['spread']:.4f}"
        )
    return counted(fell, 2), "; ".join(words)


@claim("A", "The same first noise gives different digits.", "digits", known=True)
def not_a_function(read: Read) -> Finding:
    """Ancestral sampling keeps at least half of the entropy; without fresh noise none is left."""
    result = read("randomness")
    open_, overall = result["ancestral"]["given_start"], result["ancestral"]["overall"]
    words = (
        f"{open_:.2f} of {overall:.2f} bits open after it with ancestral steps,"
        f" {result['ddim']['given_start']:.2f} with DDIM"
    )
    if open_ < 0.5 * overall:
        return REFUTED, words
    return REFINED if result["ddim"]["given_start"] < 0.1 else CONFIRMED, words


# --8<-- [start:classify_start]
@claim("A", "The digit cannot be predicted from the first noise.", "digits", known=True)
def classify_start(read: Read) -> Finding:
    """No better than the most common digit, by two standard deviations."""
    result = read("randomness")
    above = {
        name: result[name]["accuracy"] - result[name]["commonest"] for name in ("ancestral", "ddim")
    }
    chance = 2 * (0.1 * 0.9 / result["held_out"]) ** 0.5
    words = ", ".join(
        f"{name} {result[name]['accuracy']:.1%} (most common digit {result[name]['commonest']:.1%})"
        for name in above
    )
    if above["ancestral"] > chance:
        return REFUTED, words
    return REFINED if above["ddim"] > chance else CONFIRMED, words
    # --8<-- [end:classify_start]


@claim("A", "A conditional model may give better images.", "attention, attention-class")
def conditional_better(read: Read) -> Finding:
    """By the distance from real digits, with the same sampler: a tenth lower, or a tenth higher."""
    rows = part(read, "unconditional", "rows", why=LATER)
    with_, without = rows["attention-class"]["fid"], rows["attention"]["fid"]
    words = f"FID {with_:.2f} with labels, {without:.2f} without"
    if abs(with_ / without - 1) <= 0.1:
        return NOT_DECIDED, words + ": too close"
    return CONFIRMED if with_ < without else REFUTED, words


@claim("A", "Training has not converged after 20 epochs.", "attention", known=True)
def not_converged(read: Read) -> Finding:
    """In the last five epochs both losses still fall by more than one percent."""
    epochs = read("training/attention")["epochs"]
    falls = {
        words: 1 - epochs[-1][key] / epochs[-6][key]
        for key, words in (("train", "training"), ("validation_averaged", "validation"))
    }
    words = " and ".join(f"the {kind} loss by {fall:.1%}" for kind, fall in falls.items())
    return counted(sum(fall > 0.01 for fall in falls.values()), 2), f"the last 5 epochs cut {words}"


@claim("A", "Time encodings in every layer make training easier.", "attention, short trainings")
def encodings_everywhere(read: Read) -> Finding:
    """The validation loss of a short training, with two seeds: lower in both, or higher in both."""
    rows = part(read, "short_trainings", "rows", why=LATER)
    pairs = [
        tuple(rows[f"{kind}-{seed}"]["loss"] for kind in ("every", "first")) for seed in (1, 2)
    ]
    words = ", ".join(f"{every:.4f} against {first:.4f}" for every, first in pairs)
    words = f"loss with encodings in every stage and in the first only: {words} (two seeds)"
    lower = sum(every < first for every, first in pairs)
    return {2: CONFIRMED, 0: REFUTED, 1: NOT_DECIDED}[lower], words


@claim(
    "A",
    "The range [-1, 1] works best, because noise and pixels then have a similar range.",
    "digits, short trainings",
)
def pixel_range(read: Read) -> Finding:
    """A narrower range and a wider one both have to be further from real digits, by a tenth."""
    why = "the trainings with other ranges were not made yet"
    fids = {
        words: part(read, "ablation", "rows", row, "fid", why=why)
        for row, words in (
            ("digits", "[-1, 1]"),
            ("unit-range", "[0, 1]"),
            ("wide-range", "[-2, 2]"),
        )
    }
    usual, *others = fids.values()
    words = "FID after two epochs: " + ", ".join(f"{fid:.2f} in {r}" for r, fid in fids.items())
    if any(other < 0.9 * usual for other in others):
        return REFUTED, words
    return CONFIRMED if all(other > 1.1 * usual for other in others) else REFINED, words


@claim("A", "A small beta near the image gives precision.", "digits, ancestral")
def small_beta(read: Read) -> Finding:
    """One network visits the linear schedule's noise levels, or those of one constant beta.

    The constant beta ends at the same noise. Its distance has to be higher with 10 and 25 calls.
    """
    rows = part(read, "strides", "rows", why=LATER)
    pairs = [(rows[f"linear-{n}"]["fid"], rows[f"constant-{n}"]["fid"]) for n in (10, 25)]
    held = sum(linear < MARGIN * constant for linear, constant in pairs)
    words = ", ".join(
        f"{linear:.2f} against {constant:.2f} with {n} calls"
        for n, (linear, constant) in zip((10, 25), pairs, strict=True)
    )
    return counted(held, 2), f"FID at the levels of a growing and of a constant beta: {words}"


@claim("A", "Beta far too small and beta far too large spoil the samples.", "digits", known=True)
def betas(read: Read) -> Finding:
    """Both have more than twice the distance of the usual ones."""
    rows = read("schedules")["strengths"]
    usual = rows["as usual"]["fid"]
    worse = [rows[name]["fid"] > 2 * usual for name in ("too small", "too large")]
    words = ", ".join(f"{name} {row['fid']:.2f}" for name, row in rows.items())
    return counted(sum(worse), 2), f"FID: {words}"


@claim(
    "A",
    "The loss is nearly the same with labels and without.",
    "attention, attention-class",
    known=True,
)
def conditional_loss(read: Read) -> Finding:
    """Within ten percent."""
    with_, without = (
        read(f"training/{name}")["float32"]["validation_averaged"]
        for name in ("attention-class", "attention")
    )
    words = f"{with_:.4f} with labels, {without:.4f} without"
    return (CONFIRMED if abs(with_ / without - 1) < 0.1 else REFUTED), words
