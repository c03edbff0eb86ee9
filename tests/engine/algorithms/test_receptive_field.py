"""The receptive field: the arithmetic against the gradient, which knows what a unit sees."""

import pytest
import torch
from torch import nn

from dltui.engine.algorithms.receptive_field import Field, cut_out, extent, field_of, slope_of
from dltui.engine.models import lenet, small_cnn

STACKS = {
    "lenet, first": lenet.build().features[:1],
    "lenet, second": lenet.build().features[:4],
    "lenet, pooled": lenet.build().features,
    "small_cnn, second": small_cnn.build(channels=1).features[:5],
    "small_cnn, third": small_cnn.build(channels=1).features,
}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_it_is_where_the_gradient_is_not_zero(stack):
    """With average for max pooling and only positive weights, every pixel that a unit sees counts."""
    layers = [nn.AvgPool2d(2) if isinstance(layer, nn.MaxPool2d) else layer for layer in stack.eval()]
    layers = [layer for layer in layers if not isinstance(layer, nn.ReLU)]
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 0.1)
    field = field_of(stack)
    x = torch.zeros(1, 1, 48, 48, requires_grad=True)
    maps = nn.Sequential(*layers)(x)
    for row, column in ((0, 0), (maps.shape[2] // 2, maps.shape[3] // 2), (1, maps.shape[3] - 1)):
        (slope,) = torch.autograd.grad(maps[0, 0, row, column], x, retain_graph=True)
        rows, columns = (slope[0, 0] != 0).nonzero().unbind(1)
        for seen, place in ((rows, row), (columns, column)):
            first = place * field.stride + field.start
            assert (seen.min(), seen.max()) == (max(0, first), min(47, first + field.size - 1))


def test_lenets_by_hand():
    features = lenet.build().features
    assert field_of(features[:1]) == Field(5, 1, -2)
    assert field_of(features[:4]) == Field(14, 2, -2)  # 5, 6 after pooling, and four more units 2 pixels apart


def test_what_lies_beyond_the_edge_is_black():
    pictures = torch.arange(1.0, 33).view(2, 1, 4, 4)
    cut = cut_out(pictures, Field(3, 2, -1), torch.tensor([[0, 0], [1, 1]]))
    assert cut[0, 0].tolist() == [[0, 0, 0], [0, 1, 2], [0, 5, 6]]
    assert torch.equal(cut[1, 0], pictures[1, 0, 1:, 1:])


@pytest.mark.parametrize("d", [1, 2, 3])
def test_dilation_is_counted_as_the_gradient_counts_it(d):
    layers = nn.Sequential(nn.Conv2d(1, 1, 3, 2, dilation=d), nn.MaxPool2d(2, 1, dilation=d), nn.Conv2d(1, 1, 3))
    for layer in (layers[0], layers[2]):
        nn.init.constant_(layer.weight, 0.1)
    slope = sum(slope_of(layers, torch.randn(1, 1, 40, 40), 1, 2) for _ in range(30))
    field = field_of(layers)
    first = [place * field.stride + field.start for place in (1, 2)]
    assert extent(slope) == (*first, *[f + field.size - 1 for f in first])


def test_a_slope_is_the_sum_of_absolute_derivatives():
    layer = nn.Conv2d(2, 1, 2, bias=False)
    want = 3 * layer.weight[0].abs().sum(0)  # of three pictures alike
    torch.testing.assert_close(slope_of(nn.Sequential(layer), torch.randn(3, 2, 4, 4), 1, 2)[1:3, 2:4], want)


def test_where_nothing_is_felt_there_is_no_extent():
    assert extent(torch.zeros(3, 4)) == (-1, -1, -1, -1)
    assert extent(torch.tensor([[0.0, 0, 0], [0, -1, 0]])) == (1, 1, 1, 1)
