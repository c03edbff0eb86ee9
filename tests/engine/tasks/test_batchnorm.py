"""The trial: equal first weights, the step of arrival, small batches, and nothing disturbed by looking."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.models.normalized_mlp import build as net_of
from dltui.engine.tasks.batchnorm import METRICS, MODELS, build
from tests.engine.conftest import CPU, blobs

PLACES = ("none", "before", "after", "none", "before")


@pytest.fixture
def task():
    torch.manual_seed(0)
    data = Dataset(blobs(200, 0), blobs(100, 1), ("a", "b"), "builtin", "blobs", {"inputs": 2, "classes": 2})
    nets = {
        role: net_of(inputs=2, outputs=2, hidden=[8, 8], normalize=place)
        for role, place in zip(MODELS, PLACES, strict=True)
    }
    return build(target=0.5)(data, nets, CPU)


def trained(task, steps):
    optimizers = {role: torch.optim.SGD(net.parameters(), 1.0) for role, net in task.nets.items()}
    for _ in range(steps):
        rows = torch.randint(task.rows, (32,))
        for objective in task.objectives():
            optimizers[objective.role].zero_grad()
            objective.loss(rows).backward()
            optimizers[objective.role].step()
        task.after_step()


@torch.no_grad()
def looked(task):
    for net in task.nets.values():
        net.eval()
    found = task.evaluate(), [picture.payload for picture in task.pictures()]
    for net in task.nets.values():
        net.train()
    return found


def test_all_begin_with_the_same_weights(task):
    weights = [net.layers[0].weight for net in task.nets.values()]
    assert all(torch.equal(weights[0], other) for other in weights)


def test_the_step_of_arrival_is_kept(task):
    """Guards the claim: who has arrived keeps its step, who has not counts on."""
    trained(task, 30)
    values, pictures = looked(task)
    losses = task.losses.values[:, MODELS.index("before")]
    assert 0 < values["steps_before"] < 30
    assert losses[int(values["steps_before"])] <= 0.5 < losses[int(values["steps_before"]) - 1]
    assert values["steps_without_fast"] == 30 or task.place["without_fast"]
    assert pictures[0]["curves"][1]["name"] == f"before: {values['steps_before']:.0f}"
    assert set(values) < set(METRICS)


def test_looking_changes_no_running_statistics(task):
    trained(task, 5)
    before = {name: value.clone() for name, value in task.nets["before"].state_dict().items()}
    looked(task)
    after = task.nets["before"].state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_two_rows_together_lose_what_many_keep(task):
    """Of two rows each unit knows only which is the greater: what is known of a row alone is gone."""
    trained(task, 60)
    net = task.nets["before"].eval()
    with torch.no_grad():
        twos = [task.accuracy_together(net, 2) for _ in range(5)]
        assert max(twos) < task.accuracy_together(net, 100)


def test_what_goes_into_a_unit_is_shown_before_the_activation(task):
    with torch.no_grad():
        net = task.nets["without"].eval()
        h = torch.sigmoid(net.layers[0](task.inputs))
        expected = net.layers[2](h)[:, 0].quantile(torch.tensor([0.15, 0.5, 0.85]))
    assert torch.allclose(task.levels(net), expected, atol=1e-6)
