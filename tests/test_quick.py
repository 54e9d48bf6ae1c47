"""What a command imports, and what it says before it has imported torch."""

import ast
import json
import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

import ddpm
from ddpm import choices
from ddpm.__main__ import GROUPS, command
from ddpm.bundle import Outline, bundled_models, outline, weights_file
from ddpm.masks import named_masks
from ddpm.noise import PER_SEED, SEEDS
from ddpm.recipes import DIGITS, RECIPES
from ddpm.sampling import SAMPLERS
from ddpm.techniques.anagrams import ANAGRAM_GUIDANCE
from ddpm.techniques.hybrids import HYBRID_GUIDANCE
from ddpm.techniques.views import VIEWS

NAMES = [name for commands in GROUPS.values() for name in commands]
PACKAGES = (
    "PIL", "imageio", "matplotlib", "numpy", "safetensors", "scipy", "sympy", "torch",
    "torch._dynamo", "torchmetrics", "torchvision", "tqdm", "tyro",
)  # fmt: skip
"""What takes time to import, if only a little: packages, and torch's compiler."""

HELP = {"tyro"}
SAMPLE = {"PIL", "numpy", "safetensors", "torch", "tqdm", "tyro"}

RUNNER = """
import contextlib, io, json, sys
from ddpm.__main__ import main
PACKAGES, LINES = json.loads(sys.argv[1])
for words in LINES:
    sys.argv = ["ddpm", *words]
    out, error, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
    loaded = [name for name in PACKAGES if name in sys.modules]
    print(json.dumps([code, out.getvalue(), error.getvalue(), loaded]))
"""


