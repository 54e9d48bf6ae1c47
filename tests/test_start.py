"""The code of the quick tour's page, which it cuts out of this file."""

import re
import textwrap
from pathlib import Path


def test_the_quick_tour_runs_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # --8<-- [start:generate]
    import torch

    import ddpm

    model = ddpm.load("digits")
    images = model.sample(labels=range(10), seed=0)  # (10, 1, 28, 28) in [0, 1]
    # --8<-- [end:generate]
    assert images.shape == (10, 1, 28, 28)

    # --8<-- [start:show]
    from ddpm import viz

    viz.sheet(viz.as_grid(images)).save("digits.png")
    # --8<-- [end:show]
    assert (tmp_path / "digits.png").is_file()

    # --8<-- [start:guide]
    rows = [model.sample(labels=[3, 8], guidance=scale, seed=3) for scale in (0, 1, 4)]
    # --8<-- [end:guide]
    assert not torch.equal(rows[1], rows[2])

    # --8<-- [start:watch]
    for state in model.states(labels=[2, 8], seed=2):
        print(state.t, state.x.shape, state.x0.shape)
    # --8<-- [end:watch]
    assert state.t == 0

    # --8<-- [start:edit]
    digits = ddpm.bundled()
    seven = digits.images[digits.labels == 7][0].float() / 255
    three = ddpm.sdedit(model, seven, strength=0.7, label=3, seed=0)
    lower = torch.zeros(28, 28)
    lower[14:] = 1
    filled = ddpm.inpaint(model, seven, lower, label=9, seed=0)
    turned = ddpm.draw_anagram(model, [6, 9], n=1, seed=0)
    # --8<-- [end:edit]
    assert three.shape == turned.shape == (1, 1, 28, 28)
    assert (filled[0, 0, :14] - seven[:14]).abs().max() < 0.01


def test_the_pieces_need_nothing_that_the_page_does_not_show(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = Path(__file__).read_text("utf-8")
    pieces = re.findall(r" # --8<-- \[start:\w+\]\n(.*?) *# --8<-- \[end:", text, re.DOTALL)
    assert len(pieces) == 5
    exec("\n".join(map(textwrap.dedent, pieces)), {})
