"""What the source courses say without measuring it, held against what was measured here.

Each claim is judged by a rule, so that a new measurement changes the verdict with the numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.workshop.records import read_json
from scripts.workshop.registry import measurement

CONFIRMED, REFINED, REFUTED = "confirmed", "refined", "refuted"

Finding = tuple[str, str]
"""A verdict, and the numbers that it rests on in a sentence."""

CLAIMS: dict[str, tuple[str, str, Callable[[], Finding]]] = {}
"""By name: the course, what it says, and the rule."""


def claim(course: str, says: str) -> Callable[[Callable[[], Finding]], Callable[[], Finding]]:
    """Registers a rule for a claim."""

    def register(rule: Callable[[], Finding]) -> Callable[[], Finding]:
        CLAIMS[rule.__name__] = (course, says, rule)
        return rule

    return register


@claim("A", "Training takes as long whatever T is.")
def training_time() -> Finding:
    """Within 15 percent: more than this machine varies by itself."""
    speeds = {T: row["training"] for T, row in read_json("times")["rows"].items()}
    flat = max(speeds.values()) < 1.15 * min(speeds.values())
    words = f"{min(speeds.values()):.0f} to {max(speeds.values()):.0f} images/s"
    first, *_, last = speeds
    return CONFIRMED if flat else REFUTED, f"{words} for T from {first} to {last}"


@claim("A", "Sampling takes in proportion to T.")
def sampling_time() -> Finding:
    """A step takes as long for every T, within 30 percent."""
    step = read_json("times")["per_step"]
    even = step["most"] < 1.3 * step["least"]
    return CONFIRMED if even else REFUTED, f"{step['least']:.2f} to {step['most']:.2f} ms a step"


@claim("A", "Not all steps are needed.")
def fewer_steps() -> Finding:
    """With some fewer calls the best is as near to real digits as 1000 ancestral steps."""
    best = read_json("leaderboard")["best"]
    every = best["1000"]
    enough = [
        row
        for row in best.values()
        if row["calls"] < 1000
        and row["fid"] <= every["fid"]
        and row["accuracy"] >= every["accuracy"] - 0.005
    ]
    words = f"FID {best['10']['fid']:.3f} with 10 calls, "
    if enough:
        words += f"{enough[0]['fid']:.3f} with {enough[0]['calls']} ({enough[0]['sampler']}), "
    return CONFIRMED if enough else REFUTED, words + f"{every['fid']:.3f} with 1000"


@claim("A", "Without the noise term, samples are poor.")
def no_noise() -> Finding:
    """The same network reads less right and varies less without it, and DDIM shows why."""
    rows = read_json("randomness")["no_noise"]
    with_, without = rows["attention-class, ancestral"], rows["attention-class, no-noise"]
    poor = without["accuracy"] < with_["accuracy"] and without["spread"] < with_["spread"]
    words = (
        f"read as asked {without['accuracy']:.0%} against {with_['accuracy']:.0%},"
        f" spread {without['spread']:.3f} against {with_['spread']:.3f}"
    )
    return CONFIRMED if poor else REFUTED, words


@claim("A", "The first noise does not decide what comes out.")
def not_a_function() -> Finding:
    """Ancestral sampling keeps at least half of the entropy; without fresh noise none is left."""
    result = read_json("randomness")
    open_, overall = result["ancestral"]["given_start"], result["ancestral"]["overall"]
    words = (
        f"{open_:.2f} of {overall:.2f} bits open after it with ancestral steps,"
        f" {result['ddim']['given_start']:.2f} with DDIM"
    )
    if open_ < 0.5 * overall:
        return REFUTED, words
    return REFINED if result["ddim"]["given_start"] < 0.1 else CONFIRMED, words


# --8<-- [start:foretold]
@claim("A", "A classifier could not tell the digit from the first noise.")
def foretold() -> Finding:
    """No better than the commonest digit, by two standard deviations."""
    result = read_json("randomness")
    above = {
        name: result[name]["accuracy"] - result[name]["commonest"] for name in ("ancestral", "ddim")
    }
    chance = 2 * (0.1 * 0.9 / result["held_out"]) ** 0.5
    words = ", ".join(
        f"{name} {result[name]['accuracy']:.1%} (the commonest {result[name]['commonest']:.1%})"
        for name in above
    )
    if above["ancestral"] > chance:
        return REFUTED, words
    return REFINED if above["ddim"] > chance else CONFIRMED, words
    # --8<-- [end:foretold]


@claim("A", "Much too small and much too large beta spoil the samples.")
def betas() -> Finding:
    """Both have more than twice the distance of the usual ones."""
    rows = read_json("schedules")["strengths"]
    usual = rows["as usual"]["fid"]
    worse = [rows[name]["fid"] > 2 * usual for name in ("too small", "too large")]
    words = ", ".join(f"{name} {row['fid']:.2f}" for name, row in rows.items())
    return (CONFIRMED if all(worse) else REFINED if any(worse) else REFUTED), f"FID: {words}"


@claim("A", "With labels and without, the loss is nearly the same.")
def conditional_loss() -> Finding:
    """Within ten percent."""
    with_, without = (
        read_json(f"training/{name}")["float32"]["validation_averaged"]
        for name in ("attention-class", "attention")
    )
    words = f"{with_:.4f} with labels, {without:.4f} without"
    return (CONFIRMED if abs(with_ / without - 1) < 0.1 else REFUTED), words


@claim("B", "More guidance: better samples, less diversity.")
def guidance_trade() -> Finding:
    """Accuracy rises and recall falls from none to omega = 2; the distance has a least value."""
    result = read_json("guidance")
    none, strong, best = result["rows"]["1"], result["rows"]["3"], result["best_fid"]
    gained = strong["accuracy"] > none["accuracy"]
    lost = strong["recall"] < none["recall"] and strong["diversity"] < none["diversity"]
    words = (
        f"from ω = 0 to 2: read as asked {none['accuracy']:.1%} to {strong['accuracy']:.1%},"
        f" recall {none['recall']:.2f} to {strong['recall']:.2f};"
        f" the least FID is at ω = {best['omega']:.1f}"
    )
    if not (gained and lost):
        return REFUTED, words
    return REFINED if best["scale"] < 3 else CONFIRMED, words


@claim("B", "Not said but done: the embeddings of time and label are never trained.")
def frozen() -> Finding:
    """Whether the loss is the same, within a percent, with and without training them."""
    rows = read_json("ablation")["rows"]
    frozen_, trained = rows["resunet-frozen"]["loss"], rows["resunet"]["loss"]
    same = abs(frozen_ - trained) < 0.01 * trained
    words = f"loss {frozen_:.4f} frozen, {trained:.4f} trained"
    return (CONFIRMED if same else REFUTED if frozen_ > trained else REFINED), words


@claim("A, B", "Not said but done: the variance of a step is beta.")
def sigma() -> Finding:
    """With all steps it should; in strides it does not."""
    rows = read_json("leaderboard")["rows"]
    words = ", ".join(
        f"{calls} steps: {rows[f'beta-noise-{calls}']['fid']:.2f} against"
        f" {rows[f'ancestral-{calls}']['fid']:.2f}"
        for calls in (25, 100)
    )
    worse = rows["beta-noise-25"]["fid"] > 1.5 * rows["ancestral-25"]["fid"]
    return (REFINED if worse else CONFIRMED), f"FID with {words}"


@claim("C", "Not said but done: a scale of 5, or of 7.")
def large_scales() -> Finding:
    """At equal or better distance and accuracy than less guidance."""
    rows, best = read_json("guidance")["rows"], read_json("guidance")["best_fid"]
    words = (
        f"FID {rows['5']['fid']:.2f} at 5, {rows['7']['fid']:.2f} at 7,"
        f" {best['fid']:.2f} at {best['scale']:g}; read as asked {rows['5']['accuracy']:.1%} at 5,"
        f" {best['accuracy']:.1%} at {best['scale']:g}"
    )
    far = rows["5"]["fid"] > 2 * best["fid"]
    clearer = rows["5"]["accuracy"] > best["accuracy"]
    return (REFINED if far and clearer else REFUTED if far else CONFIRMED), words


@claim("C", "A denoiser for one level of noise fails far from it.")
def one_level() -> Finding:
    """What it gains in dB at the noise of its training, and at twice as much."""
    rows = read_json("denoising")
    known, far = rows["denoised"][5], rows["denoised"][10]
    words = f"PSNR {known:.1f} dB at σ = 0.5, {far:.1f} at 1"
    fails = far < known - 3
    return (CONFIRMED if fails else REFUTED), words


@measurement
def claims(quick: bool) -> dict[str, Any]:
    """The courses' claims, each confirmed, refined or refuted by the other results."""
    rows = {}
    for name, (course, says, rule) in CLAIMS.items():
        verdict, because = rule()
        rows[name] = {"course": course, "says": says, "verdict": verdict, "because": because}
    verdicts = [row["verdict"] for row in rows.values()]
    count = {verdict: verdicts.count(verdict) for verdict in (CONFIRMED, REFINED, REFUTED)}
    return {"rows": rows, "count": count}
