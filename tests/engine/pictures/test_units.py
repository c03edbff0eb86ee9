"""What goes through activations: caught in their order, their slopes as the formulas say, spreads as numpy has them."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from dltui.engine.models import deep_mlp
from dltui.engine.pictures.units import function_picture, layers_picture, passes, slope, spreads


@pytest.fixture
def rows():
    return torch.randn(40, 6, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4), nn.Sigmoid(), nn.Linear(4, 2))


def test_passes_are_what_goes_in_and_out_in_order(net, rows):
    first, second = passes(net, rows)
    assert torch.equal(first.inputs, net[0](rows)) and torch.equal(first.outputs, net[0](rows).tanh())
    assert torch.equal(second.inputs, net[2](first.outputs)) and second.activation is net[3]
    assert not any(module._forward_hooks for module in net.modules())


def test_spread_is_over_rows_and_not_over_units(net, rows):
    """Guards the dimension: units that differ from one another, alike for all rows, spread nothing."""
    seen = passes(net, rows)
    want = [math.sqrt((each.outputs.detach().numpy().std(0) ** 2).mean()) for each in seen]
    assert spreads(seen).tolist() == pytest.approx(want, rel=1e-5)
    assert spreads(passes(net, rows[:1].repeat(9, 1))).tolist() == pytest.approx([0, 0], abs=1e-6)


SLOPES = {  # as calculus has them
    "linear": np.ones_like,
    "sigmoid": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
    "tanh": lambda x: 1 - np.tanh(x) ** 2,
    "softplus": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.where(x > 0, 1, 0),
    "leaky_relu": lambda x: np.where(x > 0, 1, 0.01),
    "prelu": lambda x: np.where(x > 0, 1, 0.25),
    "elu": lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0))),
    "gelu": lambda x: (
        np.vectorize(lambda v: (1 + math.erf(v / 2**0.5)) / 2)(x) + x * np.exp(-x * x / 2) / math.tau**0.5
    ),
}


@pytest.mark.parametrize("name", deep_mlp.ACTIVATIONS)
def test_slopes_are_those_of_the_formulas(name):
    """Guards each activation's name too: it is the slope that tells leaky ReLU from ReLU."""
    x = torch.linspace(-3, 3, 60)
    assert np.allclose(slope(deep_mlp.ACTIVATIONS[name](), x), SLOPES[name](x.numpy()), atol=1e-5)


def test_the_picture_of_the_layers_shows_both_lines(net, rows):
    with torch.no_grad():
        seen = passes(net, rows)
        picture = layers_picture(seen)
    spread, slopes = picture["curves"]
    assert picture["log_y"] and spread["x"].tolist() == [1, 2]
    assert spread["y"].tolist() == pytest.approx(spreads(seen).tolist())
    assert slopes["y"][1] == pytest.approx((seen[1].outputs * (1 - seen[1].outputs)).mean().item(), rel=1e-5)


def test_the_picture_of_the_activation_is_the_last_ones(rows):
    """Guards the bins: an input of 2 is counted above 2."""
    net = nn.Sequential(nn.ReLU(), nn.Sigmoid())
    with torch.no_grad():
        picture = function_picture(passes(net, torch.full((3, 6), 2.0)))
    function, slopes, inputs = picture["curves"]
    at = int(np.abs(inputs["x"] - 2).argmin())
    assert inputs["y"].tolist() == [float(place == at) for place in range(len(inputs["x"]))]
    assert function["y"][at] == pytest.approx(1 / (1 + math.exp(-2))) and slopes["y"].max() == pytest.approx(0.25)


def test_a_function_without_end_is_cut_off_at_1():
    with torch.no_grad():
        function = function_picture(passes(nn.ReLU(), torch.zeros(1, 1)))["curves"][0]
    x, y = function["x"], function["y"]
    assert np.isnan(y[x > 1.05]).all() and np.allclose(y[x < 0.95], x[x < 0.95].clip(0))
