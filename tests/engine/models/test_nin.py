"""Network in network: the published count; a net that slides over the picture; logits that are means of class maps."""

import pytest
import torch
from torch import nn

from dltui.engine.metrics.operations import layer_costs, weights
from dltui.engine.models.nin import build, mlpconv


def test_at_full_size_the_weights_are_as_many_as_published():
    """0.97 millions, as Lee et al. 2015 ("Deeply-supervised nets") and later papers count for CIFAR-10."""
    with torch.device("meta"):
        net, picture = build(width=32, normalized=False), torch.empty(1, 3, 32, 32)
    shapes = [cost.shape for cost in layer_costs(net.eval(), picture)]
    assert weights(net) == 966_986
    assert shapes == [
        (192, 32, 32), (160, 32, 32), (96, 32, 32),
        (192, 16, 16), (192, 16, 16), (192, 16, 16),
        (192, 8, 8), (192, 8, 8), (10, 8, 8),
    ]  # fmt: skip


def test_a_block_is_one_small_net_that_is_moved_over_the_picture():
    """Section 3.1: what it gives at a place is what a perceptron makes of the patch there."""
    torch.manual_seed(0)
    block, x = mlpconv(2, [5, 4, 3], 5, False), torch.rand(1, 2, 9, 9)
    convolutions = [layer for layer in block if isinstance(layer, nn.Conv2d)]
    values = x[0, :, 1:6, 3:8].flatten()  # the patch around (3, 5)
    for layer in convolutions:
        values = torch.relu(layer.weight.flatten(1) @ values + layer.bias)
    torch.testing.assert_close(block(x)[0, :, 3, 5], values)


def test_logits_are_the_means_of_the_class_maps_and_the_head_has_no_weights():
    torch.manual_seed(0)
    net, pictures = build(channels=1).eval(), torch.rand(3, 1, 28, 28)
    assert net.class_maps(pictures).shape == (3, 10, 7, 7) and net.head is None
    torch.testing.assert_close(net(pictures), net.class_maps(pictures).mean((2, 3)))


def test_a_linear_head_that_averages_is_the_mean():
    """Section 3.2: global average pooling is a linear layer whose weights are given and not learned."""
    torch.manual_seed(0)
    net, pictures = build(head="linear", channels=1, size=28).eval(), torch.rand(3, 1, 28, 28)
    nn.init.zeros_(net.head.bias)
    with torch.no_grad():
        net.head.weight.copy_(torch.eye(10).repeat_interleave(49, 1) / 49)
    torch.testing.assert_close(net(pictures), net.class_maps(pictures).mean((2, 3)))


def test_without_pointwise_layers_a_block_gives_as_many_maps():
    with_them, without = (build(pointwise=pointwise, channels=1) for pointwise in (True, False))
    for number in "123":
        outs = [[w.out_channels for w in net.block[number] if isinstance(w, nn.Conv2d)] for net in (with_them, without)]
        assert len(outs[0]) == 3 and outs[1] == outs[0][-1:]


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("head", ["average", "linear"])
@pytest.mark.parametrize("size", [28, 32, 5])
def test_every_weight_is_reached(size, head, normalized):
    torch.manual_seed(0)
    net = build(head=head, normalized=normalized, size=size, width=8)
    out = net(torch.rand(8, 3, size, size))
    assert out.shape == (8, 10)
    nn.functional.cross_entropy(out, torch.arange(8)).backward()
    assert all(p.grad is not None for p in net.parameters())
    assert all(p.grad.abs().sum() for name, p in net.named_parameters() if name.endswith("weight"))
