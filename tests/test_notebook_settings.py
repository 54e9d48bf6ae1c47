"""Importing the package, and making sheets of images, leaves a notebook's plots as they were."""

import subprocess
import sys

SETTINGS = """
import matplotlib
import torch
before = dict(matplotlib.rcParams)  # with the backend, which this decides on
import ddpm
from ddpm import checks, viz
viz.sheet(torch.zeros(1, 2, 28, 28), columns=["1", "2"])
assert before == dict(matplotlib.rcParams)
"""


def test_neither_the_backend_nor_the_style_is_changed():
    done = subprocess.run([sys.executable, "-c", SETTINGS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
