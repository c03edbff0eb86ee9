"""Early stopping watched: rows held back are not trained on, the copy is measured, the lines stand where they must."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.models import mlp
from dltui.engine.tasks import early_stopping
from tests.engine.conftest import CPU


@pytest.fixture
def task(data):
    torch.manual_seed(0)
    nets = {"model": mlp.build(inputs=2, hidden=[8], outputs=2)}
    return early_stopping.build(validation=0.25, every=5, patience=20)(data, nets, CPU)


def trained(task, steps):
    optimizer = torch.optim.SGD(task.net.parameters(), 0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        task.loss(torch.arange(32)).backward()
        optimizer.step()
        task.after_step()
    return task


def measured(task):
    with torch.no_grad():
        return task.evaluate()


def test_rows_are_parted(task, data):
    assert task.rows == 192 and len(task.held_inputs) == 64
    assert torch.equal(torch.cat([task.held_inputs, task.inputs]), data.train.inputs)


def test_the_copy_is_of_the_least_validation_loss_that_was_seen(task):
    values, seen = measured(trained(task, 60)), task.trajectory
    least = seen.values[:, 1].argmin()
    assert values["best_step"] == task.every * seen.steps[least]  # the trail counts looks
    assert values["returned_validation_loss"] == pytest.approx(seen.values[least, 1].item(), rel=1e-6)
    assert set(values) < set(early_stopping.METRICS)
    best = task.stopping.best
    with torch.no_grad():
        wanted = cross_entropy(best(task.test_inputs), task.test_targets).item()
    assert values["returned_test_loss"] == pytest.approx(wanted)


def test_the_net_goes_on_after_the_stop_and_the_copy_does_not(task):
    """Its labels are turned round on the way: the validation loss can only rise."""
    trained(task, 10)
    task.targets = 1 - task.targets
    stopped = measured(trained(task, 40))
    assert 0 < stopped["stopped_step"] - stopped["best_step"] <= 25
    later = measured(trained(task, 40))
    for name in ("best_step", "stopped_step", "returned_test_loss"):
        assert later[name] == stopped[name]
    assert later["test_loss"] > stopped["test_loss"] > stopped["returned_test_loss"]


def test_the_upright_lines_stand_at_the_best_step_and_at_the_stop(task):
    task.stopping.best_step.fill_(5)
    task.stopping.stopped_step.fill_(25)
    with torch.no_grad():
        payload, returned, now = (picture.payload for picture in task.pictures())
    upright = {curve["name"]: curve["x"] for curve in payload["curves"][2:]}
    assert upright == {"best: 5": [5, 5], "stopped: 25": [25, 25]}
    assert returned["type"] == now["type"] == "field"
