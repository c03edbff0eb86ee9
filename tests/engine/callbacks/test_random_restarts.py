"""Copies of a net from many first weights: each is an ordinary net, and the best one counts and is drawn."""

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.callbacks.random_restarts import build, feature_names, flattened, last_layer
from dltui.engine.data import clouds
from dltui.engine.losses import binary_cross_entropy
from dltui.engine.models import mlp
from dltui.engine.tasks import classify
from tests.engine.conftest import context

EXACT = [20.0, 20.0, -40.0], -10.0  # the notes': x1 + x2 - 2 x1 x2 - 1/2 > 0


def made(copies=1, hidden=(), products=False):
    torch.manual_seed(0)
    net = mlp.build(inputs=2, outputs=1, hidden=list(hidden), activation="sigmoid", products=products)
    data = clouds.build(shape="xor", rows=400, spread=0.08).builtin()
    task = classify.build()(context(data, {"model": net}, loss=binary_cross_entropy.build()))
    return build(copies=copies)(task)


def given(callback, *weights):
    """Gives each copy its last layer's weights and bias."""
    stacks = dict(zip(callback.copies.names, callback.copies.stacks, strict=True))
    for copy, (v, c) in enumerate(weights):
        stacks["head.weight"].data[copy, 0], stacks["head.bias"].data[copy, 0] = torch.tensor(v), c
    return callback


@torch.no_grad()
def shown(callback):
    net = callback.copies.nets[0].eval()
    found = callback.task.evaluate() | callback.evaluate(), {p.pane: p.payload for p in callback.pictures()}
    net.train()
    return found


def test_the_notes_formula_parts_the_classes_and_is_written_above_them():
    values, panes = shown(given(made(products=True), EXACT))
    assert values["accuracy"] == values["solved"] == 1 and values["product_weight"] == -2
    last = panes["last layer"]
    assert last["y_title"] == "x1 + x2 - 2 x1 x2 - 0.5 > 0"
    assert ((np.asarray(last["y"]) > 0) == np.asarray(last["label"])).all()  # above the border is class 1
    path = last["paths"][0]["y"]
    assert np.allclose(path[~np.isnan(path)], 0, atol=1e-6)


def test_the_best_is_the_copy_with_the_least_training_loss():
    wrong = [-20.0, -20.0, 40.0], 10.0
    values, panes = shown(given(made(copies=3, products=True), wrong, EXACT, wrong))
    assert values["accuracy"] == 1 and values["solved"] == pytest.approx(1 / 3)
    assert panes["restarts"]["values"] == [1, 0, 0, 2]
    field = np.asarray(panes["field"]["values"])
    assert field[0, 0] > 0.9 and field[-1, 0] < 0.1  # the corner (0, 1), then (0, 0)


def test_a_copy_is_a_net_of_its_own_and_the_loss_is_their_mean():
    callback, rows = made(copies=4, hidden=[3]), torch.arange(40)
    task, train = callback.task, callback.rows.train
    logits = callback.copies.all(train.inputs[rows])
    stacks = dict(zip(callback.copies.names, callback.copies.stacks, strict=True))
    own = []
    for copy in range(4):
        net = mlp.build(inputs=2, outputs=1, hidden=[3], activation="sigmoid")
        net.load_state_dict({name: stack[copy] for name, stack in stacks.items()})
        assert torch.allclose(logits[copy], net(train.inputs[rows]), atol=1e-6)
        own.append(binary_cross_entropy_with_logits(logits[copy, :, 0], train.targets[rows].float()))
    assert task.loss(rows).item() == pytest.approx(torch.stack(own).mean().item())


def test_the_loss_of_one_copy_moves_no_other_and_all_begin_apart():
    callback = made(copies=3, hidden=[2])
    callback.copies.all(callback.rows.train.inputs)[1].sum().backward()
    for stack in callback.copies.stacks:
        assert (stack.grad[[0, 2]] == 0).all() and (stack.grad[1] != 0).any()
        assert len({tuple(copy.flatten().tolist()) for copy in stack}) == 3
    assert callback.parameter_groups("model")[0]["params"] == list(callback.copies.parameters())


@torch.no_grad()
def test_the_learners_own_net_is_the_best_copy_for_whoever_saves_it():
    callback = given(made(copies=2, products=True), ([1.0, 1.0, 1.0], 0.0), EXACT)
    callback.evaluate()
    net = callback.copies.nets[0]
    assert net.head.weight.tolist() == [EXACT[0]] and net.head.bias.item() == EXACT[1]


def test_what_the_last_layer_is_given_has_names():
    names = [feature_names(made(**options).copies.nets[0]) for options in ({}, {"products": True}, {"hidden": [2]})]
    assert names == [["x1", "x2"], ["x1", "x2", "x1 x2"], ["h1", "h2"]]


@torch.no_grad()
def test_two_features_are_shown_as_they_are_with_their_border():
    callback = made(hidden=[2])
    net, points, targets = callback.copies.nets[0], callback.rows.test.inputs, callback.rows.test.targets
    features = net.layers(points)
    v = net.head.weight[0]
    net.head.bias[0] = -(v @ features.mean(0))  # so that the border crosses the points
    last = last_layer(net, points, targets, ("a", "b"))
    assert np.array_equal(last.x, features[:, 0]) and last.x_title == "h1"
    path = last.paths[0]
    known = ~np.isnan(path.x)
    on_path = torch.stack([torch.as_tensor(path.x[known]), torch.as_tensor(path.y[known])], 1)
    assert known.sum() > 20
    assert torch.allclose(on_path @ v + net.head.bias[0], torch.zeros(len(on_path)), atol=1e-5)


def test_flattening_keeps_the_distance_from_the_border():
    generator = torch.Generator().manual_seed(0)
    points, v = torch.randn(50, 5, generator=generator), torch.randn(5, generator=generator)
    flat, normal, _ = flattened(points, v, torch.tensor(0.7))
    assert torch.allclose(flat @ normal, (points @ v + 0.7) / v.norm(), atol=1e-5)
