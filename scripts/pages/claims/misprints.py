"""The rules for the sources' slips: a misprint is measured like any other claim."""

from __future__ import annotations

from scripts.pages.claims.verdicts import CONFIRMED, REFUTED, Finding, Read, claim, part

LATER = "not measured yet"


def holds(it_does: bool) -> str:
    """A slip is right or wrong."""
    return CONFIRMED if it_does else REFUTED


@claim("A", "Slip: the network predicts the noise that was added at step t - 1.", "attention")
def last_noise(read: Read) -> Finding:
    """Which noise its answer correlates with: that of the last step, or all the noise in x_t."""
    rows = part(read, "slips", "predicts", why=LATER)
    words = ", ".join(
        f"t = {t}: {row['all']:.2f} with all of it, {row['last']:.2f} with the last step's"
        for t, row in rows.items()
    )
    right = all(row["last"] > row["all"] for row in rows.values())
    return holds(right), f"correlation of the answer with the noise, {words}"


@claim("B", "Slip: P(-t, -s given -m, -b) is 0.144.", "enumeration", known=True)
def bayes_net(read: Read) -> Finding:
    """Within three standard errors of what was sampled, and equal to the enumeration."""
    query = read("warmup")["queries"]["-t,-s given -m,-b"]
    near = abs(query["sampled"] - 0.144) < 3 * query["error"]
    words = f"{query['exact']:.2f} by enumeration, {query['sampled']:.3f} sampled"
    return holds(near and abs(query["exact"] - 0.144) < 5e-4), words


@claim("B", "Slip: the noise in x_t is (1 - alpha_bar_t) eps.", "the forward process")
def variance(read: Read) -> Finding:
    """The noise of a chain of 77 single steps: nearer to 1 - alpha_bar, or to its root."""
    row = part(read, "slips", "amplitude", why=LATER)
    words = (
        f"standard deviation {row['measured']:.4f} at t = 77; the root gives {row['root']:.4f},"
        f" 1 - alpha_bar {row['printed']:.4f}"
    )
    right = abs(row["measured"] - row["printed"]) < abs(row["measured"] - row["root"])
    return holds(right), words


@claim("C", "Slip: (1 - alpha_bar_t) over itself in the strided update.", "digits")
def printed_update(read: Read) -> Finding:
    """Denoising from t = 691 with the update as printed is within 1 dB of the right one."""
    rows = part(read, "slips", "update", why=LATER)
    right, printed = rows["right"], rows["printed"]
    words = (
        f"PSNR {printed['psnr']:.1f} dB as printed, {right['psnr']:.1f} with alpha_bar of the"
        f" earlier time; recognised {printed['recognised']:.0%} and {right['recognised']:.0%}"
    )
    return holds(printed["psnr"] > right["psnr"] - 1), words


@claim("C", "Slip: the noise is uniform.", "digits")
def uniform_noise(read: Read) -> Finding:
    """One step at t = 500 removes uniform noise as well as normal noise, within 1 dB."""
    rows = part(read, "slips", "kinds", why=LATER)
    words = f"PSNR {rows['uniform']:.1f} dB with uniform noise, {rows['normal']:.1f} with normal"
    return holds(rows["uniform"] > rows["normal"] - 1), words


@claim("C", "Slip: i_start is the time t.", "the course's path")
def start_index(read: Read) -> Finding:
    """The place 10 on the path 990, 960 and so on is the time 10."""
    time = part(read, "slips", "start", "time", why=LATER)
    return holds(time == 10), f"place 10 of the path is t = {time}"


@claim("C", "Slip: the denoiser's input is z = sigma eps, without the image.", "denoiser")
def no_image(read: Read) -> Finding:
    """Its answer to noise alone is within 1 dB of its answer to the digit with noise."""
    rows = part(read, "slips", "input", why=LATER)
    words = (
        f"PSNR {rows['noise']:.1f} dB from noise alone, {rows['image']:.1f} from the digit with"
        " noise"
    )
    return holds(rows["noise"] > rows["image"] - 1), words
