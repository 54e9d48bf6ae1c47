"""What a weights file says is checked before it is believed."""

import dataclasses
import json
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

import ddpm
from ddpm.data import Scaling
from ddpm.forms import RANGES
from ddpm.model import Diffusion
from ddpm.networks.shared import Blank
from ddpm.reading import parse_json, printable, read_json
from ddpm.recipes import ATTENTION_CLASS, DIGITS, RECIPES, Recipe, Training
from ddpm.settings import NETWORKS
from ddpm.stages import Distillation, Stage

SMALL = dataclasses.replace(
    DIGITS, name="small", options={"width": 16, "blocks": 1, "classes": 10}, T=50
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A file of a small model: (path, header, tensors)."""
    path = tmp_path_factory.mktemp("small") / "small.safetensors"
    torch.manual_seed(0)
    Diffusion(SMALL).save(path)
    with safe_open(path, "pt") as file:
        return path, file.metadata(), {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118


def peak() -> float:
    """The most memory that this process has had, in MB; 0 where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))


def refused(path: Path) -> str:
    """Why a file is refused: in one printable line, soon and without taking memory."""
    started, before = time.perf_counter(), peak()
    with pytest.raises(ValueError, match="holds no weights for this package") as caught:
        ddpm.load(path, "cpu")
    assert peak() - before < 200
    assert time.perf_counter() - started < 20
    says = str(caught.value)
    assert says.isprintable()
    assert len(says) < 500 + len(str(path))
    return says


def changed(small, tmp_path, change=None, **tensors) -> Path:
    """The small file with changes to its recipe, and other tensors (None: none)."""
    _, header, ours = small
    recipe = json.loads(header["recipe"])
    for key, value in (change or {}).items():
        *outer, last = key.split(".")
        place = recipe
        for name in outer:
            place = place[name]
        place[last] = value
    kept = {k: v for k, v in (ours | tensors).items() if v is not None}
    save_file(kept, tmp_path / "x.safetensors", header | {"recipe": json.dumps(recipe)})
    return tmp_path / "x.safetensors"


BAD = {
    "T": [0, -1, 10**9, 10_001, 1e3, "50", True, None, [50]],
    "time_scale": [0, -1, 1e-300, 1e300, float("nan"), float("inf"), "1"],
    "time_shift": [float("-inf"), 1e300],
    "input_scale": [0, float("nan"), 10**400],
    "scaling.std": [0, -1, float("nan"), 1e-300],
    "scaling.mean": [float("inf"), "0"],
    "scaling.size": [0, 10**6, 28.5, 260, 30],
    "scaling.image": [29, 0, -28],
    "scaling.channels": [0, 3, 10**9],
    "options.width": [0, -16, 10**9, 24, 32, 16.0, True, "16", None],
    "options.blocks": [0, 10**7, 2, -1],
    "options.classes": [0, 11, 10**9],
    "options.depth": [3],
    "options.channels": [1],
    "options.size": [28],
    "options": [[], {}, None, "width"],
    "classes": [0, 9, -1, 10**9, 10.0],
    "names": [["a"], ["a"] * 10, [1] * 10, "abcdefghij", ["x" * 300] * 10, [""] * 10],
    "betas": [[], [0.1], [0.1, 0.2, 0.3], [0, 0.1], [0.1, 1], [0.1, float("nan")], None],
    "schedule": ["single", "quadratic", None, 1],
    "network": ["transformer", "", None, "attention_unet", "\x1b[2J"],
    "predicts": ["noise", None],
    "weights": ["best", "raw"],
    "sampler": ["euler", "", 3],
    "steps": [0, -5, 10**9, 2.5],
    "guidance": [float("nan"), float("inf"), 1e9, "1"],
    "label_dropout": [-0.1, 1.1, float("nan")],
    "training.epochs": [0, 1.5, 10**12],
    "training.rate": [float("nan"), -1],
    "training.show": [[0], 3, ["1"]],
    "training.channels_last": [1, "yes"],
    "training": [None, [], {"momentum": 0.9}],
    "scaling": [None, [28], {"zoom": 2}],
    "name": [None, 3, "", "x" * 300],
    "extra\x1b[2J\n": [1],
}
"""What a recipe must not say, by the field in which it does."""


@pytest.mark.parametrize("field", BAD)
def test_a_recipe_out_of_its_ranges_is_refused(field, small, tmp_path):
    for value in BAD[field]:
        assert refused(changed(small, tmp_path, {field: value})), value


def test_the_line_names_the_field_what_was_given_and_what_is_allowed(small, tmp_path):
    says = refused(changed(small, tmp_path, {"T": 10**9}))
    assert says.endswith("T: input should be less than or equal to 10000, not 1000000000")
    says = refused(changed(small, tmp_path, {"options.blocks": 10**7}))
    assert says.endswith("blocks: input should be less than or equal to 64, not 10000000")
    says = refused(changed(small, tmp_path, {"names": ["a"] * 10}))
    assert says.endswith("the name 'a' stands for two classes")


