"""A snapshot where each fall of the rate ends, their average measured, and the map of the way."""

import numpy as np
import pytest
import torch

from dltui.engine.models import mlp
from dltui.engine.schedules import cosine
from dltui.engine.tasks import snapshot_ensemble
from dltui.engine.training.lr_scheduler import LRScheduler
from tests.engine.conftest import CPU


@pytest.fixture
def task(data):
    torch.manual_seed(0)
    nets = {"model": mlp.build(inputs=2, hidden=[6], outputs=2)}
    return snapshot_ensemble.build(every=10, keep=3)(data, nets, CPU)


def trained(task, steps):
    """With the schedule of the recipe; returns the rate of every step."""
    optimizer = torch.optim.SGD(task.net.parameters(), 0.5)
    lr_scheduler, rates = LRScheduler(optimizer, cosine.build(cycles=4), 40), []
    for step in range(1, steps + 1):
        rates.append(lr_scheduler.set_rate(step))
        optimizer.zero_grad()
        task.loss(torch.randint(task.rows, (8,))).backward()
        optimizer.step()
        task.after_step()
    return rates


def test_a_snapshot_is_taken_where_the_rate_is_lowest(task):
    """Guards against a snapshot a step late, when the rate has jumped up and shaken the weights."""
    rates = trained(task, 20)
    assert rates[9] == pytest.approx(min(rates)) == rates[19] and rates[10] == max(rates)
    way = task.way.values.float()
    taken = [torch.cat([weight.flatten() for weight in net.parameters()]) for net in task.snapshots.taken]
    assert len(taken) == 2
    assert torch.allclose(taken[0], way[10]) and torch.allclose(taken[1], way[20])


def test_measures_are_of_the_average_and_of_the_last(task):
    with torch.no_grad():
        assert task.evaluate().keys() == {"now_loss", "snapshots"}
    trained(task, 30)
    with torch.no_grad():
        values = task.evaluate()
        answers = torch.stack([net(task.test_inputs).softmax(1) for net in task.snapshots.taken])
    right = [(answer.argmax(1) == task.test_targets).float().mean().item() for answer in (*answers, answers.mean(0))]
    assert values["last_accuracy"] == pytest.approx(right[2]) and values["accuracy"] == pytest.approx(right[3])
    assert values["mean_accuracy"] == pytest.approx(sum(right[:3]) / 3)
    chance = answers.mean(0).gather(1, task.test_targets[:, None])
    assert values["test_loss"] == pytest.approx(-chance.log().mean().item(), rel=1e-4)
    assert set(values) < set(snapshot_ensemble.METRICS)


def test_the_map_shows_the_way_and_a_dot_a_snapshot(task):
    trained(task, 30)
    with torch.no_grad():
        panes = {picture.pane: picture.payload for picture in task.pictures()}
    valleys = panes["valleys"]
    x, y = valleys["trail_x"][0], valleys["trail_y"][0]
    for number, step in enumerate((10, 20, 30), 1):
        assert valleys["trail_x"][number] == pytest.approx(np.full(len(x), x[step]), abs=1e-5)
        assert valleys["trail_y"][number] == pytest.approx(np.full(len(y), y[step]), abs=1e-5)
    assert valleys["x"][0] < x.min() < x.max() < valleys["x"][1]
    assert len(panes["snapshots"]["captions"]) == 3


def test_before_the_first_step_there_is_a_map_already(task):
    with torch.no_grad():
        [picture] = task.pictures()
    assert np.isfinite(picture.payload["values"]).all()
