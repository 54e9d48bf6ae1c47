"""`python -m scripts.writeup` is `ddpm writeup`."""

from ddpm.commands.program import run
from ddpm.commands.writeup import writeup

if __name__ == "__main__":
    run(writeup)
