"""The map under the trails: its heights are the surface's, up is up, and each trail is its own."""

import numpy as np
import pytest
import torch

from dltui.engine.pictures.contour import FARTHEST, HIGH, WIDE, Surface, contour


def slope(w):
    return 2 * w[..., 0] + 30 * w[..., 1]


def test_heights_and_trails_lie_where_they_belong():
    surface = Surface(slope, (-1.0, 2.0), (0.0, 4.0), [(0.5, 1.0)])
    first, second = torch.arange(12.0).view(2, 3, 2)
    payload = contour(surface, {"a": first, "b": second}).table()
    assert payload["values"].shape == (HIGH, WIDE)
    assert payload["values"][0, 0] == pytest.approx(-2 + 120) and payload["values"][-1, -1] == pytest.approx(4)
    assert payload["x"] == [-1.0, 2.0] and payload["y"] == [0.0, 4.0] and payload["names"] == ["a", "b"]
    assert np.array_equal(payload["trail_x"], [[0, 2, 4], [6, 8, 10]])
    assert np.array_equal(payload["trail_y"], [[1, 3, 5], [7, 9, 11]])
    assert payload["marks"] == {"x": [0.5], "y": [1.0]}


def test_what_is_thrown_far_off_can_still_be_kept():
    """Guards the file of a picture, whose half precision holds no more than 65504."""
    payload = contour(Surface(slope, (0.0, 1.0), (0.0, 1.0)), {"a": torch.tensor([[0.0, -1e9]])})
    assert payload.trail_y.tolist() == [[-FARTHEST]] and payload.marks is None
