"""A net of one number: the sum of its units, which turn over within the interval."""

import pytest
import torch
from torch import nn

from dltui.engine.models.one_hidden_layer import build


@pytest.fixture
def x():
    return torch.linspace(-1, 1, 101)[:, None]


@pytest.mark.parametrize(("activation", "layer"), [("tanh", nn.Tanh()), ("relu", nn.ReLU()), ("linear", nn.Identity())])
def test_it_is_torchs_net_of_two_layers(activation, layer, x):
    net = build(width=5, activation=activation)
    assert torch.allclose(net(x), nn.Sequential(net.hidden, layer, net.head)(x), atol=1e-6)


def test_its_parts_and_the_bias_are_the_whole(x):
    net = build(width=7)
    assert net.parts(x).shape == (101, 7)
    assert torch.allclose(net.parts(x).sum(1) + net.head.bias, net(x)[:, 0], atol=1e-6)


def test_every_unit_turns_over_where_it_is_said_to_and_within_the_interval(x):
    torch.manual_seed(0)
    net = build(width=64)
    places = net.places()
    assert places.abs().max() <= 1 and places.std() > 0.4
    parts = net.activation(net.hidden(places[:, None]))  # (64 places, 64 units)
    assert parts.diagonal().abs().max() < 1e-4


def test_steepness_is_the_size_of_the_first_weights():
    weights = build(width=50, steepness=3.0).hidden.weight
    assert (weights.abs() == 3).all() and weights.min() < 0 < weights.max()
