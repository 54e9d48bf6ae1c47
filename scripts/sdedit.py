"""`python -m scripts.sdedit` is `ddpm sdedit`."""

from ddpm.commands.program import run
from ddpm.commands.sdedit import sdedit

if __name__ == "__main__":
    run(sdedit)
