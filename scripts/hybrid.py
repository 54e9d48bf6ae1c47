"""`python -m scripts.hybrid` is `ddpm hybrid`."""

from ddpm.commands.hybrid import hybrid
from ddpm.commands.program import run

if __name__ == "__main__":
    run(hybrid)
