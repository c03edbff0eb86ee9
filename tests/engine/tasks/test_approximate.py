"""A curve drawn as a sum: what is measured is not what was trained on, and what is drawn adds up to the net."""

import numpy as np
import pytest
import torch

from dltui.engine.models import one_hidden_layer
from dltui.engine.tasks.approximate import CURVES, build
from tests.engine.conftest import CPU


def made(curve="wave", **options):
    torch.manual_seed(0)
    return build(curve=curve)(None, {"model": one_hidden_layer.build(**options)}, CPU)


def shown(task):
    with torch.no_grad():
        return task.evaluate(), {picture.pane: picture.payload for picture in task.pictures()}


def test_the_units_that_are_drawn_add_up_to_the_net_in_the_order_of_their_places():
    task = made(width=12)
    _, panes = shown(task)
    rows = np.asarray(panes["units"]["values"])
    units = rows[::8]
    assert units.shape == (12, 511) and np.array_equal(units.repeat(8, axis=0), rows)
    net = panes["fit"]["curves"][0]["y"]
    assert np.allclose(units.sum(0) + task.net.head.bias.item(), net, atol=1e-5)
    turns = np.abs(np.diff(units, axis=1)).argmax(1)  # where each is steepest
    assert (np.diff(turns) <= 1).all()  # the rightmost first


def test_the_error_is_measured_between_the_points_of_the_training():
    task = made(width=4)
    between = (task.x[1:] + task.x[:-1]) / 2
    with torch.no_grad():
        distance = (task.net(between) - CURVES["wave"](between)).abs()
    values, _ = shown(task)
    assert values["error"] == pytest.approx(distance.square().mean().item(), rel=1e-4)
    assert values["worst"] == pytest.approx(distance.max().item(), rel=1e-4)


def test_the_loss_of_all_rows_is_the_mean_squared_distance():
    task = made(width=4)
    want = torch.nn.functional.mse_loss(task.net(task.x), task.y)
    assert task.loss(torch.arange(task.rows)).item() == pytest.approx(want.item())


def test_units_that_are_linear_draw_a_line():
    _, panes = shown(made(width=32, activation="linear"))
    assert np.abs(np.diff(panes["fit"]["curves"][0]["y"], 2)).max() < 1e-4


def test_curves_are_what_their_names_say():
    x = torch.linspace(-1, 1, 2001, dtype=torch.float64)[:-1]
    steps = {name: curve(x).diff().abs() for name, curve in CURVES.items()}
    assert (steps["stairs"] > 1e-9).sum() == 3 and steps["stairs"].max() == 0.5
    assert steps["wave"].max() < 0.03 and steps["corners"].max() < 0.005
    assert (CURVES["corners"](x).diff().diff().abs() > 1e-6).sum() >= 3
    assert all(curve(x).abs().max() < 2 for curve in CURVES.values())
