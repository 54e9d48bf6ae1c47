"""`python -m scripts.sample` is `ddpm sample`."""

from ddpm.commands.program import run
from ddpm.commands.sample import sample

if __name__ == "__main__":
    run(sample)
