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
    """Accuracy rises and recall falls from none to omega = 2; the distance has a minimum."""
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


@claim("B", "The lower loss of the larger model means a better model.", "resunet")
def larger_model(read: Read) -> Finding:
    """How much of the larger network's lower loss is due to the easy times of T = 600.

    The smaller network is measured at the times of its own chain and at those of T = 600. If the
    times explain half of the fall between the two networks, each on its own chain, the loss says
    nothing about the model. If they explain less than a tenth, the larger model explains the fall.
    """
    why = "course B's two networks are not both trained"
    small, large = (
        part(read, "larger", "losses", name, why=why) for name in ("resunet", "resunet-large")
    )
    fall = 1 - large["600"] / small["400"]
    easy = 1 - small["600"] / small["400"]
    words = (
        f"the larger network's loss is {fall:.1%} lower, each on its own chain; the smaller"
        f" network's own loss is {easy:.1%} lower at the noise levels of T = 600"
    )
    if "400" in large:
        equal = 1 - large["400"] / small["400"]
        words += f"; at equal noise levels the larger network's is {equal:.1%} lower"
    if fall <= 0 or easy >= 0.5 * fall:
        return REFUTED, words
    return (CONFIRMED if easy < 0.1 * fall else REFINED), words


@claim("B", "Embeddings that are never trained are good enough.", "resunet")
def frozen(read: Read) -> Finding:
    """Loss within a percent and accuracy within a point of the trained ones, at full width.

    Not decided unless the network with trained embeddings has learned its labels, with an accuracy
    of 90% or more.
    """
    why = "course B's network is not trained both ways at its full width"
    losses = [
        part(read, f"training/{name}", "float32", "validation_averaged", why=why)
        for name in ("resunet-frozen", "resunet")
    ]
    why = (
        f"at full width the validation losses are {losses[0]:.4f} frozen and {losses[1]:.4f}"
        " trained; the samples of the frozen network were not judged"
    )
    rows = part(read, "frozen", "rows", why=why)
    if "resunet-frozen" not in rows:
        raise NotYet(why)
    trained, kept = rows["resunet"], rows["resunet-frozen"]
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
