"""The gradient on its way down: measured as backward() leaves it, lost in sigmoids, kept by skip connections."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import deep_mlp
from dltui.engine.tasks.gradient_flow import METRICS, MODELS, build
from tests.engine.conftest import CPU


def rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return Split(torch.randn(count, 8, generator=generator), torch.randint(0, 3, (count,), generator=generator))


@pytest.fixture
def task():
    torch.manual_seed(0)
    data = Dataset(rows(64, 0), rows(32, 1), ("a", "b", "c"), "builtin", "noise", {"inputs": 8, "classes": 3})
    nets = {
        role: deep_mlp.build(inputs=8, outputs=3, activation="sigmoid" if role == "skip" else role, skip=role == "skip")
        for role in MODELS
    }
    return build()(data, nets, CPU)


def test_norms_are_those_that_backward_leaves(task):
    """Guards the order of the layers: the first is the one nearest to the input."""
    net = task.nets["relu"]
    cross_entropy(net(task.inputs), task.targets).backward()
    expected = [layer.weight.grad.norm().item() for layer in net.layers]
    assert task.norms(net).tolist() == pytest.approx(expected, rel=1e-4)


def test_sigmoid_loses_the_gradient_and_skip_connections_keep_it(task):
    """Guards the skip: without `h +` it is the sigmoid's net, and its ratio 10^-19."""
    with torch.no_grad():
        values = task.evaluate()
    assert set(values) < set(METRICS)
    assert values["ratio_sigmoid"] < 1e-12 < 0.01 < values["ratio_skip"]


def test_each_layer_of_sigmoids_leaves_less(task):
    ratios = [math.log10(value) for value in task.untrained["sigmoid"]]
    per_layer = (ratios[-1] - ratios[0]) / (task.depths[-1] - task.depths[0])
    assert task.depths[0] == 2 and task.depths[-1] == 30
    assert per_layer < math.log10(0.25) + 0.1  # no sigmoid is steeper than 1/4


def test_every_net_is_drawn_over_layers_and_over_depths(task):
    with torch.no_grad():
        layers, depths = (picture.payload for picture in task.pictures())
    assert [curve["name"] for curve in layers["curves"]] == [curve["name"] for curve in depths["curves"]]
    assert all(len(curve["x"]) == 30 for curve in layers["curves"])


def test_a_training_step_moves_each_net(task):
    for objective in task.objectives():
        loss = objective.loss(torch.arange(16))
        loss.backward()
        assert task.nets[objective.role].head.weight.grad.norm() > 0


@pytest.mark.parametrize("skip", [False, True])
def test_the_nets_of_other_depths_are_alike_but_new(skip):
    net = deep_mlp.build(depth=5, activation="softplus", skip=skip)
    other = net.with_depth(9)
    assert len(other.layers) == 9 and other.skip == skip and other.name == "softplus"
    assert not torch.equal(other.first.weight, net.first.weight)
