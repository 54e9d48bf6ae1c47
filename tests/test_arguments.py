"""The library, called wrongly: it names the argument, what was given and what is allowed.

And the defaults of torch that a program may have set: they change no picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import ddpm
from ddpm import arguments, denoiser, viz
from ddpm.baselines import blurred
from ddpm.data import held_out
from ddpm.devices import as_device
from ddpm.drawings import drawing
from ddpm.finite import watched
from ddpm.guidance import as_eps, guided
from ddpm.histories import pick_frames, sample_history
from ddpm.masks import freehand, named_masks
from ddpm.metrics import diversity, fid, nearest, precision_recall, psnr
from ddpm.model import Diffusion
from ddpm.noise import Noise, image_seeds
from ddpm.recipes import DIGITS
from ddpm.sampling import State
from ddpm.schedule import NoiseSchedule
from ddpm.techniques.hybrids import gaussian
from ddpm.techniques.views import patches, view
from ddpm.timesteps import from_time, quadratic, resampled, uniform

NAN, INF = float("nan"), float("inf")
IMAGE = torch.zeros(28, 28)
IMAGES = torch.zeros(2, 1, 28, 28)
MASK = torch.ones(28, 28)
LINEAR = NoiseSchedule.linear(100)

Call = Callable[[Diffusion], Any]


def table(call: Callable[..., Any], name: str, *values: Any) -> dict[str, tuple[Call, str]]:
    """A row for each value, with which `call(model, value)` is wrong: it must say `name`."""
    where = getattr(call, "__name__", "")
    return {
        f"{where} {name} {i} {called(value)}": (lambda m, v=value: call(m, v), name)
        for i, value in enumerate(values)
    }


def called(value: Any) -> str:
    """A name for a value that is the same in every process that runs these tests."""
    return "a function" if callable(value) else arguments.shown(value)


def sample(**options: Any) -> Callable[[Diffusion, Any], Any]:
    """A call of `model.sample` in which the argument None is the value to try."""

    def sampled(model: Diffusion, value: Any) -> Any:
        given = {key: value if v is Ellipsis else v for key, v in options.items()}
        return model.sample(**{"steps": 1, **given})

    return sampled


def sdedit(**options: Any) -> Callable[[Diffusion, Any], Any]:
    """The same for `sdedit`."""

    def edited(model: Diffusion, value: Any) -> Any:
        given = {key: value if v is Ellipsis else v for key, v in options.items()}
        return ddpm.sdedit(model, **{"image": IMAGE, "strength": 0.5, "label": 3, **given})

    return edited


WRONG: dict[str, tuple[Call, str]] = {
    **table(
        sample(labels=...),
        "labels",
        3,
        3.0,
        np.int64(3),
        "3",
        b"3",
        True,
        {3},
        {"a": 3},
        [],
        (),
        [3.7],
        [3.0],
        ["3"],
        [None],
        [3, None],
        [True],
        [[3, 4]],
        [10],
        [-1],
        np.array(3),
        np.array([3.5]),
        np.array([[1, 2]]),
        np.array(["3"]),
        np.array([None]),
        np.array([], np.int64),
        torch.tensor(3),
        torch.tensor([3.0]),
        torch.tensor([[1, 2]]),
        torch.tensor([True]),
        torch.tensor([10]),
        torch.tensor([], dtype=torch.int64),
        torch.tensor([3], device="meta"),
    ),
    **table(sample(n=...), "n", 0, -1, 2.0, 2.5, True, "2", [2], np.float64(2), 10**9, 10**30),
    **table(sample(n=..., labels=[3]), "labels", 2),
    **table(
        sample(labels=[3], path=...),
        "path",
        [],
        (),
        5,
        "50",
        [50, -1, 0],
        [50.0, 0.0],
        [50, 0.5, 0],
        [50, 20],
        [101, 0],
        [50, 50, 0],
        [0, 50, 0],
        [50, None, 0],
        torch.tensor([[50, 0]]),
        torch.tensor([50.0, 0.0]),
    ),
    **table(sample(labels=[3], steps=...), "steps", 0, -1, 101, 2.0, 2.5, "2", True, NAN, [2]),
    **table(sample(labels=[3], seed=...), "seed", -1, 4294, 1.5, 1.0, "1", None, True, [1], 2**70),
    **table(sample(labels=[3], first=...), "first", -1, 10**6, 1.0, "1", None, 2**70),
    **table(sample(labels=[3], batch=...), "batch", 0, -1, 2.0, "2", None, True),
    **table(sample(labels=[3], guidance=...), "guidance", NAN, INF, -INF, "2", [2], True, 10**400),
    **table(sample(labels=[3], sampler=...), "sampler", "euler", "", 3, ["ddim"], b"ddim"),
    **table(sample(labels=[3], spacing=...), "spacing", "even", "", 3, None, ["trailing"]),
    **table(sample(labels=[3], size=...), "size", 0, -28, 2.5, "28", 29, True),
    **table(sample(labels=[3], project=...), "project", 3, None, "x"),
    **table(sample(n=1, eps_fn=...), "eps_fn", 3, "x", lambda x, t: None, lambda x, t: x[:, :, :3]),
    **table(
        sample(x=...),
        "x",
        5,
        "x",
        IMAGE,
        torch.zeros(0, 1, 28, 28),
        torch.full((1, 1, 28, 28), NAN),
        torch.full((1, 1, 28, 28), INF),
        IMAGES.to("meta"),
        IMAGES.to(torch.complex64),
        [[1], [1, 2]],
    ),
    **table(sample(labels=[3], x=...), "x", torch.zeros(1, 1, 27, 28), torch.zeros(1, 3, 28, 28)),
    **table(
        sdedit(image=...),
        "image",
        None,
        3,
        "me.png",
        {},
        [],
        [[0.0], [0.0, 1.0]],
        [["a"]],
        np.zeros(28),
        np.zeros((28, 27)),
        np.zeros((28, 28, 3)),
        np.zeros((28, 28), complex),
        np.full((28, 28), None),
        torch.zeros(0, 1, 28, 28),
        torch.zeros(2, 2),
        IMAGE + 255,
        IMAGE - 1,
        np.full((28, 28), 255, np.uint8),
        torch.full((28, 28), NAN),
        torch.full((28, 28), INF),
        torch.zeros(28, 28, device="meta"),
        torch.zeros(28, 28).to_sparse(),
    ),
    **table(sdedit(strength=...), "strength", NAN, INF, -0.1, 1.1, "0.5", None, [0.5], True),
    **table(sdedit(label=...), "label", 3.7, "3", True, [3.7], [None], 10, -1, [1, 2], {}, b"3"),
    **table(sdedit(n=...), "n", 0, -1, 1.0, "1", None, True, 10**9),
    **table(sdedit(image=IMAGES, n=...), "n", 2),
    **table(sdedit(steps=...), "steps", 0, 101, 2.5, "2"),
    **table(sdedit(seed=...), "seed", -1, 5000, 1.5, "1", True),
    **table(sdedit(batch=...), "batch", 0, 1.5, "1"),
    **table(sdedit(repeats=...), "repeats", 0, 1.5, 10**9),
    **table(sdedit(jump=...), "jump", 0, -1, 1.5),
    **table(sdedit(clip=...), "clip", 1, "yes", [True]),
    **table(sample(labels=[3], clip=...), "clip", 1, "yes", None),
    **table(sdedit(guidance=...), "guidance", NAN, INF, "1"),
    **table(sdedit(label=None, guidance=...), "guidance", NAN),
    **table(sdedit(how=...), "how", 1),
    **table(
        lambda m, mask: ddpm.inpaint(m, IMAGE, mask, 3),
        "mask",
        None,
        3,
        "top",
        [],
        MASK[1:],
        MASK / 2,
        MASK * 255,
        MASK * NAN,
        torch.ones(0, 28, 28),
        torch.ones(2, 28, 28),
    ),
    **table(
        lambda m, mask: ddpm.inpaint(m, IMAGES.repeat(2, 1, 1, 1), mask, 3),
        "mask",
        torch.ones(3, 28, 28),
    ),
    **table(lambda m, t: ddpm.add_noise(m, IMAGE, t), "t", -1, 101, 2.5, 50.0, "50", None, True),
    **table(lambda m, t: ddpm.denoise(m, IMAGES, t), "t", -1, 101, 2.5, 50.0, "50", None, True),
    **table(lambda m, x: ddpm.denoise(m, x, 50), "noisy", None, "x", IMAGE, IMAGES * NAN, {}),
    **table(lambda m, x: ddpm.denoise(m, x, 50), "x", torch.zeros(2, 3, 28, 28)),
    **table(lambda m, v: ddpm.draw_anagram(m, [6, 9], v), "view", "flip", 3, None, [], ["a"]),
    **table(lambda m, v: ddpm.draw_anagram(m, [6, 9], v), "view", ["identity", 3]),
    **table(lambda m, y: ddpm.draw_anagram(m, y), "label", 6, "69", None, [6], [6, 9.5], [6, 10]),
    **table(lambda m, n: ddpm.draw_anagram(m, [6, 9], n=n), "n", 0, 1.5, "1", None, True),
    **table(lambda m, y: ddpm.draw_hybrid(m, y, 8), "label", 3.5, "3", 10, [1, 2]),
    **table(lambda m, a: ddpm.draw_hybrid(m, 3, 8, across=a), "across", 0, 9, 2.5, "4", None),
    **table(lambda m, c: ddpm.draw_hybrid(m, 3, 8, contrast=c), "contrast", 0, 2, NAN, INF, "1"),
    **table(lambda m, s: ddpm.draw_hybrid(m, 3, 8, shares=s), "shares", 1, (1,), (1, 2), (NAN, 1)),
    **table(lambda m, n: ddpm.draw_hybrid(m, 3, 8, n=n), "n", 0, 1.5, "1", None),
    **table(lambda m, model: ddpm.sdedit(model, IMAGE, 0.5), "model", "digits", None, DIGITS),
    **table(lambda m, model: ddpm.inpaint(model, IMAGE, MASK), "model", "digits"),
    **table(lambda m, model: ddpm.denoise(model, IMAGES, 5), "model", "digits"),
    **table(lambda m, model: ddpm.draw_hybrid(model, 3, 8), "model", "digits"),
    **table(lambda m, model: ddpm.draw_anagram(model, [3, 8]), "model", "digits"),
    **table(
        lambda m, t: m.schedule.add_noise(IMAGES, t, IMAGES),
        "t",
        -1,
        101,
        2.5,
        "5",
        None,
        torch.tensor([1.5, 2]),
        torch.tensor([1, 101]),
        torch.tensor([-1, 1]),
        torch.tensor([1, 2, 3]),
        torch.tensor([[1, 2]]),
        torch.tensor(2.5),
    ),
    **table(lambda m, x: m.schedule.add_noise(x, 5, IMAGES), "x0", None, 3, [[0.5]]),
    **table(lambda m, z: m.schedule.add_noise(IMAGES, 5, z), "eps", None, 0.5, IMAGE),
    **table(lambda m, t: LINEAR.renoise(IMAGES, 5, t, IMAGES), "t", 101, 5.5, None),
    **table(lambda m, s: LINEAR.renoise(IMAGES, s, 5, IMAGES), "s", -1, 6, 2.5, None),
    **table(lambda m, t: LINEAR.coefficients(t), "t", 0, 101, 1.5, "5", True),
    **table(lambda m, T: NoiseSchedule.linear(T), "T", 0, -1, 1.5, "5", None, 10**12),
    **table(lambda m, T: NoiseSchedule.cosine(T), "T", 0, -1, 1.5, "5", None, 10**12),
    **table(lambda m, b: NoiseSchedule.linear(9, b), "start", NAN, "1", None),
    **table(
        lambda m, b: NoiseSchedule.from_betas(b),
        "beta",
        None,
        0.5,
        [],
        [0.5, 1.0],
        ["a"],
        [NAN],
        torch.ones(2, 2),
    ),
    **table(lambda m, T: ddpm.every(T), "T", 0, -5, 2.5, "5", None),
    **table(lambda m, n: ddpm.strided(10, n), "steps", 0, 11, 2.5, "5", None, True),
    **table(lambda m, n: uniform(10, n), "steps", 0, 2.5),
    **table(lambda m, n: quadratic(10, n), "steps", 0, 2.5),
    **table(lambda m, t: from_time((9, 5, 0), t), "t", 10, -1, 2.5, None),
    **table(lambda m, p: from_time(p, 1), "path", (), 5, None, (9.5, 0)),
    **table(lambda m, n: resampled((9, 5, 0), n, 2), "jump", 0, 1.5, None),
    **table(lambda m, n: resampled((9, 5, 0), 1, n), "repeats", 0, 1.5, None, 10**9),
    **table(lambda m, n: image_seeds(n), "count", -1, 1.5, None),
    **table(lambda m, s: Noise([s], (1, 2, 2)), "seeds", -1, 2**32, 1.5, None, "1"),
    **table(lambda m, s: Noise([1], s), "shape", (1, 0, 2), (1, 2.5, 2)),
    **table(lambda m, y: held_out(y), "label", 10, -1, 1.5, "3"),
    **table(lambda m, k: held_out(3, k), "number", 500, -1, 1.5),
    **table(lambda m, split: ddpm.mnist(split), "split", "valid", None, 3),
    **table(lambda m, n: drawing("house", n), "size", 0, -1, 2.5, "28", 10**6),
    **table(lambda m, n: named_masks(n), "size", 0, 2, 2.5, "28"),
    **table(lambda m, n: freehand(n), "size", 0, 2, 2.5),
    **table(lambda m, n: DIGITS.for_images(n), "size", 0, -4, 28.0, "28"),
    **table(lambda m, n: DIGITS.for_images(28, n), "channels", 0, 1.0, "1"),
    **table(lambda m, name: ddpm.recipe(name), "recipe", "foo", None, 3, ["digits"]),
    **table(lambda m, r: Diffusion(r), "recipe", "digits", None),
    **table(lambda m, d: Diffusion(DIGITS, device=d), "device", "foo", "cuda:99", 1.5),
    **table(
        lambda m, name: ddpm.load(name), "model", "foo", "", "a" * 300, "a\0b", "a\x1b[2J", None, 3
    ),
    **table(lambda m, d: ddpm.load("digits", d), "device", "foo", "", "meta", "cpu:x", 1.5, []),
    **table(lambda m, w: ddpm.load("digits", "cpu", w), "weights", "best", 3),
    **table(lambda m, d: as_device(d), "device", "mps:9", "cuda:99", "meta", "xpu:9", "vulkan"),
    **table(lambda m, s: gaussian(s), "sigma", -1, NAN, INF, "1", None),
    **table(lambda m, k: patches(k), "seed", -1, 1.5, "1"),
    **table(lambda m, k: patches(0, k), "across", 0, 1.5),
    **table(lambda m, name: view(name), "view", "foo", None, 3, ["a"]),
    **table(lambda m, s: guided(m.network, torch.tensor([1]), 10, s), "scale", NAN, "1", None),
    **table(lambda m, p: as_eps(m.network, p, LINEAR), "predicts", "x", None, []),
    **table(lambda m, x: psnr(x, IMAGES), "images", None, 3, IMAGE, [[1], [1, 2]], IMAGES[:0]),
    **table(lambda m, x: psnr(IMAGES, x), "reference", IMAGE, IMAGES[..., 1:], IMAGES[:0]),
    **table(lambda m, x: fid(IMAGES, x, m.network), "reference", None, IMAGE),
    **table(lambda m, x: precision_recall(x, IMAGES, m.network), "images", None, IMAGE),
    **table(lambda m, y: diversity(IMAGES, y, m.network), "labels", 3, None, [1], [1.5, 2]),
    **table(lambda m, x: nearest(IMAGES, x), "training", None, IMAGE, IMAGES[..., 1:]),
    **table(lambda m, x: viz.sheet(x), "images", None, 3, "x", torch.zeros(0, 2, 3, 3).tolist()),
    **table(lambda m, s: viz.sheet(IMAGES, scale=s), "scale", 0, 1.5, "3", None),
    **table(lambda m, s: viz.sheet(IMAGES, gap=s), "gap", -1, 1.5),
    **table(lambda m, s: viz.sheet(IMAGES, rows=s), "rows", "ab", 3, ["1", "2", "3"]),
    **table(lambda m, x: viz.as_grid(x), "images", None, IMAGE, IMAGES[:0]),
    **table(lambda m, n: viz.as_grid(IMAGES, n), "columns", 0, -1, 1.5, "2"),
    **table(lambda m, n: viz.scale_for(n), "side", 0, 1.5),
    **table(lambda m, f: viz.write_gif(f, "/nowhere/a.gif"), "frames", []),
    **table(lambda m, p: pick_frames(p), "path", (), 5, None),
    **table(lambda m, n: pick_frames((5, 0), n), "count", 0, 1.5),
    **table(lambda m, n: sample_history(m, [3], n, 1, None, 0), "each", 0, 1.5, None, 10**9),
    **table(lambda m, n: sample_history(m, [3], 1, n, None, 0), "steps", 0, 1.5, None, 101),
    **table(lambda m, y: sample_history(m, y, 1, 1, None, 0), "labels", 3, [3.7], "3", [10]),
    **table(lambda m, s: denoiser.add_noise(IMAGES, s), "sigma", -1, NAN, "1"),
    **table(lambda m, s: denoiser.add_noise(IMAGES, 1, s), "seed", -1, 5000, 1.5),
    **table(lambda m, x: denoiser.denoise(m, x), "noisy", None, IMAGE, IMAGES * NAN),
    **table(lambda m, n: denoiser.held_out(n), "count", 0, 1.5, 501),
    **table(lambda m, n: m.unlabelled(n), "n", 0, 1.5, None),
    **table(lambda m, s: m.noise(1, size=s), "size", 0, 2.5),
    **table(lambda m, s: m.noise(1, stream=s), "stream", -1, 16, 0.5),
}


def test_there_are_many_wrong_calls():
    assert len(WRONG) >= 400


@pytest.mark.parametrize(("call", "name"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_named_before_torch_sees_it(untrained, call, name):
    with pytest.raises((TypeError, ValueError)) as caught:
        call(untrained)
    message = str(caught.value)
    assert name in message
    assert message.isprintable()
    assert len(message) < 250
    assert Path(caught.traceback[-1].path).is_relative_to(Path(ddpm.__file__).parent)
    assert not str(caught.traceback[-1].path).endswith(".so")


def same(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Equal but for rounding, which may depend on where in memory a tensor lies."""
    return a.dtype == b.dtype and float((a - b).abs().max()) < 1e-4


