"""Counts the tries of the tests for the page on reproducing: `python -m scripts.trials`."""

from ddpm.commands.program import run
from scripts.workshop.trials import trials

if __name__ == "__main__":
    run(trials)
