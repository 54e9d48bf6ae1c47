"""The few lines that the pages show, as they are."""

import torch

import ddpm


def check(images, size=28):
    assert images.shape[1:] == (1, size, size)
    assert images.dtype == torch.float32
    assert 0 <= images.min() <= images.max() <= 1


def test_sampling():
    # --8<-- [start:sampling]
    model = ddpm.load("digits")
    eps_fn, schedule = model.unlabelled(2), model.schedule
    x = torch.randn(2, 1, 28, 28)  # x_T: pure noise
    for t in range(schedule.T, 0, -1):
        beta, alpha_bar = float(schedule.beta[t]), float(schedule.alpha_bar[t])
        before = float(schedule.alpha_bar[t - 1])  # 1 at t = 1, so tau is 0 in the last step
        with torch.no_grad():
            eps = eps_fn(x, t)  # the network: all noise in x
        mean = (x - beta / (1 - alpha_bar) ** 0.5 * eps) / (1 - beta) ** 0.5
        tau = (beta * (1 - before) / (1 - alpha_bar)) ** 0.5
        x = mean + tau * torch.randn_like(x)  # x at t - 1
    images = model.to_images(x)  # in [0, 1]
    # --8<-- [end:sampling]
    check(images)


def test_denoise():
    # --8<-- [start:denoise]
    model = ddpm.load("digits")
    image = ddpm.bundled().images[0] / 255  # (28, 28) in [0, 1]
    noisy = ddpm.add_noise(model, image, t=500)
    once = ddpm.denoise(model, noisy, t=500, once=True)
    clean = ddpm.denoise(model, noisy, t=500, sampler="ancestral")
    # --8<-- [end:denoise]
    check(once)
    check(clean)


def test_sdedit():
    # --8<-- [start:sdedit]
    model = ddpm.load("digits")
    image = ddpm.bundled().images[0] / 255  # (28, 28) in [0, 1]
    images = ddpm.sdedit(model, image, strength=0.8, label=3, n=4)
    # --8<-- [end:sdedit]
    check(images)


def test_inpaint():
    # --8<-- [start:inpaint]
    model = ddpm.load("digits")
    image = ddpm.bundled().images[0] / 255  # (28, 28) in [0, 1]
    mask = torch.zeros(28, 28)
    mask[14:] = 1  # the lower half is to be filled in
    images = ddpm.inpaint(model, image, mask, label=5, n=4)
    # --8<-- [end:inpaint]
    check(images)
    assert (images[:, 0, :14] - image[:14]).abs().max() < 1 / 255


def test_anagram():
    # --8<-- [start:anagram]
    model = ddpm.load("digits")
    images = ddpm.draw_anagram(model, [6, 9], ["identity", "rotate_180"], n=4)
    turned = images.flip(2, 3)
    # --8<-- [end:anagram]
    check(images)
    check(turned)


def test_hybrid():
    # --8<-- [start:hybrid]
    model = ddpm.load("digits")
    images = ddpm.draw_hybrid(model, far=3, near=8, n=1)  # (1, 1, 112, 112)
    # --8<-- [end:hybrid]
    check(images, 112)
