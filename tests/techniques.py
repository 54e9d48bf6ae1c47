"""What the tests of the techniques share."""

import numpy as np
import torch

from ddpm.sampling import sample, step_rule
from ddpm.schedule import NoiseSchedule
from ddpm.timesteps import strided

QUICK = ["--each", 2, "--steps", 3, "--seed", 1]
IMAGE = torch.rand(28, 28, generator=torch.Generator().manual_seed(0))
SCHEDULE = NoiseSchedule.cosine(1000)


def arrays(path):
    """What a command wrote to a `.npz`: images and labels."""
    with np.load(path, allow_pickle=False) as content:
        return torch.from_numpy(content["images"]), content["labels"].tolist()


def same(a, b):
    """Whether images are equal, and are so in grey values that were not cut off."""
    assert a.shape == b.shape
    assert ((a > 0) & (a < 1)).float().mean() > 0.3
    return bool((a - b).abs().max() < 1e-5)


def only(image):
    """The best noise estimate if `image` is the only one there is."""
    return lambda x, t: SCHEDULE.eps_from_x0(x, t, image.expand_as(x))


def end(eps_fn, sampler="ddim", size=28, steps=12):
    """Where a sampler ends from two fixed noises."""
    torch.manual_seed(0)
    x = torch.randn(2, 1, size, size, dtype=torch.float64)
    *_, last = sample(eps_fn, x, strided(1000, steps), SCHEDULE, step_rule(sampler))
    return last.x
