"""PPO: the cart obeys Barto's equations, the advantages and the clipped objective are those of the papers."""

import math

import pytest
import torch

from dltui.engine.algorithms.ppo_cartpole import GAMMA, LAMBDA, advantages, begun, build, moved, objective
from tests.engine.conftest import context


def made(seed=0, steps=30, **options):
    torch.manual_seed(seed)
    return build(**options)(context(seed=seed, steps=steps))


@torch.no_grad()
def trained(part, steps):
    for _ in range(steps):
        part.step()
    return part


def test_the_accelerations_solve_the_equations_of_cart_and_pole():
    """The two equations of motion without friction, in which both accelerations occur."""
    torch.manual_seed(0)
    state, right = torch.randn(20, 4, dtype=torch.float64), torch.randint(2, (20,))
    changes = (moved(state, right)[0] - state) / 0.02
    _, v, angle, w = state.T
    assert torch.allclose(changes[:, 0], v) and torch.allclose(changes[:, 2], w)
    x2, angle2, force = changes[:, 1], changes[:, 3], torch.where(right > 0, 10.0, -10.0)
    assert torch.allclose(1.1 * x2 + 0.05 * (angle2 * angle.cos() - w**2 * angle.sin()), force.double())
    assert torch.allclose(4 / 3 * 0.5 * angle2 + x2 * angle.cos(), 9.8 * angle.sin())


def test_a_pole_falls_at_twelve_degrees_and_a_cart_at_its_track_s_end():
    states = torch.tensor([[0.0, 0, 0, 0], [2.41, 0, 0, 0], [0, 0, -math.radians(12.1), 0], [-2.39, 0, 0.2, 0]])
    assert moved(states, torch.ones(4))[1].tolist() == [False, True, True, False]
    assert begun(1000).abs().max() <= 0.05


def test_advantages_are_the_sum_of_discounted_errors_within_the_episode():
    torch.manual_seed(0)
    delta, ended = torch.randn(9, 2), torch.zeros(9, 2, dtype=torch.bool)
    ended[4, 0] = True
    found = advantages(delta, ended)
    for cart, (first, last) in ((0, (1, 4)), (0, (6, 8)), (1, (0, 8))):
        wanted = sum((GAMMA * LAMBDA) ** (t - first) * delta[t, cart] for t in range(first, last + 1))
        assert found[first, cart] == pytest.approx(wanted.item(), abs=1e-5)


def test_the_objective_gives_no_gradient_beyond_the_interval():
    ratio = torch.tensor([0.5, 0.5, 1.0, 1.5, 1.5], requires_grad=True)
    A = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0])
    slopes = torch.autograd.grad(objective(ratio, A, 0.2), ratio)[0] * 5
    assert slopes.tolist() == [1, 0, 1, 0, -1]
    assert (torch.autograd.grad(objective(ratio, A, 0.0), ratio)[0] * 5).tolist() == A.tolist()


def test_it_resumes_exactly():
    one, other = trained(made(epochs=1), 1), made(seed=7, epochs=1)
    other.load_state_dict(one.state_dict())
    other.seed = one.seed
    for part in (one, other):
        torch.manual_seed(3)
        trained(part, 1)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_a_policy_that_pushes_where_the_pole_leans_keeps_it_up_for_a_while():
    part = made()
    part.policy.forward = lambda state: torch.stack([-state[:, 2] - state[:, 3], state[:, 2] + state[:, 3]], 1) * 100
    found = part.evaluate()
    assert found["mean_return"] > 3 * part.way.values[0] and found["worst_return"] <= found["mean_return"] <= 500
    angles, curve = (picture.payload for picture in part.pictures())
    assert len(angles["curves"]) == 3 and all(abs(one["y"]).max() <= 12 for one in angles["curves"])
    assert len(curve["curves"][0]["y"]) == 1
