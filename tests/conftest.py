"""What the tests share: a recipe so small that it trains in a second."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from importlib import import_module

import pytest

from ddpm import recipes
from ddpm.data import Digits, bundled
from ddpm.recipes import ATTENTION_CLASS, Recipe, Training


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """A conditional recipe of width 4, also known to the scripts by its name."""
    recipe = dataclasses.replace(
        ATTENTION_CLASS,
        name="tiny",
        options={"width": 4, "classes": 10},
        T=200,
        steps=5,
        weights="averaged",
        training=Training(epochs=2, batch=50, rate=3e-3, average=0.9),
    )
    monkeypatch.setitem(recipes.RECIPES, "tiny", recipe)
    return recipe


@pytest.fixture(scope="session")
def digits() -> Digits:
    """Twenty of each digit, in a mixed order."""
    every = bundled()
    return every[list(range(0, 5000, 25))]


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Calls a script as its command line would: (exit code, standard output, standard error)."""

    def call(module: str, *arguments: object) -> tuple[int, str, str]:
        from ddpm.commands.program import run

        script = import_module(f"scripts.{module}")
        main = {"train": "train_recipe"}.get(module, module)
        monkeypatch.setattr(sys, "argv", [f"scripts/{module}.py", *map(str, arguments)])
        code = 0
        try:
            run(getattr(script, main))
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def refusal(call, tmp_path, monkeypatch):
    """Calls a script in an empty folder: it must say one line, exit with 2 and write nothing."""

    def refuse(script, *arguments):
        monkeypatch.chdir(tmp_path)
        code, out, error = call(script, *arguments)
        assert code == 2
        assert out == ""
        assert error.count("\n") == 1
        assert list(tmp_path.iterdir()) == []
        return error

    return refuse
