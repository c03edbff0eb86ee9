"""The tangent's journey: it touches, its slope is left behind, and a wrong formula would be found out."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.activations import ACTIVATIONS, Activation
from dltui.engine.tasks.activations import STOPS, build
from tests.engine.conftest import CPU


def made(**options):
    torch.manual_seed(0)
    return build(**options)(None, {}, CPU)


def advanced(task, steps):
    for step in range(1, steps + 1):
        task.advance(step)
    return task


def shown(task):
    return {picture.pane: picture.payload for picture in task.pictures()}


def test_the_tangent_touches_the_curve_with_the_slope_that_is_told():
    """Guards both signs: a tangent that leans the other way still goes through the point."""
    task = advanced(made(), STOPS + 4)  # tanh, at x = 1
    tangent, function, slope, _ = shown(task)["tangent"]["curves"]
    assert function["name"] == "tanh" and tangent["name"] == "tangent at x = +1.0"
    assert np.mean(tangent["y"]) == pytest.approx(np.tanh(1))
    assert np.ptp(tangent["y"]) / np.ptp(tangent["x"]) == pytest.approx(1 - np.tanh(1) ** 2)
    assert slope["x"].min() == pytest.approx(1) and slope["y"][0] == pytest.approx(1 - np.tanh(1) ** 2)


def test_every_function_has_its_turn_and_the_last_stays():
    task, names = made(), []
    for step in range(1, len(ACTIVATIONS) * STOPS + 20):
        names.append(shown(task)["tangent"]["curves"][1]["name"])
        task.advance(step)
    assert list(dict.fromkeys(names)) == list(ACTIVATIONS)
    assert task.evaluate()["shown"] == len(ACTIVATIONS)


def test_a_wrong_slope_is_found_out_before_its_turn(monkeypatch):
    """Guards the claim: the formula of the sigmoid's neighbour has to be missed at the very first step."""
    task = advanced(made(), 1)
    assert task.evaluate()["error"] <= 1e-12
    wrong = ACTIVATIONS["softsign"]._replace(slope=lambda x, _: 1 / (1 + x.abs()))
    monkeypatch.setitem(ACTIVATIONS, "softsign", Activation(*wrong))
    assert advanced(made(), 1).evaluate()["error"] > 0.1


def test_a_knob_that_is_turned_bends_its_function():
    task = made()
    before = dict(zip(*(shown(task)["slopes"][key] for key in ("labels", "values")), strict=True))
    task.place["done"] = STOPS - 1  # at x = -3
    task.a = -0.5
    after = dict(zip(*(shown(task)["slopes"][key] for key in ("labels", "values")), strict=True))
    assert before["PReLU"] == 1 and after["PReLU"] == -0.5 and after["leaky ReLU"] == 0.01
    task.advance(1)
    assert task.evaluate()["error"] <= 1e-12
