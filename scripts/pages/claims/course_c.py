"""The rules for course C's claims."""

from __future__ import annotations

from scripts.pages.claims.verdicts import (
    CONFIRMED,
    REFINED,
    REFUTED,
    Finding,
    Read,
    claim,
    counted,
    part,
)

LATER = "not measured yet"


@claim("C", "Few steps (5) are grainy, and more steps give more detail.", "digits", known=True)
def few_steps_grainy(read: Read) -> Finding:
    """The background, away from strokes, is twice as rough with 5 steps as with 20; FID is higher.

    Tested for both variances of a step's noise.
    """
    rows = part(read, "grain", "rows", why=LATER)
    board, held, words = read("leaderboard")["rows"], 0, []
    for name in ("ancestral", "beta-noise"):
        few, many = rows[f"{name}-5"]["grain"], rows[f"{name}-20"]["grain"]
        farther = board[f"{name}-5"]["fid"] > board[f"{name}-20"]["fid"]
        held += few > 2 * many and farther
        words.append(
            f"{name}: {few:.4f} with 5 and {many:.4f} with 20 steps, FID"
            f" {board[f'{name}-5']['fid']:.2f} and {board[f'{name}-20']['fid']:.2f}"
        )
    return counted(held, 2), "roughness of the background, " + "; ".join(words)


@claim("C", "A blur is passable for little noise and useless for much.", "digits", known=True)
def blur_little_much(read: Read) -> Finding:
    """At t = 250 it has less than half of the error of the average digit, at 750 no less than it.

    The first half alone, or the second, refines the claim.
    """
    average = part(read, "ways", "average", why=LATER)
    little, much = (read("ladder")["rows"][t]["blur"]["mse"] for t in ("250", "750"))
    words = (
        f"error {little:.3f} at t = 250 and {much:.3f} at t = 750, where answering with the average"
        f" digit has {average:.3f}"
    )
    return counted((little < 0.5 * average) + (much >= average), 2), words


@claim("C", "One step fills gaps.", "digits")
def one_step_gaps(read: Read) -> Finding:
    """Of the ink in four rows that were erased before the noise, more than half is back.

    Tested at t = 250, 500 and 750.
    """
    rows = part(read, "ways", "gaps", why=LATER)
    words = ", ".join(
        f"{row['one step']:.0%} at t = {t} (blur {row['blur']:.0%})" for t, row in rows.items()
    )
    held = sum(row["one step"] > 0.5 for row in rows.values())
    return counted(held, len(rows)), f"of the erased ink is back: {words}"


@claim("C", "Denoising in many steps is better than in one.", "digits")
def iterative_better(read: Read) -> Finding:
    """From t = 691, the course's start: a lower error, and a lower distance from real digits."""
    rows = part(read, "ways", "one_or_many", why=LATER)
    one, many = rows["one step"], rows["iterative"]
    words = (
        f"error {many['mse']:.4f} in many steps, {one['mse']:.4f} in one; FID {many['fid']:.2f} and"
        f" {one['fid']:.2f}; accuracy {many['accuracy']:.1%} and {one['accuracy']:.1%}"
    )
    held = (many["mse"] < one["mse"]) + (many["fid"] < one["fid"])
    return counted(held, 2), words


@claim("C", "Guidance gives better images and less diversity (3 of 5 alike).", "digits", known=True)
def guidance_alike(read: Read) -> Finding:
    """At its 7, against none: accuracy and precision are higher, recall and diversity lower."""
    rows = read("guidance")["rows"]
    none, strong = rows["1"], rows["7"]
    better = sum(strong[key] > none[key] for key in ("accuracy", "precision"))
    alike = sum(strong[key] < none[key] for key in ("recall", "diversity"))
    words = (
        f"from w = 1 to 7: accuracy {none['accuracy']:.1%} to {strong['accuracy']:.1%}, precision"
        f" {none['precision']:.1%} to {strong['precision']:.1%}, recall {none['recall']:.1%} to"
        f" {strong['recall']:.1%}, FID {none['fid']:.2f} to {strong['fid']:.2f}"
    )
    return counted(better + alike, 4), words


@claim("C", "In SDEdit some features persist longer than others.", "digits")
def sdedit_features(read: Read) -> Finding:
    """At some strength the correlations of two features with the input differ by 0.2 or more."""
    rows = part(read, "ways", "features", why=LATER)
    gaps = {s: max(row.values()) - min(row.values()) for s, row in rows.items()}
    strength = max(gaps, key=gaps.__getitem__)
    words = ", ".join(f"{name} {value:.2f}" for name, value in rows[strength].items())
    verdict = CONFIRMED if gaps[strength] >= 0.2 else REFUTED
    return verdict, f"correlation with the input at strength {strength}: {words}"


@claim("C", "SDEdit without a condition falls back on what the prior likes.", "digits", known=True)
def sdedit_prior(read: Read) -> Finding:
    """Drawings that are no digits: at strength 0.9 a tenth of their distance is left, or less."""
    rows = read("editing_strength")["rows"]["drawings"]
    before, after = rows["0"]["fid"], rows["90"]["fid"]
    words = (
        f"FID of three drawings from MNIST's digits: {before:.1f} as they are, {after:.1f} after"
        f" strength 0.9, {rows['100']['fid']:.1f} after 1"
    )
    return (CONFIRMED if after <= 0.1 * before else REFUTED), words


