"""Ways of points: where they end is drawn among data, and the paths lead there."""

import torch

from dltui.engine.pictures.point_paths import PATHS, point_paths


def test_paths_end_at_the_samples_they_are_of():
    ways, data = torch.randn(50, 20, 2), torch.randn(30, 2)
    shown = point_paths(ways, data)
    assert shown.label.tolist() == [0] * 30 + [1] * 20
    for number, path in enumerate(shown.paths):
        assert path.x[0] == ways[0, number, 0] and path.y[-1] == shown.y[30 + number]
    assert len(shown.paths) == PATHS and all(len(path.x) == 8 for path in shown.paths)
