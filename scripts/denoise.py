"""`python -m scripts.denoise` is `ddpm denoise`."""

from ddpm.commands.denoise import denoise
from ddpm.commands.program import run

if __name__ == "__main__":
    run(denoise)
