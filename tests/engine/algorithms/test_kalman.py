"""The Kalman filter and smoother against the closed-form posterior of the joint Gaussian, and a recursion of numpy."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms import kalman
from dltui.engine.algorithms.kalman import PRIOR, PUSH, F, H, distance, drawn, filtered, of_joint, smoothed

PUSHED, NOISE = 0.3, 0.7
Q, R = PUSHED**2 * torch.outer(PUSH, PUSH), NOISE**2


@pytest.fixture
def y() -> torch.Tensor:
    torch.manual_seed(0)
    return drawn(PUSHED, NOISE)[1][:9]  # (9, S)


def test_the_joint_posterior_is_that_of_the_density_itself(y):
    """Guards the reference: its mean is where the log-density of all states and measurements is stationary."""
    z = of_joint(y, Q, R).m[:, 0].requires_grad_()  # (9, 2)
    Q_full = Q + 1e-9 * torch.eye(2, dtype=Q.dtype)  # a push moves both numbers at once: Q has rank 1
    mean = of_joint(y, Q_full, R).m[:, 0].detach().requires_grad_()
    moved = mean[1:] - mean[:-1] @ F.T
    energy = mean[0] @ torch.linalg.solve(PRIOR, mean[0]) + (moved @ torch.linalg.inv(Q_full) * moved).sum()
    energy = 0.5 * (energy + ((y[:, 0] - mean @ H) ** 2).sum() / R)
    energy.backward()
    assert mean.grad.abs().max() < 1e-4
    torch.testing.assert_close(mean, z, atol=1e-6, rtol=0)


def test_smoother_and_last_filtered_state_are_the_joint_posterior(y):
    known, predicted = filtered(y, Q, R)
    joint = of_joint(y, Q, R)
    assert distance(smoothed(known, predicted), joint) < 1e-10
    for t in (1, 4, len(y)):  # the filter at t knows what the joint Gaussian of the first t knows
        end = of_joint(y[:t], Q, R)
        torch.testing.assert_close(known.m[t - 1], end.m[-1])
        torch.testing.assert_close(known.P[t - 1], end.P[-1])


def test_covariances_are_those_of_many_draws():
    """Guards the model: errors of the filter spread as it says."""
    torch.manual_seed(1)
    z, y = (torch.cat(parts, 1) for parts in zip(*(drawn(PUSHED, NOISE) for _ in range(50)), strict=True))
    known, _ = filtered(y, Q, R)
    for t in (0, 5, 60):
        away = (z - known.m)[t]
        np.testing.assert_allclose(torch.cov(away.T), known.P[t], atol=0.05)


def test_the_walkthrough_ends_when_all_is_smoothed():
    torch.manual_seed(0)
    walk = kalman.build()(None)
    first, last = walk.at(1).metrics, walk.at(walk.length).metrics
    assert first["smoothed_rmse"] == first["filtered_rmse"]
    assert last["smoothed_rmse"] < last["filtered_rmse"] < last["measured_rmse"]
