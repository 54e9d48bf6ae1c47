"""The rules for course A's claims about training and its models."""

from __future__ import annotations

from scripts.pages.claims.verdicts import (
    CONFIRMED,
    NOT_DECIDED,
    REFINED,
    REFUTED,
    Finding,
    Read,
    claim,
    counted,
    part,
)


@claim("A", "Training time does not depend on T.", "digits", known=True)
def training_time(read: Read) -> Finding:
    """Within 15 percent: more than this machine varies by itself."""
    speeds = {T: row["training"] for T, row in read("times")["rows"].items()}
    flat = max(speeds.values()) < 1.15 * min(speeds.values())
    words = f"{min(speeds.values()):.0f} to {max(speeds.values()):.0f} images/s"
    first, *_, last = speeds
    return CONFIRMED if flat else REFUTED, f"{words} for T from {first} to {last}"


@claim("A", "A conditional model may give better images.", "attention, attention-class")
def conditional_better(read: Read) -> Finding:
    """By the distance from real digits, with the same sampler: a tenth lower, or a tenth higher."""
    why = "the two models are not measured at equal settings yet"
    rows = part(read, "unconditional", "rows", why=why)
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
    rows = part(read, "short_trainings", "rows", why="the short trainings were not made yet")
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
            ("first", "[-1, 1]"),
            ("unit-range", "[0, 1]"),
            ("wide-range", "[-2, 2]"),
        )
    }
    usual, *others = fids.values()
    words = "FID after two epochs: " + ", ".join(f"{fid:.2f} in {r}" for r, fid in fids.items())
    if any(other < 0.9 * usual for other in others):
        return REFUTED, words
    return CONFIRMED if all(other > 1.1 * usual for other in others) else REFINED, words


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
