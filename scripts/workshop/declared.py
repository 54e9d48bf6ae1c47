"""Which rows of the records say how good samples are, and of which samples.

A new record whose rows say so has a line in `DECLARED`, after the records that it has settings in
common with. What looks alike and is something else has a line in `OTHER`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ddpm.recipes import DIGITS
from ddpm.techniques.anagrams import ANAGRAM_GUIDANCE
from scripts.workshop.costs import steps_for
from scripts.workshop.samples import Setting, own

Of = Callable[[str, Mapping[str, Any]], Setting | tuple[Setting, str]]
"""From a row's name and the row to its setting, and to what else was done."""


def stated(name: str, row: Mapping[str, Any]) -> Setting:
    """The setting that a row names itself."""
    names = ("model", "sampler", "steps", "guidance", "weights", "spacing", "arithmetic", "clip")
    return Setting(**{key: row[key] for key in names if key in row})


def flagship(name: str, row: Mapping[str, Any]) -> Setting:
    """The flagship by the sampler and the steps of the row."""
    guidance = row.get("guidance", DIGITS.guidance)
    steps = row.get("steps") or steps_for(row["sampler"], row["calls"])
    return own("digits", sampler=row["sampler"], steps=steps, guidance=guidance)


def by_scale(name: str, row: Mapping[str, Any]) -> Setting:
    """The flagship by its own sampler, at the scale of the row."""
    return own("digits", guidance=row["scale"])


def by_name(name: str, row: Mapping[str, Any]) -> Setting:
    """The flagship by a name such as "ddim-5" or "ddim-5-uniform"."""
    sampler, calls, spacing = re.fullmatch(r"(.+?)-(\d+)(?:-(\w+))?", name).groups()  # type: ignore[union-attr]
    steps = steps_for(sampler, int(calls))
    return own("digits", sampler=sampler, steps=steps, spacing=spacing or "trailing")


def start(name: str, row: Mapping[str, Any]) -> tuple[Setting, str]:
    """A model by its own steps or 60 of them, from noise or from a noised digit."""
    model, _, begins = name.rpartition("-")
    setting = own(model)
    if setting.steps > 60:
        setting = own(model, sampler="ancestral", steps=60)
    return setting, "" if begins == "noise" else f"started {begins}"


def kind_of_guidance(name: str, row: Mapping[str, Any]) -> tuple[Setting, str]:
    """The flagship by its own sampler, guided everywhere or in the way that the name says."""
    return own("digits", guidance=row["scale"]), "" if name.startswith("everywhere") else name


def in_times(name: str, row: Mapping[str, Any]) -> tuple[Setting, str]:
    """The flagship as the row says, guided at all times or at those of an interval, and with its
    `eta`."""
    setting = own("digits", sampler=row["sampler"], steps=row["steps"], guidance=row["scale"])
    low, high = row["low"], row["high"]
    at_all = low <= 1 and high >= DIGITS.T
    interval = "" if at_all else f"interval {row['scale']:g} {low}-{high}"
    return setting, f"{interval} eta {row['eta']:g}".strip() if row["eta"] else interval


def judged_again(name: str, row: Mapping[str, Any]) -> tuple[Setting, str]:
    """As `in_times`, with other noise."""
    setting, besides = in_times(name, row)
    return setting, f"{besides} other noise".strip()


def corrected(name: str, row: Mapping[str, Any]) -> tuple[Setting, str]:
    """Course A's network in 50 steps of float32, with its noise estimate corrected."""
    weights, rule, *way = name.split("-")
    setting = Setting("attention-class", rule, 50, weights=weights, arithmetic="float32")
    return setting, " ".join(way)


def clamped(name: str, row: Mapping[str, Any]) -> tuple[Setting, str]:
    """A setting of the leaderboard or of the page on guidance, "free" or with the clamp."""
    setting = (by_scale if "scale" in row else flagship)(name, row)
    besides = "eps kept" if name.endswith("eps-kept") else ""
    return replace(setting, clip=name != "free"), besides


def clamped_ground(name: str, row: Mapping[str, Any]) -> Setting:
    """Course A's network in 50 steps of float32, with the predicted image clamped."""
    return replace(corrected(name, row)[0], clip=True)


def course_scale(model: str, steps: int) -> Of:
    """A course's model by DDIM, at the scale of the row."""
    return lambda name, row: own(model, sampler="ddim", steps=steps, guidance=row["scale"])


