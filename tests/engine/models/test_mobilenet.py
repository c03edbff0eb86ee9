"""MobileNet: the published counts, and a block that is a full convolution in two."""

import pytest
import torch
from torch import nn

from dltui.engine.metrics.operations import layer_costs, weights
from dltui.engine.models.mobilenet import STAGES, build, depthwise_separable


@pytest.mark.parametrize(
    ("separable", "width", "params", "millions"),
    [(True, 32, 4_231_976, 568.74), (False, 32, 29_294_088, 4867.29), (True, 16, 1_331_592, 149.50)],
)
def test_at_full_size_weights_and_operations_are_as_many_as_published(separable, width, params, millions):
    """Table 4 and 6 of the paper: 4.2 M and 569 M, 29.3 M and 4866 M without; 1.3 M and 149 M at half the width."""
    with torch.device("meta"):
        net, picture = build(separable=separable, width=width, stages=5, classes=1000), torch.empty(1, 3, 224, 224)
    operations = sum(cost.operations for cost in layer_costs(net.eval(), picture))
    assert weights(net) == params and operations / 1e6 == pytest.approx(millions, abs=0.01)


@pytest.mark.parametrize("out", [8, 12, 64, 512])
def test_a_block_costs_a_share_of_1_by_n_and_1_by_9_of_a_full_convolution(out):
    """Section 3.1; a fifth from 12 maps on. A depthwise layer that mixes channels would cost as much as a full one."""
    block = depthwise_separable(32, out, 1)
    cost = sum(layer.operations for layer in layer_costs(block.eval(), torch.rand(1, 32, 14, 14)))
    share = cost / (14 * 14 * 9 * 32 * out)
    assert share == pytest.approx(1 / out + 1 / 9)
    assert (share <= 0.2) == (out >= 12)


def test_the_depthwise_layer_mixes_no_channels_and_the_pointwise_looks_at_no_neighbours():
    depthwise, _, _, pointwise, _, _ = depthwise_separable(4, 6, 1)
    x = torch.zeros(1, 4, 5, 5)
    x[0, 2, 2, 2] = 1
    looked = depthwise(x)
    assert looked[0, 2].count_nonzero() == 9 and looked.count_nonzero() == 9
    mixed = pointwise(x)
    assert mixed[0, :, 2, 2].count_nonzero() == 6 and mixed.count_nonzero() == 6


@pytest.mark.parametrize("separable", [True, False])
def test_every_weight_is_reached_and_both_nets_have_maps_of_the_same_shapes(separable):
    net = build(separable=separable, width=4, stages=5)
    maps = net.stem(torch.rand(2, 3, 64, 64))
    for stage, multiples in enumerate(STAGES):
        maps = net.stage[str(stage + 1)](maps)
        assert maps.shape == (2, 4 * multiples[-1], 32 >> stage, 32 >> stage)
    out = net(torch.rand(4, 3, 64, 64))
    assert out.shape == (4, 10)
    out.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() for p in net.parameters())
    convolutions = sum(isinstance(layer, nn.Conv2d) for layer in net.modules())
    assert convolutions == (27 if separable else 14)  # and the linear one: 28 layers, as the paper counts
