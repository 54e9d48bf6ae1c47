"""What the tests share: a recipe so small that it trains in a second."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
import torch
from PIL import Image

from ddpm import recipes
from ddpm.data import Digits, bundled
from ddpm.model import Diffusion
from ddpm.recipes import ATTENTION_CLASS, DIGITS, Recipe, Training


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


@pytest.fixture
def weights(tiny: Recipe, tmp_path: Path) -> Path:
    """The weights file of an untrained tiny model."""
    torch.manual_seed(0)
    Diffusion(tiny).save(tmp_path / "tiny.safetensors")
    return tmp_path / "tiny.safetensors"


@pytest.fixture(scope="session")
def theme() -> Iterator[None]:
    """The folder of the site's own modules, from which they can be imported."""
    pytest.importorskip("mkdocs")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[1] / "docs" / "theme")
        yield


@pytest.fixture(scope="session")
def digits() -> Digits:
    """Twenty of each digit, in a mixed order."""
    every = bundled()
    return every[list(range(0, 5000, 25))]


@pytest.fixture(scope="session")
def untrained() -> Diffusion:
    """An untrained flagship of width 16, whose answers are not zero."""
    torch.manual_seed(0)
    # With the cosine schedule's last beta, heun's second look blows up what is not trained.
    recipe = dataclasses.replace(
        DIGITS,
        options={"width": 16, "blocks": 1, "classes": 10},
        schedule="linear",
        betas=(1e-3, 0.2),
        T=100,
    )
    network = recipe.make_network()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    network.head.weight.data *= 0.1
    return Diffusion(recipe, network)


@pytest.fixture
def photo(tmp_path: Path, digits: Digits) -> tuple[Path, Path]:
    """A 7 on paper, large and dark on bright, and a mask over its lower half."""
    seven = digits.images[digits.labels == 7][0].numpy()
    large = Image.fromarray(255 - seven).resize((280, 280), Image.Resampling.BICUBIC)
    paper = Image.new("L", (420, 300), 250)
    paper.paste(large, (100, 10))
    paper.save(tmp_path / "me.jpg")
    mask = Image.new("L", (420, 300))
    mask.paste(255, (0, 150, 420, 300))
    mask.save(tmp_path / "mask.png")
    return tmp_path / "me.jpg", tmp_path / "mask.png"


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Calls a script as its command line would: (exit code, standard output, standard error).

    A command on text-to-image is called by "text-" and its name.
    """

    def call(module: str, *arguments: object) -> tuple[int, str, str]:
        from ddpm.commands.program import run

        kind, _, name = module.rpartition("-")
        script = import_module(f"ddpm.commands.{kind}.{name}" if kind else f"scripts.{module}")
        main = {"train": "train_recipe"}.get(module, name)
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
