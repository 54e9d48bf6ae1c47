"""Numbers of the page "Time and randomness" that follow from formulas."""

from __future__ import annotations

import math
from typing import Any

from ddpm.sampling import posterior
from scripts.pages import forward
from scripts.workshop.formulas import COSINE, LINEAR, one_step, ratio


def derived() -> dict[str, Any]:
    """What one ancestral step keeps, entropies, and the step without its noise."""
    pixels = 28**2

    def bits(kept: float, added: float) -> float:
        return pixels * 0.5 * math.log2(1 + kept**2 / added**2)

    def first_step(s: int) -> dict[str, float]:
        kept = one_step(posterior, COSINE, 1000, s, x=1.0)
        added = one_step(posterior, COSINE, 1000, s, z=1.0)
        told = bits(kept, added)
        return {
            "start": kept,
            "guess": one_step(posterior, COSINE, 1000, s, x0=1.0),
            "noise": added,
            "kept": kept**2 / added**2,
            "bits": told,
            "nats": told * math.log(2),
            "total_variation": math.sqrt(told * math.log(2) / 2),
            "points": 100 * math.sqrt(told * math.log(2) / 2),
        }

    def too_low(samples: int) -> float:
        return (10 - 1) / (2 * samples * math.log(2))

    lever = {t: ratio(LINEAR, t) for t in range(1, 1001)}
    without = {}
    for t in (1000, 980, 950, 900, 800, 700, 500):
        left = lever[t] ** 2 / lever[1000]
        without[str(t)] = {
            "share": left / lever[t],
            "missing": 1 - (left / lever[t]) ** 2,
            "time": min(lever, key=lambda other: abs(lever[other] - left)),
        }
    amplitude, t = math.sqrt(1 - float(LINEAR.alpha_bar[-1])), 1000
    while amplitude > 0:  # the network always answers with noise of amplitude 1
        beta, noise = float(LINEAR.beta[t]), math.sqrt(1 - float(LINEAR.alpha_bar[t]))
        amplitude, t = (amplitude - beta / noise) / math.sqrt(1 - beta), t - 1
    return {
        "numbers": 1000 * pixels,
        "largest": math.log2(10),
        "step_to_980": first_step(980),
        "too_low": {str(n): too_low(n) for n in (20, 100, 2000)},
        "of_nothing": too_low(100) - too_low(2000),
        "without": without,
        "all_gone": t,
        "linear_bits": forward.derived()["image_nats"] / math.log(2),
        "cosine_bits": -pixels * 0.5 * math.log2(1 - float(COSINE.alpha_bar[-1])),
    }
