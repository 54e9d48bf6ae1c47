"""Writes down every command's options for the page on reuse: `python -m scripts.options`."""

from ddpm.commands.program import run
from scripts.workshop.options import options

if __name__ == "__main__":
    run(options)
