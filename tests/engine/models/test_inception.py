"""Inception: the counts of module 3a, with 1 x 1 reductions and without; branches that are joined and not added."""

import pytest
import torch
from torch import nn

from dltui.engine.metrics.operations import layer_costs
from dltui.engine.models.inception import Inception, build


@pytest.mark.parametrize(
    ("branches", "maps", "weights"), [("reduced", 256, 163_328), ("naive", 416, 387_072), ("single", 256, 442_368)]
)
def test_at_full_size_module_3a_has_as_many_weights_as_published(branches, maps, weights):
    """Table 1: 192 -> 64 + 128 + 32 + 32; naive, 1 x 1, 3 x 3 and 5 x 5 look at all 192, and pooling hands on 192."""
    with torch.device("meta"):
        module, given = Inception(192, branches, 16), torch.empty(1, 192, 28, 28)
    layers = layer_costs(module, given)
    assert sum(layer.weights for layer in layers) == weights
    assert sum(layer.operations for layer in layers) == 28 * 28 * weights
    assert module(given).shape == (1, maps, 28, 28) and module.out == maps


def test_the_branches_of_3a_are_those_of_the_table():
    with torch.device("meta"):
        module = Inception(192, "reduced", 16)
    shapes = {
        name: [tuple(layer.weight.shape[:3]) for layer in branch.modules() if isinstance(layer, nn.Conv2d)]
        for name, branch in module.items()
    }
    assert shapes == {
        "1x1": [(64, 192, 1)],
        "3x3": [(96, 192, 1), (128, 96, 3)],
        "5x5": [(16, 192, 1), (32, 16, 5)],
        "pool": [(32, 192, 1)],
    }


def test_branches_are_joined_along_the_channels():
    """Each stands in channels of its own: added, they would need as many each, and could not be told apart."""
    torch.manual_seed(0)
    module, x = Inception(24, "reduced", 2).eval(), torch.rand(2, 24, 7, 7)
    joined, start = module(x), 0
    for maps in module.maps(x).values():
        assert torch.equal(joined[:, start : start + maps.shape[1]], maps)
        start += maps.shape[1]
    assert start == joined.shape[1] == 32


@pytest.mark.parametrize(("name", "seen"), [("1x1", 1), ("3x3", 3), ("5x5", 5), ("pool", 3)])
def test_each_branch_sees_as_far_as_its_name_says(name, seen):
    torch.manual_seed(0)
    branch = Inception(24, "reduced", 2).eval()[name]
    x = torch.rand(1, 24, 11, 11, requires_grad=True)
    branch(x)[0, :, 5, 5].sum().backward()
    rows = x.grad.abs().sum((0, 1, 3)).nonzero()
    assert rows.max() - rows.min() < seen, "pixels that it must not see"
    if name != "pool":  # pooling hands on one of those that it sees
        assert len(rows) == seen


@pytest.mark.parametrize("branches", ["reduced", "naive", "single"])
def test_every_weight_is_reached(branches):
    net = build(branches=branches, channels=1)
    out = net(torch.rand(8, 1, 28, 28))
    assert out.shape == (8, 10) and len(net.inceptions) == 2
    out.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() for p in net.parameters())
