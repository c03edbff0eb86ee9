"""The comparison of detectors: the boxes of each beside one another, and the time that one takes."""

import time

import pytest
import torch
from torch import nn

from dltui.engine.comparisons.detections import build
from dltui.engine.data.scenes import build as scenes
from dltui.engine.layers.boxes import Boxes
from dltui.engine.tasks import detect
from tests.engine.conftest import context


class Takes(nn.Module):
    """Finds one box in every picture, after some milliseconds of work."""

    def __init__(self, milliseconds, left):
        super().__init__()
        self.milliseconds, self.left = milliseconds, left

    def detect(self, pictures, min_score, nms_iou):
        end = time.process_time() + self.milliseconds / 1000
        while time.process_time() < end:
            pass
        box = Boxes(torch.tensor([[self.left, 4.0, 20, 20]]), torch.tensor([1]), torch.tensor([0.9]))
        return [box] * len(pictures)

    def loss(self, pictures, objects):
        return pictures.sum() * 0

    def forward(self, pictures):
        return pictures


@pytest.fixture(scope="module")
def comparison():
    data = scenes(train_rows=10, test_rows=8).builtin()
    nets = {"fast": Takes(2, 3.0), "slow": Takes(12, 8.0)}
    return build(pictures=2)({name: detect.build()(context(data, {"model": net})) for name, net in nets.items()})


def test_the_time_of_a_picture_is_measured(comparison):
    values = comparison.evaluate()
    assert 2 <= values["fast"]["milliseconds"] < 8 and 12 <= values["slow"]["milliseconds"] < 30


def test_each_variant_has_its_column(comparison):
    boxes, table = comparison.pictures()
    found = [(box["cell"], box["box"][0]) for box in boxes.payload["boxes"] if not box.get("dashed")]
    assert sorted(found) == [(0, 3.0), (1, 8.0), (2, 3.0), (3, 8.0)]
    assert [row[0] for row in table.payload["rows"]] == ["fast", "slow"]


def test_objects_are_dashed_in_every_cell(comparison):
    boxes, _ = comparison.pictures()
    cells = [box["cell"] for box in boxes.payload["boxes"] if box.get("dashed")]
    assert set(cells) == {0, 1, 2, 3} and cells.count(0) == cells.count(1)
