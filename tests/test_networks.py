import pytest
import torch

from ddpm.networks.attention_unet import AttentionUNet, SelfAttention, time_encoding
from ddpm.networks.unet import UNet
from ddpm.recipes import RECIPES


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
