"""Suppression: what it is worth for a net that gives every box twice, and for one that does not."""

import torch
from torch import nn

from dltui.engine.data.scenes import build as scenes
from dltui.engine.layers.boxes import Boxes, nms
from dltui.engine.probes.suppression import build
from dltui.engine.tasks import detect
from tests.engine.conftest import context


class Knows(nn.Module):
    """Gives the objects (N, M, 5), each so many times, the copies after all others."""

    def __init__(self, objects, times):
        super().__init__()
        self.objects, self.times = objects, times

    def detect(self, pictures, min_score, nms_iou):
        found = []
        for rows in self.objects[: len(pictures)]:
            rows = rows[rows[:, 4] >= 0].repeat(self.times, 1)
            one = Boxes(rows[:, :4], rows[:, 4].long(), torch.rand(len(rows)))
            found.append(one.take(nms(one, nms_iou)) if nms_iou < 1 else one)
        return found


def test_copies_are_worth_something_only_when_suppressed():
    data = scenes(train_rows=10, test_rows=30).builtin()
    torch.manual_seed(0)
    values = {}
    for times in (1, 3):
        task = detect.build()(context(data, {"model": Knows(data.test.targets, times)}))
        values[times] = build()(task).evaluate()
    assert values[1] == {"map50_all_boxes": 1.0, "map50_suppressed": 1.0, "nms_change": 0.0}
    assert values[3]["map50_suppressed"] == 1.0
    assert values[3]["nms_change"] == 1.0 - values[3]["map50_all_boxes"] > 0.1
