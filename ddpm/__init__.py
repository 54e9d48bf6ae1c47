"""ddpm: denoising diffusion on MNIST, small enough to read and complete enough to use.

import ddpm
images = ddpm.load("digits").sample(labels=[3] * 8, seed=0)  # (8, 1, 28, 28)
"""

from ddpm.data import bundled, mnist
from ddpm.diffusion import SAMPLERS, Diffusion, bundled_models, load
from ddpm.illusions import draw_anagram, draw_hybrid
from ddpm.paths import every, strided
from ddpm.recipes import RECIPES, Recipe, recipe
from ddpm.sampling import State, beta_noise, ddim, dpm_solver, heun, posterior, sample
from ddpm.schedule import NoiseSchedule
from ddpm.techniques import add_noise, denoise, inpaint, sdedit

__all__ = [
    "RECIPES",
    "SAMPLERS",
    "Diffusion",
    "NoiseSchedule",
    "Recipe",
    "State",
    "add_noise",
    "beta_noise",
    "bundled",
    "bundled_models",
    "ddim",
    "denoise",
    "dpm_solver",
    "draw_anagram",
    "draw_hybrid",
    "every",
    "heun",
    "inpaint",
    "load",
    "mnist",
    "posterior",
    "recipe",
    "sample",
    "sdedit",
    "strided",
]
