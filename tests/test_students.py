"""The table of students: which files are judged, at what, what their training cost; the figures."""

import dataclasses
import inspect
import json
from types import SimpleNamespace

import pytest
import torch

from ddpm.classifiers import Classifier, load_classifier
from ddpm.data import Digits, bundled
from ddpm.images import read_pictures
from ddpm.model import Diffusion
from ddpm.recipes import DIGITS, RECIPES, Recipe
from ddpm.stages import Stage
from ddpm.students import after
from ddpm.teachers import check_teacher
from scripts import students as command
from scripts.pages import students as page
from scripts.workshop import judge, short_students, students, techniques, variants
from scripts.workshop.judge import Second
from scripts.workshop.manifest import at_hand
from scripts.workshop.registry import FIGURES, NotHere, register_all
from scripts.workshop.students import GOALS, chosen, cost, row, served, weights_files

SMALL = {"width": 16, "blocks": 1, "classes": 10}
ALL = [16, 8, 4, 2, 1]
MATCHED = dataclasses.replace(variants.VARIANTS["matched"], name="digits-fast")


@pytest.fixture
def runs(tmp_path, monkeypatch, tiny, weights):
    """Two students and what else lies in `runs`."""
    folder = tmp_path / "runs"
    folder.mkdir()
    weights.rename(folder / "tiny.safetensors")
    small = dataclasses.replace(MATCHED, options=SMALL)
    torch.manual_seed(0)
    Diffusion(small).save(folder / "digits-fast.safetensors")
    Diffusion(after(small, small.distillation.stages[0])).save(
        folder / "digits-fast.fold.safetensors"
    )
    (folder / "digits-fast.checkpoint.safetensors").write_bytes(b"no student")
    (folder / "notes.safetensors").write_bytes(b"no weights")
    for module in (students, judge):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return folder


def test_students_are_known_by_what_their_files_say(runs):
    files = weights_files()
    own = [name for name in files if not name.startswith("bundled")]
    assert own == ["digits-fast.fold", "digits-fast"]
    assert [served(files[name]) for name in own] == [ALL, ALL]
    assert "bundled digits" not in files


def test_a_training_costs_the_minutes_of_its_stages(runs):
    losses = {"validation_raw": 0.1, "validation_averaged": 0.1, "images_per_second": 1.0}
    epochs = [
        {"epoch": k, "stage": stage, "train": k / 10, "seconds": 60.0 * k, **losses}
        for k, stage in enumerate(("fold", "match", "match"), 1)
    ]
    path = runs / "digits-fast.fold.safetensors"
    assert cost(path) == {}
    log = {"images": 55_000, "parameters": 1, "epochs": epochs}
    path.with_suffix(".json").write_text(json.dumps(log))
    found = cost(path)
    assert found["minutes"] == pytest.approx(6)
    assert found["stages"]["match"] == {"minutes": pytest.approx(5), "epochs": 2, "loss": 0.3}


@pytest.mark.parametrize("name", variants.VARIANTS)
def test_a_variant_fits_its_teacher_and_a_file(name):
    recipe = variants.VARIANTS[name]
    assert recipe.name == name
    check_teacher(recipe, DIGITS)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert recipe.training.epochs == recipe.distillation.epochs
    assert recipe.steps in recipe.distillation.serves
    assert after(recipe, recipe.distillation.stages[-1]) == recipe


def test_variants_have_the_stages_that_they_are_named_for():
    stages = {
        name: [stage.method for stage in recipe.distillation.stages]
        for name, recipe in variants.VARIANTS.items()
    }
    assert stages["digits-fast"] == ["fold", "shortcut", "frechet"]
    assert stages["everywhere"] == stages["to-one"] == ["fold", "shortcut"]
    assert stages["two-stages"] == stages["digits-fast"][:2]
    before = variants.VARIANTS["two-stages-faster"].distillation
    assert (before.teacher, before.told) == ("runs/two-stages.safetensors", (1, 2))
    # These are kept among the results, so their recipes must stay what they were.
    for name, epochs, imitation in (("two-stages-faster", 20, 1.0), ("two-critics", 40, 0.3)):
        recipe = variants.VARIANTS[name]
        (stage,) = recipe.distillation.stages
        assert recipe.training.epochs == stage.epochs == epochs
        assert stage.imitation == imitation
        assert (stage.critics, stage.pairs) == ((16, 24), 16_384)
    assert stages["halved"] == ["fold"] + ["halve"] * 5
    assert stages["matched"] == ["fold", "match"]


