"""The map under the trails: its heights are the loss, up is up, and each trail is its own."""

import numpy as np
import pytest
import torch

from dltui.engine.layers.linear_neuron import bowl, loss
from dltui.engine.pictures.descent_map import descent_map


def test_heights_and_trails_lie_where_they_belong():
    x = torch.tensor([[2.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
    y = torch.tensor([1.0, -1.0, 0.5], dtype=torch.float64)
    trajectories = torch.arange(12.0).view(3, 2, 2)  # 3 steps of 2
    found = bowl(x, y)
    payload = descent_map(found, x, y, trajectories, ["a", "b"], reach=1.5)
    corner = torch.tensor([payload["x"][0], payload["y"][1]], dtype=torch.float64)  # left, top
    assert payload["values"][0, 0] == pytest.approx(loss(corner, x, y).item(), rel=1e-5)
    assert payload["x"] == pytest.approx((found.least[0] - 1.5, found.least[0] + 1.5))
    assert np.array_equal(payload["trail_x"], [[0, 4, 8], [2, 6, 10]])
    assert np.array_equal(payload["trail_y"], [[1, 5, 9], [3, 7, 11]])
