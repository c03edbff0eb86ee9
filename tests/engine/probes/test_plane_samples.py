"""Samples of a plane: training points are as near as can be, one of them again and again is near and covers nothing."""

import pytest
import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.data import clouds
from dltui.engine.probes.plane_samples import build
from tests.engine.conftest import CPU


class Drawing:
    """A task whose samples are training points, moved; the first of them alone, or one after the other."""

    def __init__(self, moved=0.0, same=False):
        self.rows = Rows(clouds.build(shape="circle", groups=4, rows=500, spread=0.1).builtin(), CPU)
        self.moved, self.same = moved, same

    def sample(self, count, generator):
        x = self.rows.train.inputs
        return (x[:1].expand(count, 2) if self.same else x[:count]) + self.moved


def test_training_points_lie_as_fresh_ones_do():
    found = build(samples=100)(Drawing()).evaluate()
    assert found["distance"] < 1e-3 < found["fresh_distance"]
    assert found["w1"] == pytest.approx(found["fresh_w1"], abs=1e-6)


def test_a_moved_sample_is_far_and_a_collapsed_one_covers_nothing():
    assert build()(Drawing(moved=10.0)).evaluate()["distance"] > 10
    collapsed = build()(Drawing(same=True)).evaluate()
    assert collapsed["distance"] < 1e-3 and collapsed["w1"] > 5 * collapsed["fresh_w1"]


def test_distances_are_those_of_each_sample_to_its_nearest_training_point():
    probe = build(samples=50)(Drawing(moved=0.3))
    drawn, known = probe.known[:50] + 0.3, probe.known
    want = torch.stack([(known - point).norm(dim=1).min() for point in drawn]).mean()
    assert probe.evaluate()["distance"] == pytest.approx(want.item(), rel=1e-5)