def test_a_variant_is_trained_under_its_own_name(monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "RECIPES", dict(RECIPES))
    monkeypatch.setattr(command, "train_recipe", lambda name, **how: given.append((name, how)))
    command.students("halved", epochs=3)
    out = tmp_path / "runs" / "halved.safetensors"
    assert given == [("halved", {"epochs": 3, "restart": False, "out": out})]
    assert command.RECIPES["halved"].sampler == "ddim"


def test_short_trainings_begin_with_the_folded_student_and_take_one_step_and_four():
    stages = {name: recipe.distillation.stages for name, recipe in variants.SHORT.items()}
    assert [*stages] == [f"short-{name}" for name in variants.SHORT_STAGES]
    assert variants.SHORT.items() <= variants.VARIANTS.items()
    for name, recipe in variants.SHORT.items():
        assert recipe.distillation.teacher == "runs/digits-fast.fold.safetensors"
        assert "fold" not in {stage.method for stage in stages[name]}
        assert {4, 1} <= {steps for stage in stages[name] for steps in stage.steps}
    own = {f.name for f in dataclasses.fields(Stage)}
    apart = {
        name
        for name in own
        if len({getattr(stages[f"short-{n}"][0], name) for n in ("matched", "no-adversary")}) > 1
    }
    assert apart == {"adversarial", "updates"}  # a pair: an update without it takes less time


@pytest.fixture
def short(runs, judged, monkeypatch):
    """Files of all short trainings, of a network of width 16 without training."""
    monkeypatch.setattr(short_students, "ROOT", runs.parent)
    monkeypatch.setattr(short_students, "results_file", lambda name: runs.parent / name)
    for name, recipe in variants.SHORT.items():
        small = dataclasses.replace(recipe, options=SMALL | {"paces": recipe.distillation.paces})
        torch.manual_seed(0)
        Diffusion(small).save(runs / f"{name}.safetensors")
        if name == "short-halved":
            four = next(stage for stage in recipe.distillation.stages if stage.steps == (4,))
            Diffusion(after(small, four)).save(runs / f"{name}.halve-4.safetensors")
    return runs


def test_short_trainings_are_judged_with_four_evaluations_and_with_one(short, monkeypatch):
    assert {"digits-fast", "digits-fast.fold"} == {
        name for name in weights_files() if not name.startswith("bundled")
    }
    for name, value in (("Second", lambda *given: Opinion()), ("floor", lambda count: 1.0)):
        monkeypatch.setattr(short_students, name, value)
    monkeypatch.setattr(
        students, "verdict", lambda images, asked: {"accuracy": 1.0, "fid_over_floor": 1.0}
    )
    losses = {"validation_raw": 0.1, "validation_averaged": 0.1, "images_per_second": 1.0}
    epochs = [{"epoch": 1, "stage": "match", "train": 0.1, "seconds": 90.0, **losses}]
    log = {"images": 55_000, "parameters": 1, "epochs": epochs}
    log["how"] = {"device": "a machine", "seconds": 90.0}
    for name in variants.SHORT:
        (short / f"{name}.json").write_text(json.dumps(log))
    found = short_students.short_students(False)
    assert [*found["trials"]] == ["folded", *variants.SHORT_STAGES]
    for trial in found["trials"].values():
        assert {key: trial[key]["evaluations"] for key in ("four", "one")} == {"four": 4, "one": 1}
        assert not any("failure" in trial[key] for key in ("four", "one"))
    matched = found["trials"]["matched"]
    assert (matched["minutes"], matched["on"]) == (1.5, "a machine")
    assert (matched["updates"], matched["images"]) == (80, 80 * 128)
    halved = found["weights"]["halved, 4"], found["weights"]["halved, 1"]
    assert halved[0] != halved[1]
    pictures = read_pictures(short.parent / "short_students.npz")
    assert [*pictures] == [*found["weights"]]
    assert all(images.shape == (10, 1, 28, 28) for images in pictures.values())


