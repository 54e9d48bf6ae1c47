"""The rules for course B's claims."""

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
    part,
)

FULL = 6_931_585
"""Parameters of course B's network at its full width, 128 features."""


@claim(
    "B",
    "A higher omega gives better quality and less diversity, on the course's own network.",
    "resunet",
)
def guidance_own(read: Read) -> Finding:
    """From omega = 0 to 2 accuracy and precision rise, recall and diversity fall."""
    why = "course B's network is still being trained; its samples are not measured"
    rows = part(read, "resunet_scales", "rows", why=why)
    none, strong = rows["1"], rows["3"]
    gained = all(strong[key] > none[key] for key in ("accuracy", "precision"))
    lost = all(strong[key] < none[key] for key in ("recall", "diversity"))
    words = (
        f"from ω = 0 to 2: accuracy {none['accuracy']:.1%} to {strong['accuracy']:.1%}, precision"
        f" {none['precision']:.1%} to {strong['precision']:.1%}, recall {none['recall']:.1%} to"
        f" {strong['recall']:.1%}"
    )
    if gained and lost:
        return CONFIRMED, words
    return (REFINED if gained or lost else REFUTED), words


@claim("B", "A higher omega gives better quality and less diversity.", "digits", known=True)
def guidance_trade(read: Read) -> Finding:
    """Accuracy rises and recall falls from none to omega = 2; the distance has a least value."""
    result = read("guidance")
    none, strong, best = result["rows"]["1"], result["rows"]["3"], result["best_fid"]
    gained = strong["accuracy"] > none["accuracy"]
    lost = strong["recall"] < none["recall"] and strong["diversity"] < none["diversity"]
    words = (
        f"from ω = 0 to 2: accuracy {none['accuracy']:.1%} to {strong['accuracy']:.1%},"
        f" recall {none['recall']:.2f} to {strong['recall']:.2f};"
        f" the least FID is at ω = {best['omega']:.1f}"
    )
    if not (gained and lost):
        return REFUTED, words
    return REFINED if best["scale"] < 3 else CONFIRMED, words


@claim("B", "The lower loss of the larger model means a better model.", "attention")
def larger_model(read: Read) -> Finding:
    """How much the loss of one and the same network falls when T = 600 takes the place of T = 400.

    If that is half of the fall that the course reports, the loss says nothing about the model; if
    it is less than a tenth, the fall is the model's.
    """
    result = part(read, "larger", why="not measured yet")
    reported = read("sources")
    theirs = 1 - reported["resunet-large"]["test"] / reported["resunet"]["test"]
    ours = 1 - result["losses"]["600"] / result["losses"]["400"]
    words = (
        f"the loss of one and the same network is {ours:.0%} lower with the noise levels of"
        f" T = 600 than with those of T = 400; the course reports {theirs:.0%} for the larger model"
    )
    if ours >= 0.5 * theirs:
        return REFUTED, words
    return (CONFIRMED if ours < 0.1 * theirs else REFINED), words


@claim("B", "Embeddings that are never trained are good enough.", "resunet")
def frozen(read: Read) -> Finding:
    """Loss within a percent and accuracy within a point of the trained ones, at full width.

    Both trainings have to have learned their labels, the one with trained embeddings for certain:
    an accuracy of 90% or more.
    """
    rows = read("ablation")["rows"]
    trained, kept = rows["resunet"], rows["resunet-frozen"]
    if trained["parameters"] < FULL:
        raise NotYet(
            "course B's network was not trained both ways at its full width; in a short training"
            f" of a narrow one, accuracy is {kept['accuracy']:.1%} frozen and"
            f" {trained['accuracy']:.1%} trained, near chance"
        )
    words = (
        f"loss {kept['loss']:.4f} frozen, {trained['loss']:.4f} trained; accuracy"
        f" {kept['accuracy']:.1%} and {trained['accuracy']:.1%}"
    )
    if trained["accuracy"] < 0.9:
        return NOT_DECIDED, words + ": the labels are not learned yet"
    near = abs(kept["loss"] - trained["loss"]) < 0.01 * trained["loss"]
    same = near and abs(kept["accuracy"] - trained["accuracy"]) <= 0.01
    better = kept["loss"] < trained["loss"] and kept["accuracy"] >= trained["accuracy"]
    return (CONFIRMED if same else REFINED if better else REFUTED), words


@claim("B", "A step's noise has the standard deviation sqrt(beta).", "digits", known=True)
def sigma(read: Read) -> Finding:
    """With all steps it should; in strides it does not."""
    rows = read("leaderboard")["rows"]
    words = ", ".join(
        f"{calls} steps: {rows[f'beta-noise-{calls}']['fid']:.2f} against"
        f" {rows[f'ancestral-{calls}']['fid']:.2f}"
        for calls in (25, 100)
    )
    worse = rows["beta-noise-25"]["fid"] > 1.5 * rows["ancestral-25"]["fid"]
    return (REFINED if worse else CONFIRMED), f"FID against the posterior's variance: {words}"
