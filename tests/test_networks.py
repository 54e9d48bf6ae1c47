"""The networks against their descriptions, and the page's diagrams, which are traced from networks
at work, against a network whose wiring is known."""

import dataclasses
import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from ddpm import settings
from ddpm.checkpoints import Run
from ddpm.networks.attention_unet import AttentionUNet, SelfAttention, time_encoding
from ddpm.networks.digits_unet import DigitsUNet
from ddpm.networks.resunet import ResidualBlock, ResUNet
from ddpm.networks.shared import Network
from ddpm.networks.unet import UNet
from ddpm.recipes import RECIPES, Training
from ddpm.training import train
from scripts.pages.networks import ARCHITECTURES, diagram, trace


def conv3(inputs, outputs):
    return 9 * inputs * outputs  # no bias


def double_conv(inputs, middle, outputs):
    return conv3(inputs, middle) + 2 * middle + conv3(middle, outputs) + 2 * outputs


def linear(inputs, outputs):
    return inputs * outputs + outputs


def attention(c):
    norms = 2 * 2 * c
    return norms + 3 * linear(c, c) + linear(c, c) + 2 * linear(c, c)


def count_by_hand():
    down = [double_conv(c, c, c) + double_conv(c, d, d) for c, d in ((16, 32), (32, 64), (64, 64))]
    up = [
        double_conv(c, c, c) + double_conv(c, c // 2, d) for c, d in ((128, 32), (64, 16), (32, 16))
    ]
    parts = [double_conv(1, 16, 16), *down, attention(64), attention(64), *up, attention(32)]
    return sum(parts) + linear(16, 1)


def test_the_attention_unet_has_the_sources_parameters():
    def count(network):
        return sum(p.numel() for p in network.parameters())

    assert count_by_hand() == 810_561
    assert count(AttentionUNet()) == count_by_hand()
    assert count(AttentionUNet(classes=10)) == count_by_hand() + 10 * 64


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_makes_a_network_that_answers_in_the_shape_of_its_input(name):
    recipe = RECIPES[name]
    size = recipe.scaling.size
    x, t = torch.randn(2, 1, size, size), torch.tensor([1, recipe.T])
    label = torch.tensor([0, 9]) if recipe.classes else None
    assert recipe.ask(recipe.make_network(), x, t, label).shape == x.shape


def test_time_and_label_change_the_answer():
    torch.manual_seed(0)
    network, x = AttentionUNet(width=4, classes=10).eval(), torch.randn(1, 1, 32, 32)

    def answer(t, label):
        return network(x, torch.tensor([float(t)]), torch.tensor([label]))

    with torch.no_grad():
        assert (answer(5, 3) - answer(5, 3)).abs().max() == 0
        assert (answer(5, 3) - answer(6, 3)).abs().max() > 1e-3
        assert (answer(5, 3) - answer(5, 4)).abs().max() > 1e-3


def test_the_time_encoding_is_sines_then_cosines():
    code = time_encoding(torch.tensor([0.0, 2.0]), 4)
    assert code[0].tolist() == [0, 0, 1, 1]
    slow = torch.tensor(2.0 * 10000**-0.5)
    expected = torch.stack(
        [torch.tensor(2.0).sin(), slow.sin(), torch.tensor(2.0).cos(), slow.cos()]
    )
    assert (code[1] - expected).abs().max() < 1e-6


def test_self_attention_is_what_torch_calls_attention():
    torch.manual_seed(0)
    ours, x = SelfAttention(16, heads=4).eval(), torch.randn(2, 16, 4, 4)
    theirs = torch.nn.MultiheadAttention(16, 4, batch_first=True).eval()
    theirs.in_proj_weight.data, theirs.in_proj_bias.data = ours.qkv.weight, ours.qkv.bias
    theirs.out_proj.weight.data, theirs.out_proj.bias.data = ours.out.weight, ours.out.bias
    with torch.no_grad():
        pixels = x.flatten(2).transpose(1, 2)
        normed = ours.norm(pixels)
        pixels = pixels + theirs(normed, normed, normed)[0]
        pixels = pixels + ours.feed_forward(pixels)
        expected = pixels.transpose(1, 2).reshape(x.shape)
        assert (ours(x) - expected).abs().max() < 1e-5


def conv_norm(inputs, outputs, kernel):
    return kernel**2 * inputs * outputs + outputs + 2 * outputs  # bias, then BatchNorm


def unet_by_hand(d, time, classes):
    stem = conv_norm(1, d, 3) + conv_norm(d, d, 3)
    down = conv_norm(d, d, 3) * 3 + conv_norm(d, 2 * d, 3) + 2 * conv_norm(2 * d, 2 * d, 3)
    unflatten = conv_norm(2 * d, 2 * d, 7)
    up = conv_norm(4 * d, d, 4) + conv_norm(2 * d, d, 4) + 4 * conv_norm(d, d, 3)
    head = conv_norm(2 * d, d, 3) + conv_norm(d, d, 3) + 9 * d + 1

    def mlps(inputs):
        return sum(linear(inputs, outputs) + linear(outputs, outputs) for outputs in (d, 2 * d))

    told = (mlps(1) if time else 0) + (mlps(classes) if classes else 0)
    return stem + down + unflatten + up + head + told


@pytest.mark.parametrize(
    ("width", "time", "classes"), [(128, False, 0), (64, True, 0), (64, True, 10)]
)
def test_the_plain_unet_has_the_parameters_of_its_description(width, time, classes):
    network = UNet(width, time, classes)
    counted = sum(p.numel() for p in network.parameters())
    assert counted == unet_by_hand(width, time, classes)


def test_the_plain_unet_hears_time_and_label_and_knows_none():
    torch.manual_seed(0)
    network, x = UNet(8, True, 10).eval(), torch.randn(1, 1, 28, 28)

    def answer(t, label):
        return network(x, torch.tensor([t]), torch.tensor([label]))

    with torch.no_grad():
        assert answer(0.5, 3).shape == x.shape
        # Untrained, with BatchNorm's first statistics, the answers differ little, but they do.
        assert not torch.equal(answer(0.5, 3), answer(0.6, 3))
        assert not torch.equal(answer(0.5, 3), answer(0.5, 4))
        # "No label" is a vector of zeros: what the label's layers make of it is their biases.
        features = torch.ones(1, 16, 2, 2)
        told = network._told(features, None, network.label1, None, torch.tensor([10]))
        expected = network.label1(torch.zeros(1, 10))[:, :, None, None] * features
        assert (told - expected).abs().max() == 0


def residual_block(inputs, outputs):
    return conv_norm(inputs, outputs, 3) + conv_norm(outputs, outputs, 3)


def resunet_by_hand(d, classes):
    stem = residual_block(1, d)
    down = residual_block(d, d) + residual_block(d, 2 * d)
    unflatten = 49 * (2 * d) ** 2 + 2 * d + 2 * 2 * d
    up = sum(4 * inputs * d + d + 2 * residual_block(d, d) for inputs in (4 * d, 2 * d))
    head = conv_norm(2 * d, d, 3) + 9 * d + 1
    embed = sum(linear(n, d * k) + linear(d * k, d * k) for n in (1, classes) for k in (1, 2))
    fusions = 3 * conv_norm(3 * d, d, 1) + conv_norm(6 * d, 2 * d, 1)
    return stem + down + unflatten + up + head + embed + fusions


@pytest.mark.parametrize("width", [8, 48, 128])
def test_the_resunet_has_the_parameters_of_its_description(width):
    counted = sum(p.numel() for p in ResUNet(width).parameters())
    assert counted == resunet_by_hand(width, 10)


def test_the_resunet_has_the_sources_parameters():
    recipe = RECIPES["resunet"]
    assert recipe.options["width"] == 128
    assert sum(p.numel() for p in recipe.make_network().parameters()) == 6_931_585


def test_time_and_label_are_fused_into_the_resunet_at_four_places():
    torch.manual_seed(0)
    d, seen = 8, {}
    network = ResUNet(d).eval()

    def note(name):
        def hook(_, given, answer):
            seen[name] = [tuple(v.shape[1:]) for v in given], tuple(answer.shape[1:])

        return hook

    for name, layer in network.named_modules():
        if type(layer).__name__ == "Fusion":
            layer.register_forward_hook(note(name))
            kinds = [type(part).__name__ for part in layer.mix]
            assert kinds == ["Conv2d", "BatchNorm2d", "GELU"]
            assert layer.mix[0].kernel_size == (1, 1)
    network(torch.randn(2, 1, 28, 28), torch.rand(2), torch.tensor([3, 10]))
    assert [*seen.items()] == [
        ("fusion1", ([(d, 14, 14), (d,), (d,)], (d, 14, 14))),  # after the first halving
        ("fusion2", ([(2 * d, 7, 7), (2 * d,), (2 * d,)], (2 * d, 7, 7))),  # after the second
        ("fusion3", ([(d, 14, 14), (d,), (d,)], (d, 14, 14))),  # after the first doubling
        ("fusion4", ([(d, 28, 28), (d,), (d,)], (d, 28, 28))),  # after the second
    ]


def test_the_shortcuts_of_the_resunet_come_from_the_fusions():
    torch.manual_seed(0)
    d, seen = 8, {}
    network = ResUNet(d).eval()
    for name in ("stem", "fusion1", "fusion2", "fusion3", "fusion4", "unflatten"):
        network.get_submodule(name).register_forward_hook(
            lambda _, given, answer, name=name: seen.__setitem__(name, answer)
        )
    for name in ("up1", "up2", "head"):
        network.get_submodule(name).register_forward_pre_hook(
            lambda _, given, name=name: seen.__setitem__(name, given[0])
        )
    with torch.no_grad():
        network(torch.randn(2, 1, 28, 28), torch.rand(2), torch.tensor([3, 10]))
    for place, parts in {
        "up1": ("unflatten", "fusion2"),
        "up2": ("fusion3", "fusion1"),
        "head": ("fusion4", "stem"),
    }.items():
        assert torch.equal(seen[place], torch.cat([seen[part] for part in parts], dim=1))


@pytest.mark.parametrize(("inputs", "outputs"), [(8, 8), (1, 8)])
def test_a_residual_block_adds_its_input_where_that_has_as_many_channels(inputs, outputs):
    torch.manual_seed(0)
    block, x = ResidualBlock(inputs, outputs).eval(), torch.randn(2, inputs, 6, 6)
    first = block.conv1(x)
    kept = x if inputs == outputs else first
    assert torch.allclose(block(x), (kept + block.conv2(first)) / 2**0.5)


def digits_by_hand(w, blocks, classes):
    told = 4 * w

    def conv_bias(inputs, outputs, kernel=3):
        return kernel**2 * inputs * outputs + outputs

    def block(inputs, outputs):
        convs = conv_bias(inputs, outputs) + conv_bias(outputs, outputs)
        shortcut = conv_bias(inputs, outputs, 1) if inputs != outputs else 0
        return convs + 2 * inputs + 2 * outputs + linear(told, 2 * outputs) + shortcut

    embeddings = linear(64, told) + linear(told, told) + (classes + 1) * told
    down = blocks * (block(w, w) + block(2 * w, 2 * w)) + conv_bias(w, 2 * w)
    attention = 4 * w + conv_bias(2 * w, 6 * w, 1) + conv_bias(2 * w, 2 * w, 1)
    up = blocks * (block(4 * w, 2 * w) + block(2 * w, w)) + conv_bias(2 * w, w, 4)
    return embeddings + conv_bias(4, w) + down + attention + up + 4 * w + conv_bias(2 * w, 4)


@pytest.mark.parametrize(("width", "blocks"), [(16, 1), (48, 2)])
def test_the_flagship_has_the_parameters_of_its_description(width, blocks):
    counted = sum(p.numel() for p in DigitsUNet(width, blocks).parameters())
    assert counted == digits_by_hand(width, blocks, 10)


@pytest.mark.parametrize("options", [{"blocks14": 2}, {"attention14": True}, {"augmented": True}])
def test_options_of_the_flagship_leave_the_other_first_weights_as_they_are(options):
    states = []
    for more in ({"blocks14": 1}, options):
        torch.manual_seed(0)
        states.append(DigitsUNet(16, 1, **more).state_dict())
    plain, other = states
    if "blocks14" in options:
        assert len([k for k in other if k.startswith(("down14.1", "up14.1"))]) > 10
    else:
        new = {"attention14": ("attention_down", "attention_up"), "augmented": ("change",)}
        assert {k.split(".")[0] for k in {*other} - {*plain}} == {*new[next(iter(options))]}
        assert all(torch.equal(value, other[key]) for key, value in plain.items())


def test_attention_at_half_the_size_is_used():
    torch.manual_seed(0)
    network, x = DigitsUNet(16, 1, attention14=True), torch.randn(2, 1, 28, 28)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    network(x, torch.ones(2), torch.zeros(2, dtype=torch.int64)).sum().backward()
    for part in (network.attention_down, network.attention_up):
        assert part.qkv.weight.grad.abs().max() > 0


def test_the_flagship_is_small_enough_for_a_browser():
    assert sum(p.numel() for p in RECIPES["digits"].make_network().parameters()) <= 2_000_000


def test_the_flagship_begins_as_nothing_and_hears_time_and_label():
    torch.manual_seed(0)
    network, x = DigitsUNet(16, 1).eval(), torch.randn(1, 1, 28, 28)

    def answer(t, label):
        return network(x, torch.tensor([float(t)]), torch.tensor([label]))

    with torch.no_grad():
        assert answer(5, 3).abs().max() == 0
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape))
        assert (answer(5, 3) - answer(6, 3)).abs().max() > 1e-4
        assert (answer(5, 3) - answer(5, 10)).abs().max() > 1e-4