def test_without_a_short_training_there_is_nothing_to_compare(short):
    (short / "short-matched.safetensors").unlink()
    with pytest.raises(NotHere, match=r"short-matched\.safetensors'.*scripts\.students"):
        short_students.short_students(False)


class Opinion:
    """A second classifier with fixed answers."""

    floor = 1.0

    def __init__(self, accuracy=0.99, over=1.5):
        self.says = {"second_accuracy": accuracy, "second_fid_over_floor": over}

    def verdict(self, images, asked):
        assert images.shape == (20, 1, 28, 28)
        return self.says


@pytest.fixture
def judged(monkeypatch):
    """What costs time is left out."""
    monkeypatch.setattr(students, "verdict", lambda images, asked: {"fid": 1.0})
    monkeypatch.setattr(students, "copied", lambda images: float(len(images)))
    monkeypatch.setattr(students, "device_name", lambda device: "the test's device")
    monkeypatch.setattr(students, "natural_labels", lambda count: torch.arange(20) % 10)


@pytest.mark.parametrize(("steps", "met"), [(1, True), (2, True), (4, True), (8, False)])
def test_a_row_meets_the_goals_of_its_evaluations_by_the_second_classifier(
    runs, judged, steps, met
):
    found = row(runs / "digits-fast.safetensors", steps, 20, 2, Opinion)
    assert found["met"] is met
    assert (found["evaluations"], found["seeds"], found["sampler"]) == (steps, 2, "renoise")
    assert found["nearest"] == 20
    assert found["device"] == "the test's device"
    assert found["fid_spread"] == 0
    less = row(runs / "digits-fast.safetensors", steps, 20, 1, lambda: Opinion(0.97))
    assert not less["met"]


def test_the_judge_is_no_classifier_that_taught_a_student_or_chose_one():
    recipes = [recipe for recipe in RECIPES.values() if recipe.distillation]
    critics = {w for recipe in recipes for s in recipe.distillation.stages for w in s.critics}
    chooses = load_classifier().head.in_features
    assert critics == {12, 16, 20, 24}
    for width in critics:
        assert Classifier(width).head.in_features != chooses
    assert students.JUDGE["width"] not in critics
    assert Classifier(students.JUDGE["width"]).head.in_features != chooses
    seeds = {recipe.training.seed + number for recipe in recipes for number in range(len(critics))}
    assert students.JUDGE["seed"] not in seeds
    second = inspect.signature(Second).parameters
    assert students.JUDGE["width"] != second["width"].default
    assert students.JUDGE["seed"] != second["seed"].default


def test_what_fails_is_a_row_too(runs, judged):
    path = runs / "digits-fast.fold.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    found = row(path, 4, 20, 1, Opinion)
    assert found["evaluations"] == 4
    assert "holds no weights for this package" in found["failure"]


def test_the_bundled_classifier_chooses_among_those_that_are_accurate():
    def of(steps, accuracy, over, **more):
        return {"evaluations": steps, "accuracy": accuracy, "fid_over_floor": over, **more}

    table = {
        "a, 4": of(4, 0.995, 1.4, second_fid_over_floor=9),
        "b, 4": of(4, 0.992, 1.3, second_fid_over_floor=10),
        "c, 4": of(4, 0.980, 1.1),
        "d, 4": {"evaluations": 4, "failure": "damaged"},
        "a, 1": of(1, 0.5, 4.0),
        "b, 1": of(1, 0.6, 3.0),
    }
    assert chosen(table) == {"4": "b, 4", "1": "b, 1"}