@claim("C", "Visual anagrams work.", "digits", known=True)
def anagrams_work(read: Read) -> Finding:
    """With the course's flip, both digits are recognised in half of the tries: nine of ten pairs.

    Fewer pairs refine the claim; fewer than one in ten refute it.
    """
    view = read("anagrams")["views"]["flip_vertical"]
    words = (
        f"{view['half']} of {view['of']} pairs reach one half without choosing; two different"
        f" digits are both recognised in {view['off_diagonal']:.0%} of the tries"
    )
    share = view["half"] / view["of"]
    return (CONFIRMED if share >= 0.9 else REFINED if share >= 0.1 else REFUTED), words


@claim("C", "Hybrid images work.", "digits", known=True)
def hybrids_work(read: Read) -> Finding:
    """By the course's Gaussian split both digits are recognised in half of the tries or more.

    If only another design gets there, the claim is refined.
    """
    designs = read("hybrids")["designs"]
    split = {name: row["both"] for name, row in designs.items() if name.startswith("gaussian")}
    best, other = max(split, key=split.__getitem__), max(row["both"] for row in designs.values())
    words = (
        f"both digits recognised in {split[best]:.0%} by the best Gaussian split ({best}), in"
        f" {other:.0%} by the best design of all"
    )
    if split[best] >= 0.5:
        return CONFIRMED, words
    return (REFINED if other >= 0.5 else REFUTED), words


@claim(
    "C", "The denoiser trained at σ = 0.5 performs very well even at σ = 1.", "denoiser", known=True
)
def one_level(read: Read) -> Finding:
    """At least 90% recognised and at most 3 dB less than at 0.5; less than half refutes it."""
    rows = read("denoising")
    known, far = rows["denoised"][5], rows["denoised"][10]
    right, far_right = rows["denoised_read"][5], rows["denoised_read"][10]
    words = (
        f"PSNR {far:.1f} dB at σ = 1, {known:.1f} at 0.5; recognised {far_right:.1%} and"
        f" {right:.1%}"
    )
    if far_right < 0.5:
        return REFUTED, words
    return (CONFIRMED if far_right >= 0.9 and far >= known - 3 else REFINED), words


@claim("C", "20 epochs are better than 5.", "time and class")
def epochs_20(read: Read) -> Finding:
    """For both networks the validation loss is lower, and the classifier is more certain."""
    held, words = 0, []
    for name in ("time", "class"):
        epochs = read(f"training/{name}")["epochs"]
        early, late = (epochs[k - 1]["validation_averaged"] for k in (5, 20))
        sure = part(read, "ways", "epochs", name, why=LATER)
        held += late < early and sure["20"] > sure["5"]
        words.append(
            f"{name}: loss {early:.4f} to {late:.4f}, mean probability of the likeliest digit"
            f" {sure['5']:.0%} to {sure['20']:.0%}"
        )
    return counted(held, 2), "; ".join(words)


@claim("C", "The network with the class is much better than the one with the time.", "time, class")
def class_better(read: Read) -> Finding:
    """At the course's settings its distance from real digits is at most half as large."""
    models = read("quality")["models"]
    with_ = models["class"]["fid"]
    without = part(
        read, "quality", "models", "time", "fid", why="the recipe time is not measured yet"
    )
    words = f"FID {with_:.2f} with the class (w = 5), {without:.2f} with the time alone"
    if with_ >= without:
        return REFUTED, words
    return (CONFIRMED if with_ <= 0.5 * without else REFINED), words


@claim("C", "Not said but done: a scale of 5.", "class")
def large_scales(read: Read) -> Finding:
    """At an equal or better distance and accuracy than without guidance, on the course's network.

    In 60 ancestral steps; "far" is a distance of more than twice the other.
    """
    why = "the recipe class is not measured without guidance yet"
    none = part(read, "unconditional", "rows", "class", why=why)
    strong = read("schedules")["starts"]["class-noise"]
    words = (
        f"FID {strong['fid']:.2f} at 5, {none['fid']:.2f} without guidance; accuracy"
        f" {strong['accuracy']:.1%} and {none['accuracy']:.1%}; recall {strong['recall']:.1%} and"
        f" {none['recall']:.1%}"
    )
    far = strong["fid"] > 2 * min(none["fid"], strong["fid"])
    clearer = strong["accuracy"] > none["accuracy"]
    return (REFINED if far and clearer else REFUTED if far else CONFIRMED), words


@claim("C", "Not said but done: a scale of 5, or of 7.", "digits", known=True)
def large_scales_flagship(read: Read) -> Finding:
    """At equal or better distance and accuracy than less guidance."""
    rows, best = read("guidance")["rows"], read("guidance")["best_fid"]
    words = (
        f"FID {rows['5']['fid']:.2f} at 5, {rows['7']['fid']:.2f} at 7,"
        f" {best['fid']:.2f} at {best['scale']:g}; accuracy {rows['5']['accuracy']:.1%} at 5,"
        f" {best['accuracy']:.1%} at {best['scale']:g}"
    )
    far = rows["5"]["fid"] > 2 * best["fid"]
    clearer = rows["5"]["accuracy"] > best["accuracy"]
    return (REFINED if far and clearer else REFUTED if far else CONFIRMED), words
