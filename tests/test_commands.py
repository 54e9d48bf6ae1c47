"""The program `ddpm`: its overview, its errors in one line, and the examples of its helps."""

import dataclasses
import re
import shlex
import subprocess
import sys
from importlib import metadata

import pytest

from ddpm import __main__ as program
from ddpm import recipes
from ddpm.commands.program import examples
from ddpm.recipes import DIGITS

NAMES = [name for commands in program.GROUPS.values() for name in commands]


@pytest.fixture
def ddpm(monkeypatch, capsys):
    """Calls `ddpm` as a shell would: (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ddpm", *map(str, arguments)])
        code = 0
        try:
            program.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_the_overview_fits_a_screen_and_groups_all_commands(ddpm):
    code, text, _ = ddpm("--help")
    assert code == 0
    assert len(text.splitlines()) <= 30
    assert max(map(len, text.splitlines())) <= 80
    for name in NAMES:
        assert re.search(rf"^  {name} ", text, re.MULTILINE)
    assert ddpm()[1] == text


def test_the_version_is_the_package_s(ddpm):
    assert ddpm("--version")[1] == f"ddpm {metadata.version('ddpm')}\n"


def test_completion_knows_commands_and_options(ddpm):
    code, text, _ = ddpm("--tyro-print-completion", "bash")
    assert code == 0
    assert all(name in text for name in NAMES)
    assert "--guidance" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sampel"], "did you mean 'sample'?"),
        (["sample", "--eech", 3], "perhaps you meant --each"),
        (["sample", "--each", "x"], "Error parsing --each"),
        (["sample", "--weights", "best"], "invalid choice 'best'"),
        (["sample", "3"], "Unrecognized options: 3"),
        (["sample", "--seed"], "Missing value for argument '--seed'"),
        (["train"], "RECIPE"),
        (["writeup"], "FOLDER"),
    ],
)
def test_what_cannot_be_understood_is_one_line(ddpm, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    code, out, error = ddpm(*arguments)
    assert (code, out) == (2, "")
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert says in error
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_help_ends_in_two_examples_that_work(ddpm, name, tmp_path, monkeypatch):
    code, text, _ = ddpm(name, "--help")
    assert code == 0
    lines = [line.strip() for line in text.splitlines()]
    shown = lines[lines.index("examples:") + 1 :]
    assert len(shown) == 2
    assert tuple(shown) == examples(program.command(name))
    monkeypatch.chdir(tmp_path)
    small = dataclasses.replace(DIGITS, options={"width": 16, "blocks": 1, "classes": 10})
    monkeypatch.setitem(recipes.RECIPES, "digits", small)  # for `train`, which takes minutes else
    for line in shown:
        words = shlex.split(line)
        assert words[:2] == ["ddpm", name]
        code, out, error = ddpm(*words[1:])
        assert code == 0, error
        assert out
        if "--out" in words:
            assert (tmp_path / words[words.index("--out") + 1]).stat().st_size > 100


def test_the_module_is_the_program():
    done = subprocess.run(
        [sys.executable, "-m", "ddpm", "--help"], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == program.overview() + "\n"
