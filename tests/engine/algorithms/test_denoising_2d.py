"""Denoising in the plane: distances to the curve by brute force, arrows as Gaussian noise near a line predicts them."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from dltui.engine.algorithms import denoising_2d
from tests.engine.conftest import context


def made(steps: int, seed: int = 0, **options: object):
    torch.manual_seed(seed)
    model = denoising_2d.build(**options)(context(None, {}, seed))
    for _ in range(steps):
        model.step()
    return model


def at(t: float) -> np.ndarray:
    return denoising_2d.curve(torch.tensor([t], dtype=torch.float64))[0].numpy()


def test_the_nearest_point_is_that_of_a_search_along_the_curve():
    torch.manual_seed(0)
    for x in 2 * torch.rand(8, 2) - 1:
        away = [
            minimize_scalar(
                lambda t, x=x: np.linalg.norm(at(t) - x.numpy()), bounds=(n / 12, (n + 1) / 12), method="bounded"
            )
            for n in range(12)
        ]
        want = min(found.fun for found in away)
        assert denoising_2d.way_back(x[None]).norm().item() == pytest.approx(want, abs=2e-3)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_correction_is_the_noise_times_the_slope_of_the_density(seed):
    """s^2 grad log p, of the density of points of the curve with noise, worked out from 4000 of them."""
    model = made(1500, seed)
    points = denoising_2d.curve(torch.arange(4000) / 4000)
    y = model.new[:200]
    weights = (-torch.cdist(y, points).square() / (2 * model.noise**2)).softmax(1)
    want = weights @ points - y  # equal to s^2 grad log p
    with torch.no_grad():
        found = model.net(y)
    assert (found - want).norm(dim=1).mean() < 0.3 * want.norm(dim=1).mean()


def test_metrics_tell_a_perfect_net_from_one_that_does_nothing():
    model = made(0)
    model.net = torch.nn.Module()
    model.net.forward = denoising_2d.way_back
    perfect = model.evaluate()
    assert perfect["distance"] < 2e-3 and perfect["cosine"] == pytest.approx(1, abs=1e-3)
    model.net.forward = torch.zeros_like
    idle = model.evaluate()
    assert idle["distance"] == idle["noisy_distance"] and idle["shrinks"] == 1 and idle["cosine"] == 0
    assert idle["noisy_distance"] == pytest.approx(0.15 * math.sqrt(2 / math.pi), rel=0.1), "as across a line"


def test_new_points_are_the_same_for_a_seed_and_others_for_another():
    assert torch.equal(made(0).new, made(2).new) and not torch.equal(made(0).new, made(0, seed=1).new)
