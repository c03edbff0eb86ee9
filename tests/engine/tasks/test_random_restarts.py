"""Little nets from many beginnings: the best is the one shown, and its border is straight where it is said to be."""

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.data import xor
from dltui.engine.models import random_restarts
from dltui.engine.tasks.random_restarts import build, flattened
from tests.engine.conftest import CPU

EXACT = {"v": [[20.0, 20.0, -40.0]], "c": [[-10.0]]}  # the notes': x1 + x2 - 2 x1 x2 - 1/2 > 0


def made(**options):
    torch.manual_seed(0)
    net = random_restarts.build(**options)
    return build()(xor.build().builtin(), {"model": net}, CPU)


def given(task, **weights):
    with torch.no_grad():
        for name, values in weights.items():
            getattr(task.net, name).copy_(torch.tensor(values))
    return task


def shown(task):
    with torch.no_grad():
        return task.evaluate(), {picture.pane: picture.payload for picture in task.pictures()}


def test_the_notes_formula_parts_the_classes_and_is_written_above_them():
    values, panes = shown(given(made(copies=1, hidden=0, products=True), **EXACT))
    assert values["accuracy"] == values["solved"] == 1 and values["product_weight"] == -2
    last = panes["last layer"]
    assert last["y_title"] == "x1 + x2 - 2 x1 x2 - 0.5 > 0"
    assert ((np.asarray(last["y"]) > 0) == np.asarray(last["label"])).all()  # above the border is class 1
    path = last["paths"][0]["y"]
    assert np.allclose(path[~np.isnan(path)], 0, atol=1e-6)


def test_the_best_is_the_copy_with_the_least_training_loss():
    task = made(copies=3, hidden=0, products=True)
    wrong = [-20.0, -20.0, 40.0]
    given(task, v=[wrong, *EXACT["v"], wrong], c=[[10.0], *EXACT["c"], [10.0]])
    values, panes = shown(task)
    assert values["accuracy"] == 1 and values["solved"] == pytest.approx(1 / 3)
    assert panes["beginnings"]["values"] == [1, 0, 0, 2]
    field = np.asarray(panes["field"]["values"])
    assert field[0, 0] > 0.9 and field[-1, 0] < 0.1  # the corner (0, 1), then (0, 0)


def test_the_loss_is_the_mean_of_each_copys_own():
    task = made(copies=4)
    rows = torch.arange(40)
    own = [binary_cross_entropy_with_logits(task.net(task.inputs[rows])[k], task.targets[rows]) for k in range(4)]
    assert task.objectives()[0].loss(rows).item() == pytest.approx(torch.stack(own).mean().item())


def test_two_features_are_shown_as_they_are_with_their_border():
    task = made(copies=1, hidden=2)
    with torch.no_grad():
        last = task._last_layer(0)
        features = task.net.features(task.test_inputs)[0]
        assert np.array_equal(last["x"], features[:, 0]) and last["x_title"] == "h1"
        middle = features.mean(0)
        task.net.c[0] = -(task.net.v[0] @ middle)  # so that the border crosses the points
        path = task._last_layer(0)["paths"][0]
    known = ~np.isnan(path["x"])
    on_path = torch.stack([torch.as_tensor(path[axis][known]) for axis in "xy"], 1)
    assert known.sum() > 20
    assert torch.allclose(on_path @ task.net.v[0].detach() + task.net.c[0], torch.zeros(len(on_path)), atol=1e-5)


def test_flattening_keeps_the_distance_from_the_border():
    generator = torch.Generator().manual_seed(0)
    points, v = torch.randn(50, 5, generator=generator), torch.randn(5, generator=generator)
    flat, normal, _ = flattened(points, v, torch.tensor(0.7))
    assert torch.allclose(flat @ normal, (points @ v + 0.7) / v.norm(), atol=1e-5)
