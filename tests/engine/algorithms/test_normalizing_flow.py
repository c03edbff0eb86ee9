"""A flow in the plane: its density always sums to 1, it learns moons, and its grid is bent as its points are."""

import pytest
import torch

from dltui.engine.algorithms.normalizing_flow import LINES, build
from dltui.engine.data import clouds
from tests.engine.conftest import context


def made(**options):
    torch.manual_seed(0)
    return build(**options)(context(clouds.build(shape="moons", rows=1000, spread=0.1).builtin()))


def test_it_learns_the_density_and_keeps_its_mass():
    flow = made(couplings=4)
    before = flow.evaluate()
    for _ in range(150):
        flow.step()
    after = flow.evaluate()
    assert after["log_likelihood"] > before["log_likelihood"] + 0.5 and after["inverse_error"] < 1e-5
    assert before["mass"] == pytest.approx(1, abs=1e-3) == after["mass"]


def test_without_the_determinant_all_is_pulled_to_one_point():
    flow = made(couplings=2, count_volume=False)
    for _ in range(150):
        flow.step()
    z, _ = flow.flow(flow.test)
    assert z.std() < 0.3 and flow.evaluate()["mass_error"] > 0.5


def test_the_grid_is_what_the_inverse_makes_of_straight_lines():
    flow = made()
    flow.step()
    grid, density, _ = (picture.payload for picture in flow.pictures())
    assert len(grid["paths"]) == 2 * LINES and density["values"].max() == 1
    first = grid["paths"][0]
    back, _ = flow.flow(torch.stack([torch.from_numpy(first[axis]) for axis in "xy"], 1))
    assert torch.allclose(back[:, 0], torch.full((80,), -2.0), atol=1e-4)