def test_what_says_the_same_is_taken(untrained):
    """Numbers of numpy, arrays and nested lists give the pictures that ints and tensors give."""
    options: dict[str, Any] = {"steps": 2, "guidance": 2.0}
    expected = untrained.sample(labels=[3, 8], seed=2, **options)
    for labels in (
        (3, 8),
        np.array([3, 8], np.uint8),
        torch.tensor([3, 8], dtype=torch.int32),
        [np.int64(3), torch.tensor(8)],
        range(3, 9, 5),
    ):
        assert same(untrained.sample(labels=labels, seed=np.int64(2), **options), expected)
    path = untrained.path(2)
    for way in (list(path), np.array(path), torch.tensor(path)):
        given = untrained.sample(
            np.int32(2), labels=[3, 8], seed=2, path=way, guidance=np.float32(2)
        )
        assert same(given, expected)

    image = held_out(7)
    edited = ddpm.sdedit(untrained, image, 0.5, 3, steps=4)
    for given in (image.numpy(), image.double().numpy(), image.tolist(), image.double(), [image]):
        assert same(ddpm.sdedit(untrained, given, np.float64(0.5), np.int8(3), steps=4), edited)
    whole = ddpm.inpaint(untrained, image, MASK, 3, steps=2)
    for mask in (MASK.numpy(), MASK.bool(), MASK.tolist(), MASK.byte().numpy()):
        assert same(ddpm.inpaint(untrained, image, mask, 3, steps=2), whole)
    assert same(psnr(IMAGES.numpy(), IMAGES + 0.5), psnr(IMAGES, IMAGES + 0.5))
    assert viz.sheet(IMAGES.numpy()).size == viz.sheet(IMAGES).size