def test_no_label_is_minus_one_everywhere_in_the_resunet():
    torch.manual_seed(0)
    network, heard = ResUNet(8).eval(), []
    network.label1.register_forward_pre_hook(lambda _, given: heard.append(given[0]))
    network(torch.randn(2, 1, 28, 28), torch.rand(2), torch.tensor([3, 10]))
    assert heard[0][0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert heard[0][1].tolist() == [-1] * 10


def test_frozen_embeddings_stay_as_they_were(digits):
    recipe = dataclasses.replace(
        RECIPES["resunet"],
        options={"width": 8, "classes": 10, "frozen": True},
        training=Training(epochs=1, batch=50),
    )
    run = Run.start(recipe)
    before = {k: v.clone() for k, v in run.network.state_dict().items()}
    for _ in train(run, digits, digits[:10]):
        pass
    after = run.network.state_dict()
    for name in ("time1", "time2", "label1", "label2"):
        key = f"{name}.0.weight"
        assert torch.equal(before[key], after[key])
    assert not torch.equal(before["stem.conv1.0.weight"], after["stem.conv1.0.weight"])


class Known(Network):
    """x -> a -> b, b + t -> c, then a and c side by side -> d."""

    def __init__(self, channels, size):
        super().__init__()
        self.a = nn.Conv2d(channels, 2, 1)
        self.b = nn.ModuleList([nn.MaxPool2d(2)])
        self.c = nn.Upsample(scale_factor=2)
        self.d = nn.Conv2d(4, 1, 1)

    def forward(self, x, t, label):
        a = self.a(x)
        c = self.c(self.b[0](a * 2) + t.sin()[:, None, None, None])
        return self.d(torch.cat([a, c], dim=1))


def test_the_trace_finds_parts_shapes_and_shortcuts(monkeypatch):
    monkeypatch.setitem(settings.NETWORKS, "known", Known)
    recipe = dataclasses.replace(RECIPES["digits"], network="known", options={})
    parts = {part.name: part for part in trace(recipe)}
    assert list(parts) == ["a", "b 0", "c", "d"]
    assert parts["b 0"].shape == (2, 14, 14)
    assert [sorted(part.sources) for part in parts.values()] == [
        ["x"], ["a"], ["b 0", "t"], ["a", "c"]
    ]  # fmt: skip


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_diagram_has_a_box_for_each_part_that_returns_images(name):
    boxes = [part.name for part in trace(RECIPES[name]) if len(part.shape) == 3]
    words = {text.get_text() for text in diagram(RECIPES[name]).axes[0].texts}
    for box in boxes:
        assert any(word.startswith(f"{box}\n") for word in words)


def test_the_flagships_shortcuts_join_equal_resolutions():
    parts = {part.name: part for part in trace(RECIPES["digits"])}
    for name, part in parts.items():
        if name.startswith("up"):
            joined = [parts[source] for source in part.sources if source.startswith("down")]
            assert len(joined) == 1
            assert joined[0].shape[1:] == part.shape[1:]
            assert {"time", "label"} <= part.sources


DIGEST = """
import hashlib, sys
from pathlib import Path
from ddpm import viz
from ddpm.recipes import RECIPES
from scripts.pages.networks import diagram
viz.write_svg(diagram(RECIPES["class"]), sys.argv[1])
print(hashlib.sha256(Path(sys.argv[1]).read_bytes()).hexdigest())
"""


def test_a_diagram_is_the_same_bytes_whatever_the_order_of_sets(tmp_path):
    """Python orders a set of names by a hash that is another one in each process."""
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", DIGEST, tmp_path / f"{seed}.svg"],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in (1, 2)
    ]
    first, second = (run.communicate()[0] for run in runs)
    assert len(first) == 65
    assert first == second
