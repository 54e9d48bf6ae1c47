"""The denoiser for one level of noise: its command, and what its page makes of it."""

import numpy as np
import torch

from ddpm.denoiser import add_noise, held_out
from ddpm.metrics import psnr


def test_the_denoiser_takes_noise_off(call, tmp_path):
    out = tmp_path / "x.npz"
    code, text, _ = call("denoiser", "--digits", "37", "--sigma", "0.5", "--out", out)
    assert code == 0
    assert "2 digits" in text
    clean = held_out()[[3, 7]]
    with np.load(out, allow_pickle=False) as arrays:
        denoised = torch.from_numpy(arrays["images"])[:, None]
    noisy = add_noise(clean, 0.5).clamp(0, 1)
    assert (psnr(denoised, clean) > psnr(noisy, clean) + 5).all()
