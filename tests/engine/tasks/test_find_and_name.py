"""Two nets in a row, with a detector and a namer whose errors are known."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context
from dltui.engine.layers.boxes import Boxes
from dltui.engine.tasks import find_and_name
from tests.engine.conftest import CPU

NAMES = ("dark", "bright")


class Detector(torch.nn.Module):
    """Knows the objects by the picture's number, which its last pixel holds; `miss` of them it never finds."""

    def __init__(self, targets, miss=(), extra=False):
        super().__init__()
        self.targets, self.miss, self.extra = targets, miss, extra

    def detect(self, pictures, min_score, nms_iou):
        found = []
        for picture in pictures:
            number = round(picture[0, -1, -1].item() * 255)
            boxes = self.targets[number, : int(number not in self.miss), :4]
            if self.extra:
                boxes = torch.cat([boxes, torch.tensor([[0.0, 0, 2, 2]])])
            found.append(Boxes(boxes, torch.zeros(len(boxes), dtype=torch.long), torch.ones(len(boxes))))
        return found

    def loss(self, pictures, objects):
        self.seen = objects
        return objects.sum()


class Namer(torch.nn.Module):
    """Takes what is bright for bright."""

    def forward(self, crops):
        mean = crops.mean((1, 2, 3))
        return torch.stack([0.5 - mean, mean - 0.5], 1)


def task(miss=(), extra=False, wrong=()):
    """Ten pictures with one square each, every second one bright; those in `wrong` are labelled otherwise."""
    pictures, targets = torch.full((10, 3, 24, 24), 60, dtype=torch.uint8), torch.zeros(10, 2, 5)
    targets[:, 1, 4] = -1
    for row in range(10):
        bright = row % 2
        pictures[row, :, 6:18, 6:18] = 250 if bright else 5
        pictures[row, :, -1, -1] = row
        targets[row, 0] = torch.tensor([6.0, 6, 18, 18, bright if row not in wrong else 1 - bright])
    split = Split(pictures, targets)
    data = Dataset(split, split, NAMES, "builtin", "", facts_of(pictures, NAMES))
    nets = {"detector": Detector(targets, miss, extra), "namer": Namer()}
    return find_and_name.build(jitter=0.0)(Context(Rows(data, CPU), nets, CPU, 0))


def test_what_the_first_misses_the_second_cannot_mend():
    values = task(miss=(0, 1, 2)).evaluate()
    assert values["found"] == values["both"] == pytest.approx(0.7) and values["lost"] == pytest.approx(0.3)
    assert values["named"] == values["named_from_truth"] == 1 and values["false_alarms"] == 0


def test_wrong_names_are_the_seconds_errors():
    values = task(miss=(0,), wrong=(0, 4, 5)).evaluate()
    assert values["found"] == pytest.approx(0.9) and values["both"] == pytest.approx(0.7)
    assert values["named"] == pytest.approx(7 / 9) and values["named_from_truth"] == pytest.approx(0.7)


def test_boxes_without_an_object_are_false_alarms():
    assert task(extra=True).evaluate()["false_alarms"] == 1


def test_the_detector_learns_one_class_and_where_there_is_none():
    made = task()
    made.detection_loss(torch.arange(10))
    assert made.detector.seen[..., 4].unique().tolist() == [-1, 0]


def test_the_namer_learns_from_the_true_boxes_alone():
    """The second place of each picture is empty: it costs nothing."""
    loss = task().naming_loss(torch.arange(10))
    sure = torch.tensor([0.25, 0.98]).sub(0.5).abs()
    assert 0 < loss < torch.nn.functional.softplus(-2 * sure.min() + 0.2)


def test_a_stricter_score_loses_objects_that_the_namer_would_know():
    made = task()
    made.detector.detect = scored(made.detector)
    values = made.evaluate()
    assert values["found"] == values["both"] == values["named_from_truth"] == 1
    assert values["found_strict"] == values["both_strict"] == pytest.approx(0.5)


def scored(detector):
    """Its boxes, those of the pictures with odd numbers surer than those of the others."""
    detect = detector.detect

    def found(pictures, min_score, nms_iou):
        return [
            one._replace(scores=torch.full((len(one.boxes),), 0.9 if number % 2 else 0.6))
            for number, one in enumerate(detect(pictures, min_score, nms_iou))
        ]

    return found


def test_no_more_is_named_than_is_found():
    pictures = {one.pane: one.payload for one in task(miss=(1,), wrong=(2,)).pictures()}
    truth, found, named = (curve["y"] for curve in pictures["chain"]["curves"])
    assert max(found) == pytest.approx(0.9) and max(named) == pytest.approx(0.8) and max(truth) == pytest.approx(0.9)
    assert any(box.get("dashed") for box in pictures["signs"]["boxes"])
