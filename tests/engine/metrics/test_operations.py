"""Multiply-adds counted while a row goes through, against the formulas of each layer."""

import pytest
import torch
from torch import nn

from dltui.engine.metrics.operations import layer_costs, weights


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_costs_a_kernel_for_each_number_of_its_output(groups, stride):
    """H W M N k k / groups: counted without its groups, a depthwise one would be N times dearer."""
    layer = nn.Conv2d(6, 12, 3, stride, padding=1, groups=groups)
    [cost] = layer_costs(nn.Sequential(layer), torch.rand(2, 6, 8, 10))
    assert cost.shape == (12, 8 // stride, 10 // stride) and cost.name == "0"
    assert cost.operations == (8 // stride) * (10 // stride) * 12 * 6 // groups * 9
    assert cost.weights == 12 * 6 // groups * 9 + 12


def test_a_linear_layer_costs_its_weights_at_each_place():
    layer = nn.Sequential(nn.Linear(7, 5))
    assert layer_costs(layer, torch.rand(3, 7))[0].operations == 35
    assert layer_costs(layer, torch.rand(3, 4, 7))[0].operations == 4 * 35, "of a row, not of the batch"


def test_a_layer_that_is_passed_twice_works_twice_and_has_its_weights_once():
    layer = nn.Linear(5, 5)
    [cost] = layer_costs(nn.Sequential(layer, nn.ReLU(), layer), torch.rand(3, 5))
    assert (cost.operations, cost.weights) == (50, 30)


def test_layers_stand_in_the_order_in_which_they_are_passed():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first = nn.Linear(3, 2), nn.Linear(4, 3)

        def forward(self, x):
            return self.last(self.first(x))

    assert [cost.name for cost in layer_costs(Backwards(), torch.rand(1, 4))] == ["first", "last"]


def test_on_the_meta_device_nothing_is_worked_out():
    """A net of 16 GB is counted; and no hook is left behind."""
    with torch.device("meta"):
        net, inputs = nn.Sequential(nn.Linear(65_536, 65_536)), torch.empty(1, 65_536)
    [cost] = layer_costs(net, inputs)
    assert cost.operations == 65_536**2 and weights(net) == 65_536**2 + 65_536
    assert not net[0]._forward_hooks
