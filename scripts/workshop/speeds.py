"""Speeds, each against a rival measured in the same run.

No test depends on these times: the pages show the ratios, with the machine that they come from.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from functools import partial
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset
from torchvision import transforms
from torchvision.datasets import MNIST

from ddpm import training
from ddpm.bundle import bundled_models
from ddpm.checkpoints import Run
from ddpm.data import bundled, data_root, mnist
from ddpm.devices import fast_arithmetic
from ddpm.loading import load
from ddpm.model import Diffusion
from ddpm.noise import Noise
from ddpm.recipes import DIGITS, recipe
from ddpm.sampling import posterior, sample
from ddpm.timesteps import strided
from ddpm.training import train
from scripts.workshop.formulas import TRAIN
from scripts.workshop.judge import natural_labels, verdict
from scripts.workshop.records import read_json
from scripts.workshop.rival import reaches
from scripts.workshop.timing import paired, seconds, synchronize


def source_way(name: str, device: torch.device, steps: int) -> float:
    """Images per second of the source course's way, over `steps` steps after a first one.

    torchvision's data set with per-image transforms through a DataLoader, float32, the plain
    memory layout, Adam as it comes; the network is ours.
    """
    chosen = recipe(name)
    scaling = chosen.scaling
    steps_of_transform = [
        transforms.ToTensor(),
        transforms.Pad((scaling.size - 28) // 2),
        transforms.Normalize(scaling.mean, scaling.std),
    ]
    dataset = MNIST(data_root(), train=True, transform=transforms.Compose(steps_of_transform))
    batch = chosen.training.batch
    count = (steps + 1) * batch
    loader = DataLoader(Subset(dataset, range(count)), batch, shuffle=True)
    network = chosen.make_network().to(device)
    optimizer = torch.optim.Adam(network.parameters(), chosen.training.rate)
    alpha_bar = chosen.make_schedule().alpha_bar.float().to(device)
    started = 0.0
    for step, (images, labels) in enumerate(loader):
        if step == 1:
            synchronize(device)
            started = time.perf_counter()
        x0, labels = images.to(device), labels.to(device)
        t = torch.randint(1, chosen.T + 1, (len(x0),), device=device)
        eps = torch.randn_like(x0)
        kept = alpha_bar[t][:, None, None, None]
        x_t = kept.sqrt() * x0 + (1 - kept).sqrt() * eps
        estimate = chosen.ask(network, x_t, t, labels)
        error = F.mse_loss(estimate, eps)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        error.item()
    synchronize(device)
    return steps * batch / (time.perf_counter() - started)


def our_way(name: str, device: torch.device, steps: int) -> float:
    """Images per second of `ddpm.training.train`, over `steps` steps after a first epoch of one.

    The statistics for BatchNorm are computed once an epoch. They are timed over one of their
    batches and counted with their share of an epoch of MNIST.
    """
    digits = mnist("train")
    state = Run.start(recipe(name), device)
    batch = state.recipe.training.batch
    nothing = bundled()[:1]
    with mock.patch.object(training, "STATISTICS_BATCHES", 1):
        for _ in train(state, digits[:batch], nothing, epochs=1):
            pass
        state.plan = None  # the rate has no effect on the speed
        *_, last = train(state, digits[: steps * batch], nothing, epochs=2)
    per_step = batch / last.images_per_second
    statistics = training.STATISTICS_BATCHES * (state.log[-1]["seconds"] - steps * per_step)
    return batch / (per_step + statistics / (len(digits) // batch))


def bare_calls(model: Diffusion, x: Tensor, path: tuple[int, ...], labels: Tensor | None) -> None:
    """The network calls of a path, with nothing around them."""
    with torch.no_grad():
        for t in path[:-1]:
            times = torch.full((len(x),), t, device=x.device)
            model.recipe.ask(model.network, x, times, labels)


def whole_loop(model: Diffusion, x: Tensor, path: tuple[int, ...], labels: Tensor | None) -> None:
    """The same calls within the sampling loop, seeded noise included."""
    noise = Noise(range(len(x)), x.shape[1:], x.device)
    for _ in sample(model.eps_fn(labels), x, path, model.schedule, posterior, noise=noise):
        pass


def training_speeds(device: torch.device, pairs: int) -> dict[str, Any]:
    """Images per second of the bundled models' recipes but students, ours and the source's way."""
    speeds = {}
    for name in (name for name in bundled_models() if not recipe(name).distillation):
        # Networks differ in cost by a factor of a hundred: take the steps that fit ten seconds.
        per_step = recipe(name).training.batch / our_way(name, device, 1)
        steps = max(1, round(10 / per_step))
        pair = paired(
            partial(our_way, name, device, steps), partial(source_way, name, device, steps), pairs
        )
        speeds[name] = pair | {"steps": steps, "hours": whole_training(name, pair["ours"])}
        print(
            f"training {name}: {speeds[name]['ours']:.0f} images/s, the source's way"
            f" {speeds[name]['theirs']:.0f}, ratio {speeds[name]['ratio']:.2f}"
        )
    return speeds


def whole_training(name: str, images_per_second: float) -> float:
    """Hours of all epochs of a recipe at a speed."""
    return recipe(name).training.epochs * TRAIN / images_per_second / 3600


def loop_overhead(device: torch.device, name: str = "attention-class", pairs: int = 15) -> Any:
    """The sampling loop over its bare network calls."""
    model, n = load(name, device), 64
    size = model.recipe.scaling.size
    x, path = Noise(range(n), (1, size, size), device)(), strided(model.recipe.T, 20)
    labels = (torch.arange(n) % 10).to(device)
    bare_calls(model, x, path, labels)
    loop = paired(
        lambda: seconds(lambda: whole_loop(model, x, path, labels), device),
        lambda: seconds(lambda: bare_calls(model, x, path, labels), device),
        pairs,
    )
    print(f"the sampling loop over its bare network calls: {loop['ratio']:.3f}")
    return {"model": name, "images": n, **loop, "overhead": loop["ratio"]}


def time_to_quality(device: torch.device) -> dict[str, Any]:
    """How soon the flagship's samples are as good as those of the trained `attention-class`.

    The goal is what `evaluate quality` measured of `attention-class` with its own 1000 steps.
    Both times are those of the epochs at the speeds of the bench `training`: ours for the
    flagship, the source's way for its network.
    """
    rival = recipe("attention-class")
    goal, speeds = read_json("quality")["models"][rival.name], read_json("bench")["training"]
    digits = mnist("train")
    asked, state = natural_labels(), Run.start(DIGITS, device)
    reached: dict[str, float] = {}
    for progress in train(state, digits, bundled()[:500]):
        if progress.entry is None:
            continue
        images = Diffusion(DIGITS, copy.deepcopy(state.averaged), device).sample(labels=asked)
        reached = verdict(images, asked)
        print(f"epoch {state.epoch}: {reached}")
        if reaches(reached, goal):
            break
    return {
        "recipe": DIGITS.name,
        "rival": rival.name,
        "goal": {key: goal[key] for key in ("accuracy", "fid", "count")},
        "reached": reached,
        "epochs": state.epoch,
        **seconds_of(state.epoch, rival.training.epochs, len(digits), speeds),
    }


def seconds_of(
    epochs: int, theirs: int, images: int, speeds: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """Seconds of epochs of the flagship, and of the rival in the source's way; their ratio."""
    seconds = {
        "ours": epochs * images / speeds["digits"]["ours"],
        "theirs": theirs * images / speeds["attention-class"]["theirs"],
    }
    return {**seconds, "ratio": seconds["ours"] / seconds["theirs"]}


