"""The soft arg max: the centre of mass of a map, the arg max of a steep one, and a gradient that moves the heat."""

import numpy as np
import torch
from scipy.ndimage import center_of_mass
from torch.nn.functional import one_hot

from dltui.engine.layers.soft_argmax import soft_argmax


def test_it_is_the_centre_of_mass_of_the_softmax():
    """Maps that are wider than high: guards against x and y changed about."""
    logits = torch.randn(3, 2, 5, 9, dtype=torch.float64)
    points, heat = soft_argmax(logits)
    assert torch.allclose(heat.sum((2, 3)), torch.ones(3, 2, dtype=torch.float64))
    assert torch.allclose(heat.log().diff(dim=3), logits.diff(dim=3))
    for of_map, (x, y) in zip(heat.flatten(0, 1).numpy(), points.flatten(0, 1).tolist(), strict=True):
        row, column = center_of_mass(of_map)
        assert np.allclose([x * 9 - 0.5, y * 5 - 0.5], [column, row])


def test_a_steep_map_gives_the_middle_of_its_hottest_cell():
    hottest = one_hot(torch.tensor(2 * 7 + 4), 35).view(5, 7) * 100.0
    points, _ = soft_argmax(hottest)
    assert torch.allclose(points, torch.tensor([4.5 / 7, 2.5 / 5]))


def test_heat_moves_towards_where_the_point_should_be():
    """Too far left: the gradient cools what lies left of the answer and heats what lies right of it."""
    logits = torch.zeros(1, 6, requires_grad=True)
    (0.9 - soft_argmax(logits)[0][0]).backward()
    assert (logits.grad[0, :3] > 0).all() and (logits.grad[0, 3:] < 0).all()
