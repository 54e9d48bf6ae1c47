import io

import numpy as np
import torch
from PIL import Image

from ddpm import viz


def test_digits_stay_square_and_exact():
    images = torch.linspace(0, 1, 28 * 28).reshape(1, 1, 28, 28).repeat(2, 3, 1, 1)
    card = np.asarray(viz.sheet(images, scale=3, gap=4))
    left = top = 4 + 1
    cell = card[top : top + 84, left : left + 84]
    expected = (images[0, 0] * 255).round().numpy().astype(np.uint8)
    assert (cell.reshape(28, 3, 28, 3) == expected[:, None, :, None]).all()
    assert card[4, 4] == viz.FRAME


def test_labels_make_room_and_show():
    images = torch.zeros(2, 2, 28, 28)
    plain = viz.sheet(images)
    named = viz.sheet(images, rows=["a", "b"], columns=["c", "d"], down="e", across="f")
    assert named.width > plain.width
    assert named.height > plain.height
    assert np.asarray(named).max() == viz.TEXT


def test_a_grid_fills_up_with_empty_cells():
    grid = viz.as_grid(torch.ones(5, 1, 28, 28), columns=3)
    assert grid.shape == (2, 3, 28, 28)
    assert grid[1, 2].isnan().all()
    card = np.asarray(viz.sheet(grid, scale=1))
    assert card[-20, -20] == viz.CARD


def test_the_same_pictures_are_the_same_bytes(tmp_path):
    torch.manual_seed(0)
    frames = [viz.sheet(torch.rand(2, 2, 28, 28)) for _ in range(3)]
    for name in "ab":
        viz.write_gif(frames, tmp_path / f"{name}.gif", levels=8)
        viz.write_png(frames[0], tmp_path / f"{name}.png")
        plot, (axes,) = viz.plot()
        axes.plot([1, 2], [3, 4])
        viz.write_svg(plot, tmp_path / f"{name}.svg")
    for ending in ("gif", "png", "svg"):
        a, b = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "ab")
        assert a == b


def test_a_gif_plays_for_ever_with_few_grey_levels(tmp_path):
    torch.manual_seed(0)
    frames = [viz.sheet(torch.rand(1, 1, 28, 28)) for _ in range(4)]
    viz.write_gif(frames, tmp_path / "a.gif", milliseconds=80, levels=4)
    with Image.open(io.BytesIO((tmp_path / "a.gif").read_bytes())) as gif:
        assert gif.n_frames == 4
        assert gif.info["loop"] == 0
        assert gif.info["duration"] == 80
        assert len(np.unique(np.asarray(gif.convert("L")))) <= 4


def test_a_logarithmic_axis_has_plain_numbers():
    def ticks(low, high):
        plot, (axes,) = viz.plot()
        axes.plot([0, 1], [low, high])
        axes.set_ylim(low, high)
        viz.log_scale(axes)
        plot.draw_without_rendering()
        return {t.get_text() for t in axes.get_yticklabels()}

    assert {"0.1", "0.2", "0.5"} <= ticks(0.07, 0.9)
    assert "0.2" not in ticks(0.0007, 0.9) and {"0.001", "0.1"} <= ticks(0.0007, 0.9)
