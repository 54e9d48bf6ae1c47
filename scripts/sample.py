"""`python -m scripts.sample` is `ddpm sample`."""

from ddpm.commands.sample import sample
from ddpm.commands.shared import run

if __name__ == "__main__":
    run(sample)
