"""What the tests of the pages share: pictures with a number, and which one is in which cell."""

import numpy as np
import torch

from ddpm.viz import FRAME


def numbered(count, first=0, channels=1):
    """Pictures (count, channels, 28, 28) of one grey level each: number k has the level k / 255."""
    levels = torch.arange(first, first + count) / 255
    return levels[:, None, None, None].expand(count, channels, 28, 28)


def cells(card, side=28, scale=3, gap=4):
    """The cells of a sheet without its labels: (R, C, side, side) in [0, 1].

    The rows and the columns are counted by the frames along the sheet's lower and right edge.
    """
    grey = np.asarray(card)
    length, edge = side * scale + 2, 2 * gap + 1

    def frames(line):
        runs = "".join("x" if level == FRAME else " " for level in line).split()
        return sum(len(run) == length for run in runs)

    down, across = frames(grey[:, -edge]), frames(grey[-edge])
    pitch = length + gap
    top, left = grey.shape[0] - gap - down * pitch, grey.shape[1] - gap - across * pitch
    found = [
        grey[y + 1 : y + length - 1 : scale, x + 1 : x + length - 1 : scale]
        for y in range(top, top + down * pitch, pitch)
        for x in range(left, left + across * pitch, pitch)
    ]
    return torch.from_numpy(np.stack(found)).float().unflatten(0, (down, across)) / 255


def numbers(card, **geometry):
    """The numbers of the pictures in a sheet's cells, row by row."""
    return (cells(card, **geometry)[..., 14, 14] * 255).round().int().tolist()
