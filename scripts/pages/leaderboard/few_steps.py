"""One to four steps: where a sampler alone is no longer enough."""

from __future__ import annotations

from functools import partial
from typing import Any

from scripts.workshop.costs import evaluations_of
from scripts.workshop.judge import COUNT, floor, rows
from scripts.workshop.registry import digest_of, measurement
from scripts.workshop.samples import Setting, judged, own

STEPS = (1, 2, 3, 4)

COMPARED = ("dpm-solver", "heun", "heun-eps", "ddim", "ancestral", "beta-noise", "renoise")
"""All samplers but the one without its noise, which is an experiment."""

UNGUIDED = ("ddim", "dpm-solver", "renoise")
"""Those that are also measured without guidance."""

MANY = 10_000
"""Samples of each setting."""


def settings() -> dict[str, Setting]:
    """The settings by the names of their rows.

    In one step every sampler returns the predicted clean image, so there is one row. Without
    guidance a step costs half.
    """
    found = {}
    for steps in STEPS:
        for sampler in COMPARED if steps > 1 else ("ddim",):
            found[f"{sampler}-{steps}"] = own("digits", sampler=sampler, steps=steps)
    for steps in STEPS:
        for sampler in UNGUIDED if steps > 1 else ("ddim",):
            name = f"{sampler}-{steps}-unguided"
            found[name] = own("digits", sampler=sampler, steps=steps, guidance=1.0)
    return found


def one(setting: Setting, count: int) -> dict[str, Any]:
    """The measures of a setting's samples, and the cost of each sample."""
    return {**judged(setting, count), "evaluations": evaluations_of(setting)}


@measurement
def few_steps(quick: bool) -> dict[str, Any]:
    """Accuracy and FID of every sampler with 1, 2, 3 and 4 steps, by ten thousand digits."""
    count, chosen = (COUNT, 2) if quick else (MANY, None)
    depends = {"weights": digest_of("weights/digits.safetensors"), "count": count}
    jobs = {name: partial(one, setting, count) for name, setting in [*settings().items()][:chosen]}
    table = rows("few_steps-quick" if quick else "few_steps", depends, jobs)
    return {"rows": table, "floor": floor(count), **depends}