def other_levels(name: str, row: Mapping[str, Any]) -> tuple[Setting, str]:
    """The flagship without guidance, over the noise levels of the schedule that the row names."""
    schedule, _, calls = name.rpartition("-")
    setting = own("digits", sampler="ancestral", steps=int(calls), guidance=1.0)
    return setting, f"noise levels of the {schedule} schedule"


def half_turn(name: str, row: Mapping[str, Any]) -> tuple[Setting, str]:
    """All pairs of digits by a half-turn, as `ddpm anagram` samples them."""
    setting = own("digits", sampler="ancestral", guidance=ANAGRAM_GUIDANCE)
    return setting, "anagrams of all pairs by a half-turn"


def hundred(name: str, row: Mapping[str, Any]) -> Setting:
    """A model, a comma and a sampler, in 100 steps without guidance."""
    model, _, sampler = name.partition(", ")
    return Setting(model, sampler, 100).whole()


@dataclass(frozen=True)
class Rows:
    """Rows of a record: their path, with a star for every name, and their settings.

    Attributes:
        also: further names of numbers that say how good the samples are.
    """

    record: str
    path: str
    of: Of
    also: tuple[str, ...] = ()


DECLARED: tuple[Rows, ...] = (
    Rows("quality", "models.*", lambda name, row: own(name)),
    Rows("rival", "rows.*", stated),
    Rows("rival", "ours.*", stated),
    Rows("rival", "goal", stated),
    Rows("rival", "fewest", stated),
    Rows("rival", "reached", stated),
    Rows("unconditional", "rows.*", stated),
    Rows("frozen", "rows.resunet", stated),
    Rows("reading", "rows.*", stated),
    Rows("leaderboard", "rows.*", flagship),
    Rows("leaderboard", "best.*", flagship),
    Rows("guidance", "rows.*", by_scale),
    Rows("guidance", "best_fid", by_scale),
    Rows("guidance", "best_accuracy", by_scale),
    Rows("variety", "rows.*", by_name),
    Rows("spacings", "rows.*", by_name),
    Rows("ten_thousand", "rows.*", flagship),
    Rows("few_steps", "rows.*", stated),
    Rows("guidance_kinds", "rows.*", kind_of_guidance),
    Rows("flagship_goals", "rows.*", in_times),
    Rows("flagship_goals", "judged.*", judged_again),
    Rows("schedules", "starts.*", start),
    Rows("grounds", "rows.*", corrected),
    Rows("randomness", "no_noise.*", hundred),
    Rows("grounds_clamped", "rows.*", clamped_ground),
    Rows("class_scales", "rows.*", course_scale("class", 15)),
    Rows("resunet_scales", "rows.*", course_scale("resunet", 10)),
    Rows("strides", "rows.*", other_levels),
    Rows("constant_strides", "rows.*", other_levels),
    Rows("clipping", "rows.*.*", clamped),
    Rows("clipping", "others.*", clamped),
    Rows("anagrams", "views.rotate_180", half_turn, ("mean",)),
    Rows("anagram_trials", "rows.guidance 10", half_turn, ("mean",)),
    Rows("bench", "quality.goal", lambda name, row: own("attention-class")),
)
"""The records that say how good samples are; of two with a quantity in common, the first has
measured it."""


OTHER: dict[str, str] = {
    r"ablation#rows\.": "short trainings, each a model of its own",
    r"candidates#rows\.": "short trainings, each a model of its own",
    r"lengths#": "samples of averages of several lengths, against validation digits",
    r"anagrams#": "images of two labels",
    r"bench#arithmetic\.": "in bfloat16 and in float32, on one machine",
    r"bench#quality\.reached": "a training that was stopped",
    r"classifier#": "real digits",
    r"editing_strength#": "edited images",
    r"flagship_goals#goals\.": "by a third classifier",
    r"frozen#rows\.resunet-frozen\.": "weights that are not bundled",
    r"half_way#": "samples that begin half-way",
    r"ways#": "denoised digits",
    r"epochs#rows\.": "a short training after each epoch",
    r"randomness#(ancestral|ddim)\.": "what another network predicts from x_T",
    r"schedules#strengths\.": "short trainings with other betas",
    r"second_opinion#": "edited images and illusions",
    r"short_students#": "short trainings, each a student of its own",
    r"students#": "weights of students in training, by their files",
    r"unconditional#real\.": "real digits",
    r"warmup#": "no images",
}
"""What other numbers with such names are, by a pattern for the beginnings of their places."""
