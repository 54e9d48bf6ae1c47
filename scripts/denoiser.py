"""Removes noise from digits in one step: `python -m scripts.denoiser --out clean.png`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ddpm.commands.program import run
from ddpm.commands.shared import check_out, check_sampling


def denoiser(
    sigma: float = 0.5,
    digits: str = "0123456789",
    seed: int = 0,
    model: str = "denoiser",
    device: str | None = None,
    force: bool = False,
    out: Path = Path("denoised.png"),
) -> None:
    """Adds noise to held-out digits and removes it again in one step.

    Args:
        sigma: how much noise; the model was trained with 0.5.
        digits: which to take, such as 0123456789.
        seed: of the noise.
        model: a bundled model that was trained as a denoiser, or the path of a weights file.
        device: cpu, cuda, mps ...; a GPU or another accelerator by default if there is one, else
            the CPU.
        force: overwrite a file even if this program did not make it.
        out: .png for a sheet of noisy and denoised digits, .npz for the denoised ones.
    """
    check_out(out, (".png", ".npz"), force=force)
    if not 0 <= sigma <= 100:
        raise ValueError(f"--sigma must be within 0..100, not {sigma}")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"--digits takes digits, such as 0123456789, not '{digits}'")
    known = check_sampling(model, seed=seed)
    if known.T != 1:
        raise ValueError(f"'{model}' is no denoiser: it has {known.T} times, not one")

    import torch  # here and below: what help and the errors above do not need

    from ddpm import viz
    from ddpm.classifiers import SHAPE
    from ddpm.commands.pictures import write_images
    from ddpm.denoiser import add_noise, denoise, held_out
    from ddpm.loading import load
    from ddpm.techniques.shared import by

    trained = load(model, device)
    if trained.recipe.scaling.image_shape != SHAPE:
        made = by(trained.recipe.scaling.image_shape)
        raise ValueError(f"'{model}' makes images of {made}: this script takes a model of digits")
    chosen = [int(digit) for digit in digits]
    noisy = add_noise(held_out()[chosen], sigma, seed)
    clean = denoise(trained, noisy)
    rows = torch.stack([noisy.clamp(0, 1), clean])[:, :, 0]
    sheet = partial(viz.sheet, rows, rows=["noisy", "denoised"], columns=list(digits))
    write_images(out, clean, torch.tensor(chosen), sheet)
    print(f"{out}: {len(chosen)} digits with noise of sigma {sigma}")


if __name__ == "__main__":
    run(denoiser)
