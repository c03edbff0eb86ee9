"""Streets: the distances are those of the geometry, and nearness says them exactly enough."""

import numpy as np
import torch

from dltui.engine.data import depth_scenes
from dltui.engine.generators.depth_scenes import FAR, FOCAL, HEIGHT, NEAR, THINGS, _stand, streets


class Still:
    """Draws zeros: a thing stands in the middle."""

    def uniform(self, low=0.0, high=1.0, shape=None):
        return np.zeros(shape) if shape else 0.0


def test_nearness_and_metres_are_inverse():
    metres = torch.tensor([NEAR, 3.0, 10.0, FAR])
    nearness = depth_scenes.as_nearness(metres)
    assert nearness[0] == 1 and nearness[-1] == 0
    torch.testing.assert_close(depth_scenes.as_metres(nearness), metres)
    rounded = (255 * nearness).round() / 255
    assert ((depth_scenes.as_metres(rounded) - metres).abs() / metres).max() < 0.01


def test_a_point_of_the_ground_is_as_far_as_its_place_below_the_horizon_says():
    """In the leftmost columns without things: 1 / d grows evenly downwards."""
    drawn = streets(40, 0, size=48)
    straight = 0
    for metres in drawn.distances:
        seen = metres[(metres[:, 0] < 20) & (metres[:, 0] > NEAR), 0]
        steps = np.diff(1 / seen)
        straight += np.allclose(steps, 1 / (48 * FOCAL * HEIGHT), atol=1e-4)
    assert straight >= 20


def test_a_thing_twice_as_far_looks_half_as_large():
    size = 200
    y, x = (np.mgrid[:size, :size].astype(np.float32) + 0.5) / size - 0.5
    covered = []
    for metres in (5.0, 10.0):
        colour, far = np.zeros((3, size, size), np.float32), np.full((size, size), FAR, np.float32)
        random = Still()
        _stand(colour, far, "box", metres, x, y, random)
        covered.append((far == metres).sum())
        width = (far == metres).any(0).sum() / size
        assert abs(width - FOCAL * THINGS["box"][0] / metres) < 0.02
    assert 3.5 < covered[0] / covered[1] < 4.5


def test_a_seed_decides_everything():
    one, same, other = (depth_scenes.build(train_rows=10, test_rows=4, seed=s).builtin() for s in (1, 1, 2))
    assert torch.equal(one.train.targets, same.train.targets) and not torch.equal(one.train.inputs, other.train.inputs)
    assert one.train.inputs.shape == (10, 3, 48, 48) and one.train.targets.shape == (10, 1, 48, 48)