def test_the_measurement_names_what_falls_short(runs, judged, monkeypatch):
    monkeypatch.setattr(students, "Second", lambda epochs, count, **judge: Opinion(over=2.0))
    monkeypatch.setattr(students, "test_images", lambda: torch.zeros(5, 1, 28, 28))
    monkeypatch.setattr(students, "floor", lambda count: 1.0)
    monkeypatch.setattr(
        students, "verdict", lambda images, asked: {"accuracy": 1.0, "fid_over_floor": 1.0}
    )
    monkeypatch.setattr(students, "bundled_models", lambda: ["digits", "digits-fast"])
    monkeypatch.setattr(students, "weights_file", lambda name: runs / f"{name}.safetensors")
    monkeypatch.setattr(students, "judged", lambda setting, seeds: (setting.steps, len(seeds)))
    found = students.students(True)
    assert found["defaults"] == {"digits-fast": (4, 2)}
    assert len(found["rows"]) >= 10
    goal = found["goals"]["1"]
    assert (goal["least"], goal["most"], goal["model"]) == (0.98, 2.8, "digits-fast")
    assert [found["goals"][n]["outcome"] for n in ("1", "2")] == ["reached", "missed"]
    assert goal["second_fid_over_floor"] == 2.0
    assert set(found["chosen"]) == {str(steps) for steps in GOALS}


def test_a_classifier_is_trained_on_samples_alone_and_read_on_real_digits(runs, monkeypatch):
    given = []

    def train(classifier, digits, epochs, seed):
        given.append((digits.images, digits.labels, epochs))
        yield {"epoch": 1.0, "loss": 0.0}

    real = Digits(torch.zeros(55_000, 28, 28, dtype=torch.uint8), torch.zeros(55_000).long())
    monkeypatch.setattr(judge, "train_classifier", train)
    monkeypatch.setattr(students, "mnist", lambda split: real if split == "train" else real[:40])
    monkeypatch.setattr(students, "test_images", lambda: torch.zeros(40, 1, 28, 28))
    monkeypatch.setattr(students, "load", lambda path: None)
    monkeypatch.setattr(
        students,
        "draw_fast",
        lambda model, labels, **how: (torch.ones(len(labels), 1, 28, 28), 1.0),
    )
    found = students.samples_alone(True)
    assert {"digits-fast, 1", "digits-fast.fold, 4", "real digits"} <= set(found["rows"])
    images, labels, epochs = given[0]
    assert (images.shape, images.dtype, epochs) == ((2000, 28, 28), torch.uint8, 1)
    assert (images == 255).all()
    assert labels.bincount().tolist() == [200] * 10
    assert (given[-1][0] == 0).all()
    assert found["goal"] == 0.985


def test_one_noise_image_goes_through_a_model_for_each_label(monkeypatch, untrained):
    asked = []
    monkeypatch.setattr(page, "SHOWN", {"digits": (2, 1)})
    monkeypatch.setattr(page, "load", lambda name: untrained)
    whole = untrained.sample
    monkeypatch.setattr(untrained, "sample", lambda **how: asked.append(how) or whole(**how))
    rows = page.one_noise("digits")
    assert {name: tuple(images.shape) for name, images in rows.items()} == {
        "2, digits": (10, 28, 28), "1, digits": (10, 28, 28)
    }  # fmt: skip
    assert all(torch.equal(how["x"][0], how["x"][9]) for how in asked)
    assert torch.equal(asked[0]["x"], asked[1]["x"])
    assert {how["guidance"] for how in asked} == {1.0}  # so that a step is one evaluation


def test_of_several_settings_with_the_same_evaluations_the_nearest_is_plotted():
    rows = {
        "a": {"evaluations": 4, "fid_over_floor": 3.0},
        "b": {"evaluations": 4, "fid_over_floor": 2.0, "fid_over_floor_spread": 0.1},
        "c": {"evaluations": 1, "fid_over_floor": 9.0},
        "d": {"evaluations": 2, "failure": "damaged"},
    }
    assert page.points(rows) == {1: (9.0, 0), 4: (2.0, 0.1)}


def row_of(steps, over, **more):
    return {"evaluations": steps, "fid_over_floor": over, **more}


STUDENTS = {
    f"{name}, {steps}": row_of(steps, 2.0, fid_over_floor_spread=0.1)
    for name in ("bundled digits-fast", "digits-fast", "digits-fast.fold", "no-jitter")
    for steps in (1, 4)
}
FAKE = {
    "few_steps": {"rows": {"ddim-2": row_of(4, 30.0, sampler="ddim")}},
    "ten_thousand": {"rows": {"heun-25-1.25": {"sampler": "heun", "fid_over_floor": 1.8}}},
    "evaluations": {"ten_thousand": {"rows": {"heun-25-1.25": 50}}},
    "students": {"rows": STUDENTS},
}


