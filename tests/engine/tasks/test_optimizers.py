"""The race of optimizers on a net: one start, the step of arrival, and how far each step reaches."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.models import mlp
from dltui.engine.tasks.optimizers import EVERY, METRICS, MODELS, build
from tests.engine.conftest import CPU, blobs


@pytest.fixture
def task():
    torch.manual_seed(0)
    data = Dataset(blobs(200, 0), blobs(100, 1), ("a", "b"), "builtin", "blobs", {"inputs": 2, "classes": 2})
    return build(goal=0.88)(data, {role: mlp.build(inputs=2, outputs=2, hidden=[8]) for role in MODELS}, CPU)


def trained(task, steps, rates, other=0.1):
    optimizers = {role: torch.optim.SGD(net.parameters(), rates.get(role, other)) for role, net in task.nets.items()}
    for _ in range(steps):
        rows = torch.arange(32)
        for objective in task.objectives():
            optimizers[objective.role].zero_grad()
            objective.loss(rows).backward()
            optimizers[objective.role].step()
        task.after_step()


def test_all_begin_with_the_same_weights(task):
    first = list(task.nets["sgd"].parameters())
    for net in task.nets.values():
        assert all(torch.equal(a, b) for a, b in zip(first, net.parameters(), strict=True))


def test_the_length_is_that_of_the_step(task):
    """Guards the moment of looking: before the step and after it, not a step later."""
    trained(task, 1, {"momentum": 0.2, "adam": 0.0})
    lengths = dict(zip(MODELS, task.lengths.values[1].tolist(), strict=True))
    assert lengths["momentum"] == pytest.approx(2 * lengths["sgd"], rel=1e-4) and lengths["adam"] == 0


def test_who_arrives_stands_first_and_keeps_its_step(task):
    trained(task, 60, {"adamw": 1.0}, other=0.0)
    with torch.no_grad():
        values, pictures = task.evaluate(), [picture.payload for picture in task.pictures()]
    assert set(values) < set(METRICS)
    arrived = int(values["steps_adamw"])
    accuracies = task.accuracies.values[:, MODELS.index("adamw")]
    assert arrived < 60 and arrived % EVERY == 0
    assert accuracies[arrived // EVERY] >= 0.88 and (accuracies[: arrived // EVERY] < 0.88).all()
    rows = pictures[1]["rows"]
    assert rows[0][:2] == ["adamw", str(arrived)] and [row[1] for row in rows[1:]] == ["-"] * 7
    assert values["steps_adagrad"] == 60
