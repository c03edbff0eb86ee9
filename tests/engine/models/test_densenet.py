"""DenseNet: the published counts; layers that see all before them, joined and not added."""

import pytest
import torch
from torch import nn

from dltui.engine.metrics.operations import layer_costs, weights
from dltui.engine.models.densenet import DenseBlock, build
from dltui.errors import DltuiError


@pytest.mark.parametrize(
    ("layers", "growth", "count"),
    [((6, 12, 24, 16), 32, 7_978_856), ((6, 12, 32, 32), 32, 14_149_480), ((6, 12, 48, 32), 32, 20_013_928)],
)
def test_at_full_size_the_weights_are_as_many_as_published(layers, growth, count):
    """DenseNet-121, -169 and -201 of table 1; the counts are those of the nets that torchvision publishes."""
    with torch.device("meta"):
        net, picture = build(layers=layers, growth=growth, imagenet=True, classes=1000), torch.empty(1, 3, 224, 224)
    costs = layer_costs(net.eval(), picture)
    assert weights(net) == count
    assert len(costs) == 2 * sum(layers) + 3 + 2  # transitions, stem and head: 121 layers for the first
    if sum(layers) == 58:
        assert sum(cost.operations for cost in costs) / 1e9 == pytest.approx(
            2.83, abs=0.01
        )  # table 1: 2.88 with the rest


def test_a_layer_sees_the_maps_of_all_before_it():
    """A change of the input reaches the last layer on ways of its own, past all between."""
    torch.manual_seed(0)
    block, x = DenseBlock(5, 4, 3, True).eval(), torch.rand(1, 5, 6, 6)
    assert [layer[0].num_features for layer in block] == [5, 8, 11, 14] and block.out == 17
    joined = block(x)
    assert torch.equal(joined[:, :5], x), "the input is handed on as it is"
    maps = x
    for number, layer in enumerate(block):
        added = layer(maps)
        assert torch.equal(joined[:, 5 + 3 * number : 8 + 3 * number], added)
        maps = torch.cat([maps, added], 1)


def test_without_connections_a_layer_sees_the_last_one_only():
    torch.manual_seed(0)
    block, x = DenseBlock(5, 3, 3, False).eval(), torch.rand(1, 5, 6, 6)
    assert [layer[0].num_features for layer in block] == [5, 3, 3] and block.out == 3
    assert torch.equal(block(x), block[2](block[1](block[0](x))))


@pytest.mark.parametrize("connected", [True, False])
def test_mean_weights_are_those_of_each_source(connected):
    block = DenseBlock(5, 3, 2, connected)
    with torch.no_grad():
        for number, layer in enumerate(block):
            weight = layer[2].weight
            for place in range(weight.shape[1]):  # the maps of source s have weights of s + 1, of either sign
                source = 0 if place < 5 else 1 + (place - 5) // 2
                weight[:, place] = (-1) ** place * (source + 1 if connected else 10 + number)
    found, nan = block.mean_weights(), torch.nan
    want = [[1, nan, nan], [1, 2, nan], [1, 2, 3]] if connected else [[10, nan, nan], [nan, 11, nan], [nan, nan, 12]]
    torch.testing.assert_close(found, torch.tensor(want, dtype=torch.float), equal_nan=True)


@pytest.mark.parametrize("connected", [True, False])
@pytest.mark.parametrize(("imagenet", "size"), [(True, 64), (False, 28)])
def test_every_weight_is_reached(imagenet, size, connected):
    torch.manual_seed(0)
    net = build(imagenet=imagenet, connected=connected)
    out = net(torch.rand(4, 3, size, size))
    assert out.shape == (4, 10)
    out.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() for p in net.parameters())
    assert sum(isinstance(layer, nn.AvgPool2d) for layer in net.modules()) == 2


@pytest.mark.parametrize("layers", [[], [3, 0]])
def test_blocks_without_layers_are_refused(layers):
    with pytest.raises(DltuiError, match=r"model\.layers"):
        build(layers=layers)