def run_lines(lines, folder):
    """Runs command lines in one process: their code, output, errors and what is loaded then."""
    given = json.dumps([PACKAGES, [[str(word) for word in words] for words in lines]])
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, given],
        cwd=folder, capture_output=True, text=True, timeout=240,
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "COLUMNS": "80", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def helps(tmp_path_factory):
    """The helps of all commands, 80 columns wide."""
    lines = [[name, "--help"] for name in NAMES]
    return dict(zip(NAMES, run_lines(lines, tmp_path_factory.mktemp("help")), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_help_imports_no_torch(helps, name):
    code, text, _, loaded = helps[name]
    assert code == 0
    assert text.startswith(f"usage: ddpm {name}")
    assert set(loaded) == HELP


def broken_lines(text):
    """The lines of an option's help that end although the next word would have fitted."""
    boxes = re.findall(r"^╭.*?^╰", text, re.MULTILINE | re.DOTALL)
    assert boxes
    found = []
    for box in boxes:
        lines = [line[2:-2] for line in box.splitlines()[1:-1]]
        for line, after in pairwise(lines):
            alone = line.startswith("-") and "  " not in line.rstrip()  # a flag without its help
            if after.startswith("      ") and not alone:
                fits = len(f"{line.rstrip()} {after.split()[0]}") <= len(line)
                found += [line] if fits else []
    return found


def test_broken_lines_are_found():
    box = """
╭─ options ──────────────────────────────────╮
│ -h, --help    show this help message       │
│ --steps INT   how many steps there may be, │
│               of which                     │
│               each costs a call            │
│ --long-name INT                            │
│               whole                        │
╰────────────────────────────────────────────╯
"""
    assert [line.strip() for line in broken_lines(box)] == ["of which"]


@pytest.mark.parametrize("name", NAMES)
def test_help_has_no_broken_lines_and_says_what_none_means(helps, name):
    text = helps[name][1]
    assert max(map(len, text.splitlines())) <= 80
    assert "None" not in text
    assert broken_lines(text) == []
    for option in re.split(r"^│ (?=-|[A-Z])", text, flags=re.MULTILINE)[1:]:
        says = " ".join(option.replace("│", " ").split())
        assert re.search(r"default|\(required\)|show this help|without it", says)


def test_help_lists_the_bundled_models_and_the_defaults(helps):
    says = {n: " ".join(h[1].replace("│", " ").split()) for n, h in helps.items()}
    for name in ("sample", "anagram", "hybrid", "denoise", "sdedit", "inpaint"):
        listed = re.search(r"bundled model \((.*?); see", says[name])
        assert listed
        assert re.split(r", | or ", listed[1]) == bundled_models()
        assert f"own by default, {DIGITS.steps} for digits" in says[name]
        assert f"{DIGITS.guidance} for digits" in says[name]
    assert f"own by default, {DIGITS.sampler} for digits" in says["sample"]
    recipes = re.search(r"RECIPE (digits.*?)\. \(required\)", says["train"])
    assert recipes
    assert re.split(r", | or ", recipes[1].strip()) == [*RECIPES]
    usual = f"but {HYBRID_GUIDANCE:g} for hybrid and {ANAGRAM_GUIDANCE:g} for anagram"
    assert usual in says["hybrid"]


WRONG = {
    "no command": (["sampel"], "did you mean 'sample'?"),
    "no option": (["sample", "--eech", "3"], "perhaps you meant --each"),
    "no number": (["sample", "--steps", "few"], "--steps"),
    "no choice": (["sample", "--weights", "best"], "invalid choice 'best'"),
    "sampler": (["sample", "--sampler", "x"], "unknown sampler 'x'"),
    "editing sampler": (["inpaint", "--sampler", "x"], "unknown sampler 'x'"),
    "spacing": (["sample", "--spacing", "x"], "unknown spacing 'x'"),
    "too many": (["sample", "--each", "1000000000"], "--each must be at most 1,000,000"),
    "none of each": (["sample", "--each", "0"], "--each must be at least 1"),
    "model": (["sample", "--model", "x"], "no model 'x'"),
    "steps": (["sample", "--steps", "1001"], "steps must be within 1..1000"),
    "editing steps": (["sdedit", "--steps", "0"], "steps must be within 1..1000"),
    "seed": (["sample", "--seed", "-1"], "seed must be within 0..4293"),
    "labels": (["sample", "--labels", "12x"], "--labels takes digits"),
    "labels for none": (["sample", "--model", "attention", "--labels", "3"], "knows no labels"),
    "label": (["denoise", "--label", "33"], "give one label"),
    "ending": (["sample", "--out", "x.jpg"], "--out must end in"),
    "folder": (["hybrid", "--out", "no/such/x.png"], "cannot write"),
    "image": (["sdedit", "--image", "x.jpg"], "no image 'x.jpg'"),
    "image of a folder": (["denoise", "--image", "."], "no image '.': it is a folder"),
    "mask": (["inpaint", "--mask", "x"], "unknown mask 'x'; there are top, bottom"),
    "mask of an image": (["inpaint", "--image", "0.jpg", "--mask", "x"], "unknown mask 'x'"),
    "time": (["denoise", "--t", "1001"], "--t must be within 1..1000"),
    "strength": (["sdedit", "--strength", "2"], "--strength must be within 0..1"),
    "view": (["anagram", "--view", "x"], "unknown view 'x'"),
    "views": (["anagram", "--labels", "6", "9", "8"], "give a view for each further label"),
    "candidates": (["anagram", "--candidates", "0"], "--candidates must be 1, or more"),
    "view twice": (["anagram", "--labels", *"698", "--view", "transpose", "transpose"], "twice"),
    "repeats": (["inpaint", "--repeats", "0"], "--repeats must be at least 1"),
    "across": (["hybrid", "--across", "9"], "1..8 tiles across"),
    "contrast": (["hybrid", "--contrast", "2"], "a contrast above 0"),
    "guidance": (["sample", "--guidance", "nan"], "--guidance must be a finite number"),
    "editing guidance": (["denoise", "--guidance", "inf"], "--guidance must be a finite number"),
    "near": (["hybrid", "--near", "x"], "--labels takes digits"),
    "recipe": (["train", "x"], "unknown recipe 'x'"),
    "no recipe": (["train"], "RECIPE"),
    "epochs": (["train", "digits", "--epochs", "0"], "--epochs must be at least 1"),
    "data": (["train", "digits", "--data", "nowhere"], "no folder 'nowhere'"),
    "size": (["train", "digits", "--size", "32"], "--size and --channels"),
    "write-up": (["writeup", "a/b"], "there is no folder"),
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    lines, folder = [words for words, _ in WRONG.values()], tmp_path_factory.mktemp("wrong")
    (folder / "0.jpg").write_bytes(b"never opened")
    return dict(zip(WRONG, run_lines(lines, folder), strict=True))


@pytest.mark.parametrize("name", WRONG)
def test_errors_in_the_arguments_import_no_torch(refusals, name):
    code, out, error, loaded = refusals[name]
    assert (code, out) == (2, "")
    assert error.count("\n") == 1
    assert WRONG[name][1] in error
    assert "torch" not in loaded


RUNS = [
    (["sample", "--labels", "3", "--steps", "2"], SAMPLE),
    (["sample", "--labels", "3", "--steps", "2", "--out", "a.npz"], SAMPLE),
    (["sdedit", "--each", "1", "--steps", "2"], SAMPLE),
    (["inpaint", "--each", "1", "--steps", "2"], SAMPLE),
    (["denoise", "--each", "1", "--steps", "2"], SAMPLE),
    (["hybrid", "--each", "1", "--across", "1", "--steps", "2"], SAMPLE),
    (["anagram", "--each", "1", "--steps", "2"], SAMPLE),
    (["models"], SAMPLE),
    (["sample", "--labels", "3", "--steps", "2", "--out", "a.gif"], SAMPLE | {"imageio"}),
]
"""Command lines in this order, in one process, and what is loaded after each."""


def test_commands_import_what_they_need(tmp_path):
    for (words, needs), ran in zip(RUNS, run_lines([w for w, _ in RUNS], tmp_path), strict=True):
        code, _, error, loaded = ran
        assert code == 0, error
        assert set(loaded) == needs, words


@pytest.mark.parametrize("package", ["ddpm.trainings", "ddpm.metrics", "ddpm.data", "ddpm.viz"])
def test_what_measuring_and_plotting_need_is_imported_there(package):
    code = f"import sys, {package}; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert {"torchmetrics", "torchvision", "scipy", "matplotlib", "imageio"}.isdisjoint(loaded)


@pytest.mark.parametrize("program", [["-m", "ddpm", "sample"], ["-m", "scripts.sample"]])
@pytest.mark.parametrize("option", ["--help", "--eech"])
def test_help_and_errors_are_there_before_torch_would_be(program, option):
    def seconds(*words):
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], capture_output=True, check=False)
        return time.perf_counter() - started

    assert min(seconds(*program, option) for _ in range(3)) < seconds("-c", "import torch")


def test_the_names_are_those_of_the_tables():
    assert [*choices.SAMPLER_NAMES] == [*SAMPLERS]
    assert [*choices.RECIPE_NAMES] == [*RECIPES]
    assert [*choices.VIEW_NAMES] == [*VIEWS]
    assert [*choices.MASK_NAMES] == [*named_masks()]
    assert choices.PER_SEED == PER_SEED
    assert choices.LAST_SEED == SEEDS // PER_SEED - 1


def test_a_recipe_that_a_program_adds_is_known(tiny):
    choices.check_recipe("tiny")
    with pytest.raises(ValueError, match="unknown recipe 'x'"):
        choices.check_recipe("x")


def test_the_package_gives_its_names_when_they_are_used():
    tree = ast.parse(Path(ddpm.__file__).read_text("utf-8"))
    checked = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    seen = {a.name: node.module for node in checked for a in node.names if node.module}
    assert {n: m for n, m in seen.items() if m.startswith("ddpm.")} == ddpm._MODULES
    assert set(ddpm._MODULES) == set(ddpm.__all__) <= set(dir(ddpm))
    for name, module in ddpm._MODULES.items():
        assert getattr(ddpm, name) is getattr(sys.modules[module], name)
    code = "import sys, ddpm; print('torch' in sys.modules); print(ddpm.viz.CARD, ddpm.load)"
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said.startswith("False\n20 <function load")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ddpm.nothing  # noqa: B018


@pytest.mark.parametrize("name", bundled_models())
def test_a_file_says_what_options_are_checked_against(name):
    recipe = RECIPES[name]
    said = outline(weights_file(name))
    assert said == Outline(name, recipe.T, recipe.classes, recipe.names)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"x" * 100,
        {},
        {"recipe": "{"},
        {"recipe": "[]"},
        {"recipe": '{"name": "a"}'},
        {"recipe": '{"name": "a", "T": "many"}'},
        {"recipe": '{"name": "a", "T": 0}'},
        {"recipe": '{"name": "a", "T": 9, "classes": -1}'},
        {"recipe": '{"name": 3, "T": 9}'},
        {"recipe": '{"name": "a", "T": 9, "classes": 2, "names": ["b"]}'},
        {"recipe": '{"name": "a", "T": 9, "classes": 1, "names": [3]}'},
    ],
)
def test_a_file_that_makes_no_sense_says_nothing(header, tmp_path):
    path = tmp_path / "a.safetensors"
    if isinstance(header, bytes):
        path.write_bytes(header)
    else:
        text = json.dumps({"__metadata__": header}).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text)
    assert outline(path) is None


def test_commands_and_readers_scripts_are_found_without_torch():
    code = f"""
import sys
from importlib import import_module
from ddpm.__main__ import command
for name in {NAMES}:
    command(name)
    import_module(f"scripts.{{name}}")
import scripts.denoiser
print([name for name in {PACKAGES} if name in sys.modules])
"""
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert set(ast.literal_eval(said)) == HELP
    assert {command(name).__module__ for name in NAMES} == {f"ddpm.commands.{n}" for n in NAMES}
