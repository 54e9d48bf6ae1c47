"""`python -m scripts.anagram` is `ddpm anagram`."""

from ddpm.commands.anagram import anagram
from ddpm.commands.program import run

if __name__ == "__main__":
    run(anagram)