@pytest.mark.parametrize("guidance", [1e30, 1e38, -1e38])
def test_images_that_are_not_finite_are_no_result(untrained, guidance):
    with pytest.raises(FloatingPointError, match=r"at t = \d+, after \d+ steps; usual causes"):
        untrained.sample(labels=[3], steps=5, guidance=guidance)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
@pytest.mark.parametrize("name", ["x", "x0"])
def test_one_number_that_is_not_finite_is_found_and_the_largest_number_is_none(name, value):
    fine = State(2, torch.full((2, 1, 3, 3), -3.4e38), torch.full((2, 1, 3, 3), 3.4e38))
    broken = fine.x.clone()
    broken[1, 0, 2, 1] = value
    states = watched([fine, fine, replace(fine, t=1, **{name: broken})])
    assert [next(states).t, next(states).t] == [2, 2]
    with pytest.raises(FloatingPointError, match="at t = 1, after 2 steps"):
        next(states)


def test_damaged_weights_are_told_at_the_first_step(tiny):
    model = Diffusion(tiny)
    next(model.network.parameters()).data.fill_(NAN)
    with pytest.raises(FloatingPointError, match=r"at t = 200, after 0 steps; .* damaged weights"):
        model.sample(labels=[3])
    with pytest.raises(FloatingPointError, match="NaN or infinity"):
        model.to_images(torch.full((1, 1, 32, 32), INF))


