"""Poses: a net that knows the joints has PCK 1 and no swaps; one that mirrors them swaps."""

import pytest
import torch
from torch import nn

from dltui.engine.comparisons.poses import build
from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.data import stick_people
from dltui.engine.metrics.keypoints import other_side
from dltui.engine.tasks import keypoints
from dltui.errors import DltuiError
from tests.engine.conftest import context


class Knowing(nn.Module):
    """Predicts the points that it was given, row after row of the test."""

    def __init__(self, points):
        super().__init__()
        self.points = points

    def forward(self, pictures):
        return self.points[: len(pictures)]

    def detect(self, pictures):
        return self(pictures), torch.rand(len(pictures), self.points.shape[1], 12, 12)

    def loss(self, pictures, points, scales):
        return points.sum()


def tasks(data):
    points = data.test.targets[:, :-1].view(len(data.test.targets), -1, 2) / data.facts["size"]
    nets = {"right": points, "mirrored": points[:, other_side(data.classes)]}
    return {name: keypoints.build()(context(data, {"model": Knowing(of)})) for name, of in nets.items()}


def test_the_truth_is_all_right_and_its_mirror_image_swapped():
    comparison = build(shown=2)(tasks(stick_people.build(train_rows=20, test_rows=12, size=24).builtin()))
    found = comparison.evaluate()
    assert found["right"] == {"pck": 1, "swaps": 0}
    assert found["mirrored"]["swaps"] == 1 and found["mirrored"]["pck"] < 0.6
    assert found[""]["mean_pose_pck"] < 0.6
    shown = {picture.pane: picture.payload for picture in comparison.pictures()}
    assert list(shown) == ["poses", "heat maps", "PCK", "joints"]
    assert shown["poses"]["row_titles"] == ["ground truth", "right", "mirrored"]
    pixels = shown["poses"]["pixels"]
    assert (pixels[:72] == pixels[72:144]).all() and (pixels[:72] != pixels[144:]).any()


def test_other_keypoints_are_refused():
    inputs, points = torch.zeros(4, 3, 24, 24, dtype=torch.uint8), torch.rand(4, 5)
    names = ("a", "b")
    data = Dataset(Split(inputs, points), Split(inputs, points), names, "builtin", "x", facts_of(inputs, names))
    with pytest.raises(DltuiError, match="stick people"):
        build()(tasks(data))