def test_every_number_of_a_recipe_has_a_range():
    kinds = (Recipe, Training, Scaling, Stage, Distillation)
    numbers = {f.name for kind in kinds for f in dataclasses.fields(kind) if f.type != "bool"}
    numbers -= {"name", "network", "options", "schedule", "scaling", "predicts", "names"}
    numbers -= {"distillation", "teacher", "stages", "method"}
    assert numbers - {"weights", "sampler", "training"} <= {*RANGES}
    assert {"width", "blocks", "classes", "channels", "size"} <= {*RANGES}


@pytest.mark.parametrize("value", [-1, 0, 1.5, True, "2", None, [2], float("nan"), 10_001])
def test_a_stage_has_a_whole_number_of_last_steps(value):
    recipe = RECIPES["digits-fast"].to_dict()
    stage = recipe["distillation"]["stages"][-1]
    stage["last"] = 10_000
    assert Recipe.from_dict(recipe).distillation.stages[-1].last == 10_000
    stage["last"] = value
    with pytest.raises(ValueError, match="last"):
        Recipe.from_dict(recipe)


def poisoned(tensor: torch.Tensor, value: float) -> torch.Tensor:
    copy = tensor.clone()
    copy.view(-1)[-1] = value
    return copy


@pytest.mark.parametrize("kind", ["nan", "inf", "-inf"])
def test_weights_that_are_not_finite_are_refused(kind, small, tmp_path):
    name = "averaged/stem.weight"
    path = changed(small, tmp_path, **{name: poisoned(small[2][name], float(kind))})
    assert refused(path).endswith(f"'{name}' has values that are not finite")


def test_a_negative_variance_is_refused(tmp_path):
    recipe = dataclasses.replace(RECIPES["time"], options={"width": 4, "time": True})
    network = recipe.make_network()
    network.stem[0][1].running_var[0] = -1
    Diffusion(recipe, network).save(tmp_path / "x.safetensors")
    assert "running_var' has negative values" in refused(tmp_path / "x.safetensors")


def test_tensors_that_are_missing_unknown_or_of_another_kind_are_refused(small, tmp_path):
    name = "averaged/stem.weight"
    ours = small[2][name]
    assert "lacks the tensor" in refused(changed(small, tmp_path, **{name: None}))
    for other in (ours[:-1], ours[None], ours.flatten(), torch.zeros(0)):
        assert "must be (16, 4, 3, 3), not" in refused(changed(small, tmp_path, **{name: other}))
    for other in (ours.int(), ours.bool(), ours.to(torch.float8_e4m3fn)):
        assert "has the type" in refused(changed(small, tmp_path, **{name: other}))
    for extra in ("averaged/extra", "raw/stem.weight", "extra", "best/\x1b[2J", "averaged/a\nb"):
        refused(changed(small, tmp_path, **{extra: ours.clone()}))


@pytest.mark.parametrize("length", [0, 7, 17 * 2**20, 2**40, 2**64 - 1])
def test_an_absurd_length_of_the_header_is_refused(length, small, tmp_path):
    data = small[0].read_bytes()
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", length) + data[8:])
    refused(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "{" * 9, "null", "[]", "NaN", "1" * 5000, '"\\ud800"', "{}", "\x1b[2J"]
)
@pytest.mark.parametrize("key", ["recipe", "training", "format"])
def test_a_header_of_other_json_is_refused(key, text, small, tmp_path):
    if (key, text) != ("training", "{}"):
        save_file(small[2], tmp_path / "x.safetensors", small[1] | {key: text})
        refused(tmp_path / "x.safetensors")


@pytest.mark.parametrize("count", [50_000, 500_000])
def test_many_unknown_fields_are_refused_soon(count, small, tmp_path):
    recipe = json.loads(small[1]["recipe"]) | {f"x{i}": 0 for i in range(count)}
    header = small[1] | {"recipe": json.dumps(recipe)}
    save_file(small[2], tmp_path / "x.safetensors", header)
    refused(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("recipe", "changes"),
    [
        (ATTENTION_CLASS, {"label_dropout": 0.1}),
        (ATTENTION_CLASS, {"options": {"width": 3, "classes": 10}}),
        (DIGITS, {"options": {"width": 48, "classes": 0}, "classes": 0, "label_dropout": 0.0}),
        (RECIPES["resunet"], {"options": {"classes": 0}, "classes": 0, "label_dropout": 0.0}),
        (DIGITS, {"betas": (0.9, 0.9), "schedule": "linear"}),
    ],
)
def test_a_recipe_whose_parts_contradict_each_other_is_refused(recipe, changes):
    values = dataclasses.replace(recipe, **changes).to_dict()
    with pytest.raises(ValueError, match=r"width|classes|label_dropout|betas"):
        Recipe.from_dict(values)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
FIELDS = st.sampled_from([*BAD, *(f"options.{name}" for name in ("x", "time", "frozen"))])


