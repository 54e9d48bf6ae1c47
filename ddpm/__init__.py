"""ddpm: denoising diffusion on MNIST, small enough to read and complete enough to use.

import ddpm
images = ddpm.load("digits").sample(labels=[3] * 8, seed=0)  # (8, 1, 28, 28)

Each name is imported when it is first used, so `import ddpm` does not wait for torch.
"""

from importlib import import_module, util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ddpm.bundle import bundled_models
    from ddpm.data import bundled, mnist
    from ddpm.loading import load
    from ddpm.model import Diffusion
    from ddpm.recipes import RECIPES, Recipe, recipe
    from ddpm.sampling import (
        SAMPLERS,
        State,
        beta_noise,
        ddim,
        dpm_solver,
        heun,
        posterior,
        sample,
    )
    from ddpm.schedule import NoiseSchedule
    from ddpm.techniques.anagrams import draw_anagram
    from ddpm.techniques.denoising import add_noise, denoise
    from ddpm.techniques.hybrids import draw_hybrid
    from ddpm.techniques.inpainting import inpaint
    from ddpm.techniques.sdedit import sdedit
    from ddpm.text_to_image import TextToImage
    from ddpm.timesteps import every, strided
    from ddpm.variance import learned
else:

    def __getattr__(name: str):
        """A name of `__all__`, or a module of the package, at its first use (PEP 562)."""
        if name in _MODULES:
            value = getattr(import_module(_MODULES[name]), name)
            globals()[name] = value
            return value
        if not name.startswith("_") and util.find_spec(f"{__name__}.{name}"):
            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


__all__ = [
    "RECIPES",
    "SAMPLERS",
    "Diffusion",
    "NoiseSchedule",
    "Recipe",
    "State",
    "TextToImage",
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
    "learned",
    "load",
    "mnist",
    "posterior",
    "recipe",
    "sample",
    "sdedit",
    "strided",
]

_NAMES = {
    "ddpm.bundle": "bundled_models",
    "ddpm.data": "bundled mnist",
    "ddpm.loading": "load",
    "ddpm.model": "Diffusion",
    "ddpm.recipes": "RECIPES Recipe recipe",
    "ddpm.sampling": "SAMPLERS State beta_noise ddim dpm_solver heun posterior sample",
    "ddpm.schedule": "NoiseSchedule",
    "ddpm.techniques.anagrams": "draw_anagram",
    "ddpm.techniques.denoising": "add_noise denoise",
    "ddpm.techniques.hybrids": "draw_hybrid",
    "ddpm.techniques.inpainting": "inpaint",
    "ddpm.techniques.sdedit": "sdedit",
    "ddpm.text_to_image": "TextToImage",
    "ddpm.timesteps": "every strided",
    "ddpm.variance": "learned",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
