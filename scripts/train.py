"""`python -m scripts.train` is `ddpm train`."""

from ddpm.commands.program import run
from ddpm.commands.train import train_recipe

if __name__ == "__main__":
    run(train_recipe)
