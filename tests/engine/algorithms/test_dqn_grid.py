"""DQN: value iteration agrees with trying all policies, the memory and the target net do what they say."""

import itertools

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.dqn_grid import World, build
from tests.engine.conftest import context


def made(seed=0, steps=3000, **options):
    torch.manual_seed(seed)
    return build(**options)(context(seed=seed, steps=steps))


@torch.no_grad()
def trained(net, steps):
    for _ in range(steps):
        net.step()
    return net


def test_value_iteration_finds_the_best_of_all_policies():
    world = World(0.9, 0.2, ("..G", "X#."))
    policies = (list(moves) for moves in itertools.product(range(4), repeat=3))
    free = world.starts.tolist()
    assert free == [0, 1, 5]
    best = torch.full((6,), -torch.inf, dtype=torch.float64)
    for moves in policies:
        policy = torch.zeros(6, dtype=torch.long)
        policy[world.starts] = torch.tensor(moves)
        best = torch.maximum(best, world.value_of(policy))
    assert torch.allclose(world.best[free], best[free])
    assert world.share(world.promised(world.best).argmax(1)) == pytest.approx(1)


def test_a_straight_corridor_has_powers_of_the_discount():
    world = World(0.9, 0.0, ("....G",))
    assert torch.allclose(world.best[:4], 0.9 ** torch.tensor([3.0, 2.0, 1.0, 0.0], dtype=torch.float64))


def test_moves_slip_as_often_as_their_probabilities_say():
    torch.manual_seed(0)
    world = World(0.9, 0.4)
    cell, move = torch.tensor(14), torch.tensor(1)
    seen = torch.stack([world.moved(cell, move) for _ in range(3000)]).bincount(minlength=36) / 3000
    assert torch.allclose(seen.double(), world.P[14, 1], atol=0.04)
    assert torch.allclose(world.P.sum(2), torch.ones(36, 4, dtype=torch.float64))


def test_a_memory_of_four_is_the_moves_just_made():
    net = trained(made(memory=4, batch=4), 3)
    assert len(net.memory) == 4 and int(net.walked) == 12
    assert (net.world.next[net.memory[:, 0]] == net.memory[:, 2:]).any(1).all()  # each leads to a neighbour


def test_the_target_network_is_renewed_at_its_time_only():
    net = trained(made(copy_every=5), 4)
    assert not torch.equal(net.target[0].weight, net.net[0].weight)
    trained(net, 1)
    assert torch.equal(net.target[0].weight, net.net[0].weight)


def test_it_resumes_exactly():
    one, other = trained(made(), 10), made(seed=7)
    other.load_state_dict(one.state_dict())
    for net in (one, other):
        torch.manual_seed(3)
        trained(net, 10)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_it_shows_arrows_only_where_one_can_go():
    net = trained(made(), 50)
    value, best, curve = (picture.payload for picture in net.pictures())
    aims = np.isfinite(value["points"]["dx"])
    assert aims.sum() == len(net.world.starts) and np.array_equal(aims, np.isfinite(best["points"]["dx"]))
    assert value["values"].shape == (48, 48) and curve["curves"][0]["x"][-1] == 50