@settings(
    max_examples=100,
    deadline=20_000,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.dictionaries(FIELDS, JSON, min_size=1, max_size=3))
def test_a_crafted_recipe_is_loaded_or_refused_in_one_line(changes, small, tmp_path):
    changes = {k: v for k, v in changes.items() if k not in ("options", "scaling", "training")}
    try:
        model = ddpm.load(changed(small, tmp_path, changes), "cpu")
    except ValueError as error:
        assert str(error).isprintable()
    else:
        images = model.sample(1, labels=[0], steps=1)
        assert images.isfinite().all()
        assert all(name.isprintable() for name in (model.recipe.name, *model.recipe.names))


@settings(
    max_examples=100,
    deadline=20_000,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_file_with_changed_bytes_is_loaded_or_refused_in_one_line(data, small, tmp_path):
    content = bytearray(small[0].read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, header - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.none() | st.integers(0, len(content)))
    (tmp_path / "x.safetensors").write_bytes(content[:cut])
    try:
        ddpm.load(tmp_path / "x.safetensors", "cpu")
    except ValueError as error:
        assert str(error).isprintable()


def test_names_from_a_file_can_be_shown(small, tmp_path):
    names = ["\x1b[2J", "a\nb", "\u202eabc", "\x07", "\x9b1m", "é", "a b", "\u2028", "中", "\t"]
    model = ddpm.load(changed(small, tmp_path, {"names": names, "name": "\x1b]0;x\x07"}))
    assert all(name.isprintable() for name in (model.recipe.name, *model.recipe.names))
    assert model.recipe.names[1] == "a\\nb"
    assert {"é", "a b", "中"} <= {*model.recipe.names}
    assert DIGITS.for_classes(["a\nb", "c"]).names == ("a\\nb", "c")


def test_an_error_of_a_command_shows_no_control_characters(call, small, tmp_path):
    path = changed(small, tmp_path, {"names": [f"\x1b[2J{i}" for i in range(10)]})
    options = ("--model", path, "--labels", "\x1b[2J", "--out", tmp_path / "x.png")
    code, out, error = call("sample", *options)
    assert (code, out) == (2, "")
    assert "\\x1b[2J3" in error
    assert error.removesuffix("\n").isprintable()


def test_printable_leaves_what_can_be_shown_and_cuts_what_is_long():
    assert printable("größe 7 – 中文 'x'") == "größe 7 – 中文 'x'"
    assert printable("a\nb\x1b\u202e\ud800") == "a\\nb\\x1b\\u202e\\ud800"
    assert printable("abcdef", 3) == "abc..."


@pytest.mark.parametrize("text", ["", "{", "NaN", "[1e999]", "[-Infinity]", "[" * 10**5])
def test_json_from_outside_is_finite_and_not_too_deep(text):
    with pytest.raises(ValueError, match="x is damaged") as caught:
        parse_json(text, "x")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"3", b'{"a": NaN}', b"{}" * 2])
def test_a_damaged_json_file_is_refused_by_its_name(content, tmp_path):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"x\.json' is no JSON file: ") as caught:
        read_json(tmp_path / "x.json")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_without_first_values_is_made_at_once_and_takes_no_memory(name):
    recipe = next(recipe for recipe in RECIPES.values() if recipe.network == name)
    with torch.device("meta"), Blank():
        network = recipe.make_network()
    state = recipe.make_network().state_dict()
    assert {k: v.shape for k, v in network.state_dict().items()} == {
        k: v.shape for k, v in state.items()
    }
    assert {v.device.type for v in network.state_dict().values()} == {"meta"}


def test_loading_does_not_import_the_compiler_of_torch(small):
    program = (
        "import sys, ddpm; ddpm.load(sys.argv[1], 'cpu'); print('torch._dynamo' in sys.modules)"
    )
    made = subprocess.run(
        [sys.executable, "-c", program, small[0]], capture_output=True, text=True, check=True
    )
    assert made.stdout == "False\n"


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="a list of maps is Linux's")
def test_a_loaded_file_is_not_left_mapped(small, tmp_path):
    network = RECIPES["time"].make_network()
    path = tmp_path / "whole.safetensors"
    Diffusion(RECIPES["time"], network).save(path)
    model = ddpm.load(path, "cpu")
    assert model.network is not None
    assert path.name not in Path("/proc/self/maps").read_text()


@pytest.mark.parametrize(
    ("name", "steps", "loaded"),
    [
        ("digits-fast", None, "digits-fast"),
        ("digits-fast", 8, "digits-fast"),
        ("digits-fast", 2, "digits-faster"),
        ("digits-fast", 1, "digits-faster"),
        ("digits-fast", 3, "digits-fast"),  # 3 is refused when it samples
        ("digits-faster", 4, "digits-faster"),
        ("digits", 1, "digits"),
    ],
)
def test_a_student_has_other_weights_for_fewer_steps(name, steps, loaded):
    assert ddpm.load(name, "cpu", steps=steps).recipe.name == loaded
