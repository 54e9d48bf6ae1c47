"""ddpm: denoising diffusion on MNIST, small enough to read and complete enough to use.

import ddpm
images = ddpm.load("digits").sample(labels=[3] * 8, seed=0)  # (8, 1, 28, 28)
"""

from ddpm.data import bundled, mnist
from ddpm.loading import bundled_models, load
from ddpm.model import Diffusion
from ddpm.recipes import RECIPES, Recipe, recipe
from ddpm.sampling import SAMPLERS, State, beta_noise, ddim, dpm_solver, heun, posterior, sample
from ddpm.schedule import NoiseSchedule
from ddpm.techniques.anagrams import draw_anagram
from ddpm.techniques.denoising import add_noise, denoise
from ddpm.techniques.hybrids import draw_hybrid
from ddpm.techniques.inpainting import inpaint
from ddpm.techniques.sdedit import sdedit
from ddpm.timesteps import every, strided

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
