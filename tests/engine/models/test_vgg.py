"""VGG: the published counts; what one large kernel costs in place of three small ones that see as much."""

import pytest
import torch
from torch import nn

from dltui.engine.metrics.operations import layer_costs, weights
from dltui.engine.models.vgg import block, build, kernels


def published(depth: int) -> nn.Module:
    with torch.device("meta"):
        return build(depth=depth, width=64, hidden=4096, normalized=False, dropout=0.5, size=224, classes=1000)


@pytest.mark.parametrize(
    ("depth", "params"), [(11, 132_863_336), (13, 133_047_848), (16, 138_357_544), (19, 143_667_240)]
)
def test_at_full_size_the_weights_are_as_many_as_published(depth, params):
    """Table 2 of the paper: 133, 133, 138, 144 millions; a layer too few, or one too narrow, changes them."""
    net = published(depth)
    assert weights(net) == params
    layers = layer_costs(net, torch.empty(1, 3, 224, 224, device="meta"))
    assert len(layers) == depth
    first_linear = next(layer for layer in layers if layer.name.startswith("head"))
    assert first_linear.weights == 102_764_544


@pytest.mark.parametrize(("depth", "kernel", "replaced", "share"), [(16, 5, 2, 18 / 25), (19, 7, 3, 27 / 49)])
def test_small_kernels_cost_the_published_share_of_the_large_one_that_sees_as_much(depth, kernel, replaced, share):
    """Of the last block, of which all layers have as many channels: 18/25 of a 5 x 5, 27/49 of a 7 x 7."""
    small, large = (build(depth=depth, kernel=k).block["5"] for k in (3, kernel))
    counts = [[w.weight.numel() for w in net if isinstance(w, nn.Conv2d)] for net in (small, large)]
    assert sum(counts[0][1:]) / counts[1][1] == pytest.approx(share)
    assert len(counts[0]) - 1 == replaced and len(counts[1]) == 2


@pytest.mark.parametrize(
    ("layers", "kernel", "want"),
    [(4, 3, [3, 3, 3, 3]), (4, 7, [3, 7]), (3, 5, [3, 5]), (4, 5, [3, 5, 3]), (2, 7, [3, 3]), (1, 7, [3])],
)
def test_layers_after_the_first_are_gathered(layers, kernel, want):
    assert kernels(layers, kernel) == want


@pytest.mark.parametrize(("layers", "kernel"), [(4, 7), (3, 5), (4, 5)])
def test_a_stack_and_the_kernel_in_its_place_see_as_many_pixels(layers, kernel):
    """Guards the count of layers that a large kernel replaces: two of 3 x 3 for a 7 x 7, as is often said, see 5."""

    def seen(sizes: list[int]) -> int:
        convolutions = [layer for layer in block(1, 1, sizes, False) if isinstance(layer, nn.Conv2d)]
        x = torch.zeros(1, 1, 31, 31)
        x[..., 15, 15] = 1
        for layer in convolutions:
            nn.init.ones_(layer.weight), nn.init.zeros_(layer.bias)
            x = layer(x)
        return int(x[0, 0, 15].count_nonzero())

    assert seen(kernels(layers, kernel)) == seen([3] * layers) == 2 * layers + 1


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize(("blocks", "size"), [(5, 32), (3, 28)])
def test_every_weight_is_reached_and_each_block_halves_the_picture(blocks, size, normalized):
    net = build(depth=11, blocks=blocks, width=4, normalized=normalized, size=size)
    maps = torch.rand(4, 3, size, size)
    for number, layers in enumerate(net.block.values(), 1):
        maps = layers(maps)
        assert maps.shape == (4, 4 * min(2 ** (number - 1), 8), size >> number, size >> number)
    out = net(torch.rand(4, 3, size, size))
    assert out.shape == (4, 10)
    out.square().sum().backward()
    assert all(p.grad is not None for p in net.parameters())
