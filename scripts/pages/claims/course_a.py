"""The rules for course A's claims about schedules and sampling."""

from __future__ import annotations

from scripts.pages.claims.verdicts import (
    CONFIRMED,
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
"""A Fréchet distance of 1,000 samples must be lower by a twentieth, about what seeds differ by."""


@claim("A", "Sampling time is linear in T.", "digits", known=True)
def sampling_time(read: Read) -> Finding:
    """A step takes the same time for every T, within 30 percent."""
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


@claim(
    "A",
    "At t = 500 images still look random, so sampling could start there.",
    "attention",
    known=True,
)
def start_half_way(read: Read) -> Finding:
    """Two parts: x_500 shows no digit (at most 20% recognised), and a start from noise is as good.

    "As good" means a Fréchet distance of at most 1.1 times that of sampling from T, by the same
    model or by the conditional one. The second part decides; the first alone refines.
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
        f"{cosine:.3f} against {linear:.3f} with {n} calls"
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


@claim("A", "A small beta near the image gives precision.", "digits, ancestral")
def small_beta(read: Read) -> Finding:
    """One network visits the linear schedule's noise levels, or those of one constant beta.

    The constant beta ends at the same noise. Its distance has to be higher with 10 and 25 calls.
    """
    growing = part(read, "strides", "rows", why=LATER)
    why = "the levels of a constant beta are not measured yet"
    constant_ = part(read, "constant_strides", "rows", why=why)
    pairs = [(growing[f"linear-{n}"]["fid"], constant_[f"constant-{n}"]["fid"]) for n in (10, 25)]
    held = sum(linear < MARGIN * constant for linear, constant in pairs)
    words = ", ".join(
        f"{linear:.3f} against {constant:.3f} with {n} calls"
        for n, (linear, constant) in zip((10, 25), pairs, strict=True)
    )
    return counted(held, 2), f"FID at the levels of a growing and of a constant beta: {words}"
