"""Small and large objects, each judged alone."""

import torch
from torch import nn

from dltui.engine.data.scenes import build as scenes
from dltui.engine.layers.boxes import Boxes, area
from dltui.engine.probes.detection_sizes import build
from dltui.engine.tasks import detect
from tests.engine.conftest import context


class KnowsTheLarge(nn.Module):
    """Gives the objects (N, M, 5) whose side is at least 14 pixels, and nothing else."""

    def __init__(self, objects):
        super().__init__()
        self.rows = [rows[(rows[:, 4] >= 0) & (area(rows[:, :4]).sqrt() >= 14)] for rows in objects]

    def detect(self, pictures, min_score, nms_iou):
        return [Boxes(rows[:, :4], rows[:, 4].long(), torch.ones(len(rows))) for rows in self.rows[: len(pictures)]]


def test_who_finds_the_large_alone_is_worth_1_and_0():
    data = scenes(train_rows=10, test_rows=30, smallest=0.09, most=6).builtin()
    task = detect.build()(context(data, {"model": KnowsTheLarge(data.test.targets)}))
    assert build(small=14 / 64)(task).evaluate() == {"map50_small": 0.0, "map50_large": 1.0}
