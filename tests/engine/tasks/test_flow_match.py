"""Flow matching: the loss is the formula, Euler's steps are exact for an even velocity, near partners are found."""

import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import nn

from dltui.engine.tasks.flow_match import TIME, build, partners
from tests.engine.conftest import context


class Net(nn.Module):
    """A velocity that is the same everywhere, or leads to the origin at t = 1."""

    def __init__(self, to_origin=False):
        super().__init__()
        self.v, self.to_origin = nn.Parameter(torch.tensor([1.0, -2.0])), to_origin

    def forward(self, x, t):
        assert t.min() >= 0 and t.max() <= TIME
        return -x / (1 - t[:, None] / TIME) if self.to_origin else self.v.expand_as(x)


def made(data, net, **options):
    torch.manual_seed(0)
    return build(**options)(context(data, {"model": net}))


def test_the_loss_is_that_of_the_straight_way(data):
    task = made(data, Net())
    rows = torch.arange(40)
    torch.manual_seed(3)
    found = task.loss(rows)
    torch.manual_seed(3)
    x = task.rows.train.inputs[rows]
    assert torch.isclose(found, (task.net.v - (x - torch.randn_like(x))).square().mean())


@torch.no_grad()
@pytest.mark.parametrize("steps", [1, 7])
def test_steps_go_as_far_as_the_velocity_says(data, steps):
    points, _ = made(data, Net()).ways(torch.zeros(3, 2), steps)
    assert len(points) == steps + 1 and torch.allclose(points[-1], torch.tensor([1.0, -2.0]).expand(3, 2))
    to_origin, _ = made(data, Net(to_origin=True)).ways(torch.randn(5, 2), steps)
    assert torch.allclose(to_origin[-1], torch.zeros(5, 2), atol=1e-5)


@torch.no_grad()
def test_a_straight_path_has_no_bend_and_one_that_turns_has(data):
    task = made(data, Net())
    assert task.evaluate()["bend"] < 1e-9
    task.velocity = lambda x, t: torch.tensor([1.0, 0.0] if t < 0.5 else [0.0, 1.0]).expand_as(x)
    assert task.evaluate()["bend"] == pytest.approx(1, abs=1e-4)  # |(1, 0) - (.5, .5)|^2 over |(.5, .5)|^2


def test_near_partners_cost_about_as_little_as_can_be_and_come_about_once():
    torch.manual_seed(0)
    x, z = torch.randn(64, 2) + 2, torch.randn(64, 2)
    costs = torch.cdist(x, z).square()
    found = partners(x, z)
    least = costs[linear_sum_assignment(costs.numpy())].mean()
    assert costs.mean() > 1.3 * least and costs[torch.arange(64), found].mean() < 1.1 * least
    assert len(found.unique()) > 32


@torch.no_grad()
def test_as_many_points_as_asked_for_and_the_same_noise_the_same_points(data):
    task = made(data, Net(), sampling_steps=3)
    first, again = (task.sample(9, torch.Generator().manual_seed(1)) for _ in range(2))
    assert first.shape == (9, 2) and torch.equal(first, again)
    assert [picture.pane for picture in task.pictures()] == ["paths", "off the straight way"]