@contextmanager
def dtype(value: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(value)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def deterministic() -> Iterator[None]:
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


DEFAULTS: dict[str, Callable[[], Any]] = {
    "float64": lambda: dtype(torch.float64),
    "bfloat16": lambda: dtype(torch.bfloat16),
    "on meta": lambda: torch.device("meta"),
    "on the CPU": lambda: torch.device("cpu"),
    "inference mode": torch.inference_mode,
    "deterministic": deterministic,
}


def pictures() -> dict[str, torch.Tensor]:
    """Pictures of several networks by all techniques, and what they start from."""
    model, image = ddpm.load("digits", "cpu"), held_out(7)
    how: dict[str, Any] = {"steps": 2}
    masks = named_masks()
    noisy = ddpm.add_noise(model, image, 500)
    return {
        "sample": model.sample(labels=[3], **how),
        "attention": ddpm.load("attention-class", "cpu").sample(labels=[3], **how),
        "resunet": ddpm.load("resunet", "cpu").sample(labels=[3], **how)
        if "resunet" in ddpm.bundled_models()
        else image,
        "denoiser": denoiser.denoise(
            ddpm.load("denoiser", "cpu"), denoiser.add_noise(image[None, None], 0.5)
        ),
        "sdedit": ddpm.sdedit(model, image, 0.5, 3, **how),
        "inpaint": ddpm.inpaint(model, image, masks["freehand"], 7, **how),
        "anagram": ddpm.draw_anagram(model, [6, 9], ["identity", "patches:3"], **how),
        "hybrid": ddpm.draw_hybrid(model, 3, 8, across=2, **how),
        "one hybrid": ddpm.draw_hybrid(model, 3, 8, across=1, **how),
        "denoise": ddpm.denoise(model, noisy, 500, **how),
        "blurred": blurred(model, noisy, 500, 1.0),
        "drawing": drawing("house"),
        **masks,
    }


@pytest.fixture(scope="module")
def usual() -> dict[str, torch.Tensor]:
    return pictures()


@pytest.mark.parametrize("default", DEFAULTS.values(), ids=DEFAULTS)
def test_defaults_of_torch_change_no_picture(usual, default):
    with default():
        given = pictures()
    for name, picture in usual.items():
        assert picture.dtype == torch.float32, name
        assert same(given[name], picture), name


def test_more_threads_change_rounding_only(usual):
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        given = pictures()
    finally:
        torch.set_num_threads(before)
    for name, picture in usual.items():
        assert (given[name] - picture).abs().max() < 1e-3, name


def test_a_model_loaded_and_used_in_inference_mode_can_be_trained():
    with torch.inference_mode():
        model = ddpm.load("digits", "cpu")
        model.schedule.add_noise(
            torch.zeros(2, 1, 28, 28), torch.tensor([1, 2]), torch.zeros(2, 1, 28, 28)
        )
        model.sample(labels=[3], steps=1)
    x0 = torch.zeros(2, 1, 28, 28)
    x = model.schedule.add_noise(x0, torch.tensor([1, 2]), torch.randn_like(x0))
    model.eps_fn([3, 8], 1.0)(x, 5).square().mean().backward()
    assert next(model.network.parameters()).grad is not None


def test_a_new_network_is_float32_whatever_the_default_is():
    with dtype(torch.float64):
        model = Diffusion(DIGITS)
    with torch.device("meta"):
        other = Diffusion(DIGITS)
    for network in (model.network, other.network):
        assert {(p.dtype, p.device.type) for p in network.parameters()} == {(torch.float32, "cpu")}
