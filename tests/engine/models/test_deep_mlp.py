"""Equal layers: where the normalisation stands, which weights they begin with, and nets of other depths."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from dltui.engine.layers.batch_normalization import BatchNormalization
from dltui.engine.models.deep_mlp import ACTIVATIONS, build

FUNCTIONS = {
    "linear": lambda x: x,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": functional.softplus,
    "relu": torch.relu,
    "leaky_relu": lambda x: functional.leaky_relu(x, 0.01),
    "prelu": lambda x: functional.leaky_relu(x, 0.25),
    "elu": functional.elu,
    "gelu": functional.gelu,
}


def order_of(net, rows):
    """The kinds of modules that rows pass, in their order."""
    seen = []
    hooks = [
        module.register_forward_hook(lambda module, *_: seen.append(type(module)))
        for module in net.modules()
        if isinstance(module, nn.Linear | nn.Sigmoid | BatchNormalization)
    ]
    net(rows)
    for hook in hooks:
        hook.remove()
    return seen


@pytest.mark.parametrize(
    ("normalize", "order"),
    [
        ("none", [nn.Linear, nn.Sigmoid]),
        ("before", [nn.Linear, BatchNormalization, nn.Sigmoid]),
        ("after", [nn.Linear, nn.Sigmoid, BatchNormalization]),
    ],
)
def test_the_order_of_a_layer(normalize, order):
    net, rows = build(width=6, depth=1, activation="sigmoid", normalize=normalize), torch.rand(3, 1, 8, 8)
    assert order_of(net, rows) == [*order * 2, nn.Linear]
    assert net(rows).shape == (3, 10)


def test_a_bias_stands_only_where_it_would_not_be_taken_away():
    net = build(depth=1, normalize="before")
    assert net.first.bias is None and net.layers[0].bias is None and net.head.bias is not None
    assert build(normalize="after").first.bias is not None


@pytest.mark.parametrize("normalize", ["before", "after"])
def test_nets_with_and_without_normalisation_begin_with_the_same_weights(normalize):
    torch.manual_seed(0)
    without = build(depth=2, initialisation="torch")
    torch.manual_seed(0)
    net = build(depth=2, initialisation="torch", normalize=normalize)
    assert all(torch.equal(a.weight, b.weight) for a, b in zip(net.linear, without.linear, strict=True))


@pytest.mark.parametrize(("activation", "gain"), [("relu", 2), ("gelu", 2), ("tanh", 1), ("softplus", 1)])
def test_the_first_weights_suit_the_activation(activation, gain):
    torch.manual_seed(0)
    net = build(width=200, depth=1, activation=activation)
    assert net.layers[0].weight.var().item() == pytest.approx(gain / 200, rel=0.03)
    assert all(layer.bias.eq(0).all() for layer in net.linear)


@pytest.mark.parametrize("skip", [False, True])
def test_the_nets_of_other_depths_are_alike_but_new(skip):
    net = build(depth=5, activation="softplus", skip=skip)
    other = net.with_depth(9)
    assert len(other.layers) == 9 and other.options.skip == skip and other.options.activation == "softplus"
    assert not torch.equal(other.first.weight, net.first.weight)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_each_layer_is_followed_by_its_activation(activation):
    """Guards the sign of a leak: with the other one the unit is V-shaped."""
    net, rows = build(depth=2, activation=activation, initialisation="torch"), torch.randn(4, 64)
    h = rows
    for layer in (net.first, *net.layers):
        h = FUNCTIONS[activation](layer(h))
    torch.testing.assert_close(net(rows), net.head(h))


def test_a_skip_adds_what_goes_into_a_layer():
    net, rows = build(depth=2, skip=True, activation="tanh"), torch.randn(4, 64)
    h = torch.tanh(net.first(rows))
    for layer in net.layers:
        h = h + torch.tanh(layer(h))
    assert torch.allclose(net(rows), net.head(h))


@pytest.mark.parametrize("width", [8, 64])
def test_every_unit_begins_to_turn_over_at_a_knot_within_the_interval(width):
    torch.manual_seed(0)
    net = build(inputs=1, width=width, depth=0, outputs=1, activation="tanh", initialisation="knots")
    w, b = net.first.weight[:, 0], net.first.bias
    places = -b / w
    assert places.abs().max() <= 1 and places.std() > 0.4
    assert (w.abs() == 6).all() and w.min() < 0 < w.max()
