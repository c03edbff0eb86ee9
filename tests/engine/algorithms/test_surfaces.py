"""Surfaces: each is lowest, flat and on its map where it says."""

import pytest
import torch

from dltui.engine.algorithms.surfaces import SURFACES


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_is_lowest_where_it_says_and_flat_there(name):
    surface, start = SURFACES[name]
    lowest = torch.tensor(surface.minima, dtype=torch.float64, requires_grad=True)
    heights = surface.height(lowest)
    (slope,) = torch.autograd.grad(heights.sum(), lowest)
    assert slope.abs().max() < 1e-12 and (heights - heights[0]).abs().max() < 1e-12
    xs, ys = torch.linspace(*surface.x, 201).double(), torch.linspace(*surface.y, 201).double()
    assert surface.height(torch.cartesian_prod(xs, ys)).min() >= heights[0] - 1e-12
    for place in (start, *surface.minima):
        assert surface.x[0] <= place[0] <= surface.x[1] and surface.y[0] <= place[1] <= surface.y[1]


def test_known_heights():
    def height(name, at):
        return SURFACES[name][0].height(torch.tensor(at)).item()

    assert height("rosenbrock", [-1.5, 2.0]) == pytest.approx((2.5**2 + 100 * 0.25**2) / 100)
    assert height("beale", [3.0, 0.5]) == pytest.approx(0, abs=1e-12)
    assert height("saddle", [0.0, 2**0.5]) == pytest.approx(-0.5)
