"""`python -m scripts.models` is `ddpm models`."""

from ddpm.commands.models import models
from ddpm.commands.program import run

if __name__ == "__main__":
    run(models)
