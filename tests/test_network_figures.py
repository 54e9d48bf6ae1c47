"""The diagrams are traced from networks at work; here against a network whose wiring is known."""

import dataclasses
import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from ddpm import settings
from ddpm.recipes import RECIPES
from scripts.pages.networks import ARCHITECTURES, diagram, trace


class Known(nn.Module):
    """x -> a -> b, b + t -> c, then a and c side by side -> d."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 2, 1)
        self.b = nn.ModuleList([nn.MaxPool2d(2)])
        self.c = nn.Upsample(scale_factor=2)
        self.d = nn.Conv2d(4, 1, 1)

    def forward(self, x, t, label):
        a = self.a(x)
        c = self.c(self.b[0](a * 2) + t.sin()[:, None, None, None])
        return self.d(torch.cat([a, c], dim=1))


def test_the_trace_finds_parts_shapes_and_shortcuts(monkeypatch):
    monkeypatch.setitem(settings.NETWORKS, "known", Known)
    recipe = dataclasses.replace(RECIPES["digits"], network="known", options={})
    parts = {part.name: part for part in trace(recipe)}
    assert list(parts) == ["a", "b 0", "c", "d"]
    assert parts["b 0"].shape == (2, 14, 14)
    assert [sorted(part.sources) for part in parts.values()] == [
        ["x"], ["a"], ["b 0", "t"], ["a", "c"]
    ]  # fmt: skip


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_diagram_has_a_box_for_each_part_that_returns_images(name):
    boxes = [part.name for part in trace(RECIPES[name]) if len(part.shape) == 3]
    words = {text.get_text() for text in diagram(RECIPES[name]).axes[0].texts}
    for box in boxes:
        assert any(word.startswith(f"{box}\n") for word in words)


def test_the_flagships_shortcuts_join_equal_resolutions():
    parts = {part.name: part for part in trace(RECIPES["digits"])}
    for name, part in parts.items():
        if name.startswith("up"):
            joined = [parts[source] for source in part.sources if source.startswith("down")]
            assert len(joined) == 1
            assert joined[0].shape[1:] == part.shape[1:]
            assert {"time", "label"} <= part.sources


DIGEST = """
import hashlib, sys
from pathlib import Path
from ddpm import viz
from ddpm.recipes import RECIPES
from scripts.pages.networks import diagram
viz.write_svg(diagram(RECIPES["class"]), sys.argv[1])
print(hashlib.sha256(Path(sys.argv[1]).read_bytes()).hexdigest())
"""


def test_a_diagram_is_the_same_bytes_whatever_the_order_of_sets(tmp_path):
    """Python orders a set of names by a hash that is another one in each process."""
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", DIGEST, tmp_path / f"{seed}.svg"],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in (1, 2)
    ]
    first, second = (run.communicate()[0] for run in runs)
    assert len(first) == 65
    assert first == second
