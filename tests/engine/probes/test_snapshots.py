"""A snapshot where each fall of the rate ends, their average measured, the map of the way; copies that stay."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine.models import mlp
from dltui.engine.pictures.plane import plane_through
from dltui.engine.probes.snapshots import METRICS, build, flat, losses_at
from dltui.engine.schedules import cosine
from dltui.engine.tasks import classify
from dltui.engine.training.lr_scheduler import LRScheduler
from tests.engine.conftest import context


@pytest.fixture
def probe(data):
    torch.manual_seed(0)
    task = classify.build()(context(data, {"model": mlp.build(inputs=2, hidden=[6], outputs=2)}))
    return build(every=10, keep=3)(task)


def trained(probe, steps):
    """With the schedule of the recipe; returns the rate of every step."""
    optimizer = torch.optim.SGD(probe.task.net.parameters(), 0.5)
    lr_scheduler, rates = LRScheduler(optimizer, cosine.build(cycles=4), 40), []
    for step in range(1, steps + 1):
        rates.append(lr_scheduler.set_rate(step))
        optimizer.zero_grad()
        probe.task.loss(torch.randint(256, (8,))).backward()
        optimizer.step()
        probe.after_step(step)
    return rates


def test_a_snapshot_is_taken_where_the_rate_is_lowest(probe):
    """Guards against a snapshot a step late, when the rate has jumped up and shaken the weights."""
    rates = trained(probe, 20)
    assert rates[9] == pytest.approx(min(rates)) == rates[19] and rates[10] == max(rates)
    way = probe.trajectory.values.float()
    assert len(probe.taken) == 2
    assert torch.allclose(flat(probe.taken[0]), way[10]) and torch.allclose(flat(probe.taken[1]), way[20])


@torch.no_grad()
def test_measures_are_of_the_average_and_of_the_last(probe, data):
    assert probe.evaluate().keys() == {"snapshots"}
    with torch.enable_grad():
        trained(probe, 30)
    values, targets = probe.evaluate(), data.test.targets
    answers = torch.stack([net(data.test.inputs).softmax(1) for net in probe.taken])
    right = [(answer.argmax(1) == targets).float().mean().item() for answer in (*answers, answers.mean(0))]
    assert values["last_accuracy"] == pytest.approx(right[2]) and values["ensemble_accuracy"] == pytest.approx(right[3])
    assert values["mean_accuracy"] == pytest.approx(sum(right[:3]) / 3)
    chance = answers.mean(0).gather(1, targets[:, None])
    assert values["ensemble_loss"] == pytest.approx(-chance.log().mean().item(), rel=1e-4)
    assert values["last_loss"] == pytest.approx(cross_entropy(answers[2].log(), targets).item(), rel=1e-4)
    assert set(values) == set(METRICS)


def test_the_map_shows_the_way_and_a_dot_a_snapshot(probe):
    trained(probe, 30)
    with torch.no_grad():
        panes = {picture.pane: picture.payload for picture in probe.pictures()}
    valleys = panes["valleys"]
    x, y = valleys["trail_x"][0], valleys["trail_y"][0]
    for number, step in enumerate((10, 20, 30), 1):
        assert valleys["trail_x"][number] == pytest.approx(np.full(len(x), x[step]), abs=1e-5)
        assert valleys["trail_y"][number] == pytest.approx(np.full(len(y), y[step]), abs=1e-5)
    assert valleys["x"][0] < x.min() < x.max() < valleys["x"][1]
    assert len(panes["snapshots"]["captions"]) == 3


def test_before_the_first_step_there_is_a_map_already(probe):
    with torch.no_grad():
        [picture] = probe.pictures()
    assert np.isfinite(picture.payload["values"]).all()


def filled(net, value):
    for weight in net.parameters():
        nn.init.constant_(weight, value)
    return net


def shown(probe):
    return [net.head.bias[0].item() for net in probe.taken]


def test_the_newest_are_kept_oldest_first_and_stay_when_the_net_moves_on(probe):
    seen = []
    for value in range(1, 6):
        probe.take(filled(probe.task.net, value))
        seen.append(shown(probe))
    assert seen == [[1], [1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]]
    filled(probe.task.net, 9)
    assert shown(probe) == [3, 4, 5] and not any(weight.requires_grad for weight in probe.nets.parameters())


def test_a_checkpoint_holds_them(probe):
    other = build(every=10, keep=3)(probe.task)
    for value in (4, 5):
        probe.take(filled(probe.task.net, value))
    other.load_state_dict(probe.state_dict())
    assert shown(other) == [4, 5]


def test_three_points_lie_on_their_plane():
    points = torch.randn(3, 10, generator=torch.Generator().manual_seed(0))
    middle, directions = plane_through(points)
    assert torch.allclose(directions @ directions.T, torch.eye(2), atol=1e-5)
    back = middle + (points - middle) @ directions.T @ directions
    assert torch.allclose(back, points, atol=1e-5)


def test_the_loss_at_a_place_is_that_of_a_net_with_these_weights():
    """Guards the order in which one row of weights is parted."""
    torch.manual_seed(0)
    nets = [nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)) for _ in range(3)]
    inputs, targets = torch.randn(20, 3), torch.randint(0, 2, (20,))
    with torch.no_grad():
        found = losses_at(nets[0], torch.stack([flat(net) for net in nets]), cross_entropy, inputs, targets)
        wanted = torch.stack([cross_entropy(net(inputs), targets) for net in nets])
    assert torch.allclose(found, wanted, atol=1e-6)
