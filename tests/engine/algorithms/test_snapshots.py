"""Snapshots: copies that stay, the newest of them; a plane through weights, and the loss on it."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.snapshots import Snapshots, flat, losses_at, plane_through


def of_weight(value):
    net = nn.Linear(2, 1)
    for weight in net.parameters():
        nn.init.constant_(weight, value)
    return net


def shown(snapshots):
    return [net.bias.item() for net in snapshots.taken]


def test_the_newest_are_kept_oldest_first():
    snapshots, seen = Snapshots(of_weight(0), 3), []
    for value in range(1, 6):
        snapshots.take(of_weight(value))
        seen.append(shown(snapshots))
    assert seen == [[1], [1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]]


def test_a_snapshot_stays_when_the_net_moves_on():
    net = of_weight(1)
    snapshots = Snapshots(net, 2)
    snapshots.take(net)
    nn.init.constant_(net.bias, 9)
    assert shown(snapshots) == [1]
    assert not any(weight.requires_grad for weight in snapshots.parameters())


def test_a_checkpoint_holds_them():
    snapshots, other = Snapshots(of_weight(0), 3), Snapshots(of_weight(0), 3)
    for value in (4, 5):
        snapshots.take(of_weight(value))
    other.load_state_dict(snapshots.state_dict())
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