def test_the_plot_of_quality_has_samplers_and_students(monkeypatch):
    monkeypatch.setattr(page, "read_json", FAKE.__getitem__)
    (axes,) = page.students_quality().axes
    _, names = axes.get_legend_handles_labels()
    assert names == ["digits, heun", "digits, ddim", "digits-fast", "digits-fast.fold"]


def test_a_plot_of_what_is_not_measured_is_skipped(monkeypatch, tmp_path, capsys):
    register_all()
    monkeypatch.setattr(page, "results_file", lambda name: tmp_path / f"{name}.json")
    (tmp_path / "few_steps.json").write_text("{}")
    assert at_hand([FIGURES["students-quality"]]) == []
    assert "skipped: not measured yet; `python -m scripts.evaluate" in capsys.readouterr().out
    for name in page.RECORDS:
        (tmp_path / f"{name}.json").write_text("{}")
    assert at_hand([FIGURES["students-quality"]]) == [FIGURES["students-quality"]]


# --- the techniques


class Blind:
    """A classifier that reads everything as one digit."""

    def __init__(self, digit):
        self.digit = digit

    def read(self, images):
        return torch.full((len(images),), self.digit)


@pytest.fixture
def small_models(monkeypatch):
    """Untrained small networks in the place of the flagship and of its student."""
    torch.manual_seed(0)
    models = {
        recipe.name: Diffusion(dataclasses.replace(recipe, options=SMALL), device="cpu")
        for recipe in (dataclasses.replace(DIGITS, steps=3), MATCHED)
    }
    monkeypatch.setattr(techniques, "load", models.__getitem__)
    monkeypatch.setattr(techniques, "second", lambda epochs: Blind(3))
    monkeypatch.setattr(
        techniques, "TECHNIQUES", {k: (f, 20) for k, (f, _) in techniques.TECHNIQUES.items()}
    )
    return models


@pytest.mark.parametrize(
    ("technique", "further", "evaluations"), [("another digit", 5, 3), ("lower half", 0, 4)]
)
def test_a_technique_is_judged_by_what_was_asked_for(
    small_models, monkeypatch, technique, further, evaluations
):
    wanted = (bundled()[::250].labels + further) % 10
    monkeypatch.setattr(techniques, "second", lambda epochs: Blind(int(wanted[0])))
    found = techniques.one(technique, "digits-fast", quick=False)
    assert found["right"] == pytest.approx(float((wanted == wanted[0]).float().mean()))
    assert 0 < found["right"] < 1
    assert found["count"] == 20
    assert found["evaluations"] == evaluations


def test_an_image_that_is_one_digit_both_ways_is_no_anagram(small_models):
    found = techniques.one("half-turn", "digits-fast", quick=False)
    assert (found["right"], found["evaluations"]) == (0, 8)


def test_a_guided_step_of_a_technique_counts_twice(small_models):
    whole = techniques.one("half-turn", "digits", quick=False)["evaluations"]
    assert whole == 2 * 2 * 3  # two labels, each with guidance, in three steps


def test_hybrids_are_right_from_afar_and_up_close(monkeypatch):
    far, near = torch.tensor([1, 2, 3, 4]), torch.tensor([5, 6, 7, 8])
    monkeypatch.setattr(techniques, "off_diagonal", lambda count: (far, near))
    monkeypatch.setattr(techniques, "draw_hybrid", lambda *given, **how: None)
    monkeypatch.setattr(techniques, "from_afar", lambda images: "afar")
    monkeypatch.setattr(techniques, "from_near", lambda images: "near")
    tiles = torch.tensor([[5, 5, 5, 0], [6, 6, 6, 6], [7, 7, 0, 0], [8, 8, 8, 8]])
    read = {"afar": torch.tensor([1, 0, 3, 4]), "near": tiles.flatten()}
    judge = SimpleNamespace(read=read.__getitem__)
    assert techniques.at_two_distances(None, judge, 4) == (0.5, 4)


def test_techniques_need_the_student(monkeypatch):
    monkeypatch.setattr(techniques, "bundled_models", lambda: ["digits"])
    with pytest.raises(NotHere, match="'digits-fast' does not come with the package"):
        techniques.techniques(True)
