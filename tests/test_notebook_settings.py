"""Importing and using `ddpm.viz` leaves a notebook's own plots as they were."""

import io
import subprocess
import sys
from itertools import pairwise

import pytest
from matplotlib.colors import to_hex

from ddpm import viz

WATCHED = """
import sys
import matplotlib
matplotlib.rcParams["font.size"] = 7  # as a notebook may have set it
before = matplotlib.rcParams.copy()  # without asking for the backend, which would choose one

def unchanged():
    assert dict.__getitem__(matplotlib.rcParams, "backend") is backend
    assert {**before, "backend": 0} == {**matplotlib.rcParams.copy(), "backend": 0}
    assert "matplotlib.pyplot" not in sys.modules

backend = dict.__getitem__(matplotlib.rcParams, "backend")
"""
IMPORTS = "import ddpm, ddpm.viz, ddpm.plots, ddpm.checks\nunchanged()\n"
CALLS = """
import io, pathlib, torch
from ddpm import viz
folder = pathlib.Path(sys.argv[1])
card = viz.sheet(torch.zeros(1, 2, 28, 28), columns=["1", "2"])
unchanged()
viz.write_png(viz.title_bar(card, "A title"), folder / "a.png")
viz.write_gif([card, card], folder / "a.gif")
unchanged()
plot, axes = viz.plot(panels=2)
axes[0].plot([1, 2], [3, 4], label="a line")
axes[0].legend()
viz.log_scale(axes[0])
unchanged()
viz.write_svg(plot, folder / "a.svg")
plot.savefig(io.BytesIO(), format="png")
viz.write_svg(viz.matrix(torch.eye(2), "ab", "cd", "down", "across"), folder / "b.svg")
unchanged()
with viz.style():
    assert matplotlib.rcParams["font.size"] == 16
unchanged()
"""
SPOILED = 'matplotlib.rcParams["lines.linewidth"] = 3\nunchanged()\n'


def program(text, folder):
    """Runs `WATCHED` and these lines, which may write into the folder."""
    command = [sys.executable, "-c", WATCHED + text]
    return subprocess.run([*command, str(folder)], capture_output=True, text=True)


@pytest.mark.parametrize("text", [IMPORTS, CALLS], ids=["imports", "calls"])
def test_neither_the_backend_nor_the_style_is_changed(text, tmp_path):
    done = program(text, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", [SPOILED, 'matplotlib.use("svg")\nunchanged()\n'])
def test_a_changed_setting_would_be_seen(text, tmp_path):
    assert "AssertionError" in program(text, tmp_path).stderr


def test_what_is_added_to_a_plot_has_the_style_nevertheless():
    plot, (axes,) = viz.plot()
    (line,) = axes.plot([1, 2], [3, 4], label="a line")
    label = axes.legend().get_texts()[0]
    note = axes.text(1, 3, "a note")
    assert line.get_linewidth() == 2.2
    assert label.get_fontsize() == note.get_fontsize() == 16
    assert to_hex(label.get_color()) == to_hex(note.get_color()) == viz.INK
    plot.savefig(io.BytesIO(), format="png")  # which makes the ticks
    ticks = [tick.label1 for tick in axes.xaxis.get_major_ticks()]
    assert {(t.get_fontsize(), to_hex(t.get_color())) for t in ticks} == {(16, viz.INK)}


def test_the_style_of_the_scripts_gives_the_same_plot(tmp_path):
    def svg(name):
        plot, (axes,) = viz.plot()
        axes.plot([1, 2], [3, 4], label="a line")
        axes.axhline(3.5)
        axes.annotate("here", (1, 3))
        axes.set(title="a title", xlabel="x", yscale="log")
        axes.legend()
        viz.write_svg(plot, tmp_path / name)
        return (tmp_path / name).read_bytes()

    plain = svg("plain.svg")
    with viz.style():
        styled = svg("styled.svg")
    assert all(a == b for a, b in pairwise([plain, styled, svg("again.svg")]))
