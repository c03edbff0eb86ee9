"""Activations and their slopes against what torch has, below, at and above the corner; and the tangent's journey."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from dltui.engine.algorithms.activations import ACTIVATIONS, STOPS, Factors, build
from tests.engine.conftest import context

X = torch.tensor([-30.0, -2.0, -0.3, 0.0, 0.3, 2.0, 30.0], dtype=torch.float64)
TORCHS = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "arctan": torch.arctan, "softsign": functional.softsign,
    "ReLU": torch.relu, "leaky ReLU": functional.leaky_relu, "softplus": functional.softplus,
    "ELU": lambda x: functional.elu(x, 0.7), "PReLU": lambda x: functional.leaky_relu(x, -0.3),
    "tanh + ax": lambda x: torch.tanh(x) + 0.1 * x,
}  # fmt: skip


def test_every_function_of_the_zoo_is_compared():
    assert set(ACTIVATIONS) == {*TORCHS, "noisy ReLU"}


@pytest.mark.parametrize("name", TORCHS)
def test_values_and_slopes_are_torchs(name):
    each, factors = ACTIVATIONS[name], Factors(a=-0.3, alpha=0.7)
    x = X.clone().requires_grad_()
    wanted = TORCHS[name](x)
    torch.testing.assert_close(each.value(X, factors), wanted.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(each.slope(X, factors), torch.autograd.grad(wanted.sum(), x)[0], rtol=1e-12, atol=1e-12)


def test_a_draw_moves_the_corner_of_the_noisy_one_and_it_is_never_below_0():
    noisy = ACTIVATIONS["noisy ReLU"]
    for z in (-2.0, 0.0, 2.0):
        values = noisy.value(X, Factors(z=z))
        assert (values >= 0).all() and torch.equal(values > 0, X + z * torch.sigmoid(X).sqrt() > 0)
    near = torch.tensor(0.4, dtype=torch.float64)
    difference = noisy.value(near + 1e-6, Factors(z=1.5)) - noisy.value(near - 1e-6, Factors(z=1.5))
    assert noisy.slope(near, Factors(z=1.5)).item() == pytest.approx(difference.item() / 2e-6, abs=1e-8)


def test_the_slope_of_a_sigmoid_is_a_quarter_at_most():
    sigmoid, factors = ACTIVATIONS["sigmoid"], Factors()
    assert sigmoid.slope(torch.linspace(-9, 9, 181), factors).max().item() == pytest.approx(0.25)


# -- the tangent's journey ---------------------------------------------------------------------------------------------


def made(**options):
    return build(**options)(context())


def shown(moment):
    return {picture.pane: picture.payload for picture in moment.pictures}


def test_the_tangent_touches_the_curve_with_the_slope_that_is_shown():
    """Guards both signs: a tangent that leans the other way still goes through the point."""
    tangent, function, slope, _ = shown(made().at(len(STOPS) + 4))["tangent"]["curves"]  # tanh, at x = 1
    assert function["name"] == "tanh" and tangent["name"] == "tangent at x = +1.0"
    assert np.mean(tangent["y"]) == pytest.approx(np.tanh(1))
    assert np.ptp(tangent["y"]) / np.ptp(tangent["x"]) == pytest.approx(1 - np.tanh(1) ** 2)
    assert slope["x"].min() == pytest.approx(1) and slope["y"][0] == pytest.approx(1 - np.tanh(1) ** 2)


def test_every_function_has_its_turn():
    walk = made()
    names = [shown(walk.at(step))["tangent"]["curves"][1]["name"] for step in range(walk.length + 1)]
    assert list(dict.fromkeys(names)) == list(ACTIVATIONS)
    assert walk.at(walk.length).metrics["shown"] == len(ACTIVATIONS)


def test_a_wrong_slope_is_found_out_before_its_turn(monkeypatch):
    """Guards the claim: the formula of the sigmoid's neighbour has to be missed at the very first step."""
    assert made().at(1).metrics["error"] <= 1e-12
    wrong = ACTIVATIONS["softsign"]._replace(slope=lambda x, _: 1 / (1 + x.abs()))
    monkeypatch.setitem(ACTIVATIONS, "softsign", wrong)
    assert made().at(1).metrics["error"] > 0.1


def test_a_knob_that_is_turned_bends_its_function():
    walk = made()
    before = walk.at(0)
    walk.a = -0.5
    moment = walk.at(len(STOPS) - 1)  # at x = -3
    bars = [shown(each)["slopes"] for each in (before, moment)]
    before, after = (dict(zip(each["labels"], each["values"], strict=True)) for each in bars)
    assert before["PReLU"] == 1 and after["PReLU"] == -0.5 and after["leaky ReLU"] == 0.01
    assert moment.metrics["error"] <= 1e-12
