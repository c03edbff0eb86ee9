"""The three acts of the demonstration: the moved box, the suppression, the judgement."""

import pytest
import torch

from dltui.engine.algorithms.iou_nms import METRICS, PATH, build
from tests.engine.conftest import context


@pytest.fixture
def walk():
    torch.manual_seed(0)
    return build()(context())


def panes(walk, step: int) -> dict:
    return {picture.pane: picture.payload for picture in walk.at(step).pictures}


def test_the_box_passes_over_the_other_one_and_is_equal_in_the_middle(walk):
    found = [walk.at(step).metrics["iou"] for step in range(1, len(PATH) + 1)]
    assert found[0] == found[-1] == 0 and max(found) == 1 == found[len(PATH) // 2]
    assert found == pytest.approx(found[::-1])


def test_its_formula_counts_pixels(walk):
    assert walk.at(0).metrics["pixel_error"] < 1e-6


def test_boxes_only_disappear_and_as_many_are_left_as_are_judged(walk):
    left = [walk.at(step).metrics["left"] for step in range(len(PATH), walk.length + 1)]
    assert left == sorted(left, reverse=True) and left[0] == len(walk.raw.boxes)
    values = walk.at(walk.length).metrics
    assert values["tp"] + values["fp"] == left[-1] < left[0]
    assert values["tp"] + values["fn"] == len(walk.objects.boxes)
    assert set(values) == set(METRICS)


def test_without_suppression_it_is_worth_what_it_was(walk):
    """Guards against a threshold that is turned about."""
    walk.nms_iou = 1.0
    same = walk.at(0).metrics
    assert same["map50"] == pytest.approx(same["map50_raw"])


def test_its_last_picture_counts_every_object_and_box_once(walk):
    shown = panes(walk, walk.length)
    values, counts = walk.at(walk.length).metrics, torch.as_tensor(shown["confusion"]["values"])
    assert counts[:-1].sum() == len(walk.objects.boxes)
    assert counts[:, :-1].sum() == values["tp"] + values["fp"]
    assert f"TP {values['tp']}, FP {values['fp']}" in shown["boxes"]["title"]
    assert {"pixels", "boxes", "classes"} <= set(panes(walk, 1)["boxes"])