def digits_per_second(device: torch.device, pairs: int, count: int = 250) -> dict[str, Any]:
    """Digits a second by the flagship, at the quality of `attention-class` in two of its settings.

    The settings are those of the record `rival`: the flagship's fewest calls that reach the goal,
    the rival's fewest calls that are as good as all of its calls, and all. The time of all calls is
    computed from that of the fewest. The two models take turns, in the device's fast arithmetic.
    """
    found, asked = read_json("rival"), torch.arange(count) % 10
    settings = {"ours": found["reached"], "theirs": found["fewest"]}

    def draw(which: str) -> None:
        model, row = load(settings[which]["model"], device), settings[which]
        how = {key: row[key] for key in ("sampler", "steps", "guidance")}
        with fast_arithmetic(device):
            model.sample(labels=asked, **how)

    draw("ours")
    draw("theirs")
    timed = paired(
        partial(seconds, partial(draw, "ours"), device),
        partial(seconds, partial(draw, "theirs"), device),
        pairs,
    )
    more = found["goal"]["steps"] / found["fewest"]["steps"]
    speeds = {
        "ours": count / timed["ours"],
        "fewest": count / timed["theirs"],
        "own": count / timed["theirs"] / more,
        "ratio_fewest": 1 / timed["ratio"],
        "ratio_own": more / timed["ratio"],
    }
    print(
        f"{speeds['ours']:.1f} digits a second with {settings['ours']['steps']} calls,"
        f" {speeds['fewest']:.2f} with the rival's {settings['theirs']['steps']}"
    )
    return {**speeds, "images": count, "pairs": pairs}
