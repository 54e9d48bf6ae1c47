"""`python -m scripts.inpaint` is `ddpm inpaint`."""

from ddpm.commands.inpaint import inpaint
from ddpm.commands.program import run

if __name__ == "__main__":
    run(inpaint)
