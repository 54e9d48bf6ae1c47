"""Puts a trained model among the package's own: `python -m scripts.bundle RECIPE`."""

from __future__ import annotations

from pathlib import Path

from ddpm.commands.program import run
from ddpm.files import write_json
from ddpm.images import read_pictures, write_pictures
from ddpm.loading import WEIGHTS, load
from scripts.workshop.records import RESULTS, ROOT, read_log, results_file

BOTH_SETS = 900_000
"""For networks with more parameters than this, only the better set of weights is bundled."""


def bundle(recipe: str, /, runs: Path = Path("runs")) -> None:
    """Copies a trained model's weights into the package and its log among the site's results.

    Args:
        recipe: its name; `RECIPE.safetensors` and `RECIPE.json` are what `train` wrote.
        runs: the folder they are in.
    """
    trained = runs / f"{recipe}.safetensors"
    model, log = load(trained, "cpu"), read_log(trained.with_suffix(".json"))
    others = {}
    if log["parameters"] <= BOTH_SETS:
        other = next(name for name in WEIGHTS if name != model.recipe.weights)
        others = {other: load(trained, "cpu", other).network}
    bundled_file = ROOT / "ddpm" / "weights" / f"{model.recipe.name}.safetensors"
    model.save(bundled_file, others)
    write_json(RESULTS / "training" / f"{model.recipe.name}.json", log)
    if model.recipe.training.show:
        pictures = read_pictures(trained.with_suffix(".npz"))
        write_pictures(results_file(f"training/{model.recipe.name}.npz"), pictures)
    print(
        f"{bundled_file}: the {'two sets' if others else model.recipe.weights + ' set'} of weights"
    )


if __name__ == "__main__":
    run(bundle)
