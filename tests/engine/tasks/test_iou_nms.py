"""The three acts of the demonstration: the moved box, the suppression, the judgement."""

import pytest
import torch

from dltui.engine.tasks.iou_nms import LIVE, METRICS, PATH, build

CPU = torch.device("cpu")


@pytest.fixture
def task():
    torch.manual_seed(0)
    return build()(None, {}, CPU)


def panes(task, step: int) -> dict:
    task.advance(step)
    return {picture.pane: picture.payload for picture in task.pictures()}


def test_the_box_passes_over_the_other_one_and_is_equal_in_the_middle(task):
    found = [task.advance(step)["iou"] for step in range(1, len(PATH) + 1)]
    assert found[0] == found[-1] == 0 and max(found) == 1 == found[len(PATH) // 2]
    assert found == pytest.approx(found[::-1])


def test_its_formula_counts_pixels(task):
    assert task.evaluate()["pixel_error"] < 1e-6


def test_boxes_only_disappear_and_as_many_are_left_as_are_judged(task):
    left = [task.evaluate()["left"] for step in range(len(PATH), 90) if task.advance(step)]
    assert left == sorted(left, reverse=True) and left[0] == len(task.raw.boxes)
    values = task.evaluate()
    assert values["tp"] + values["fp"] == left[-1] < left[0]
    assert values["tp"] + values["fn"] == len(task.objects.boxes)
    assert set(values) | {"iou"} == set(METRICS)


def test_without_suppression_it_is_worth_what_it_was(task):
    """Guards against a threshold that is turned about."""
    task.overlap = 1.0
    assert LIVE[0] == "overlap"
    same = task.evaluate()
    assert same["map50"] == pytest.approx(same["map50_raw"])


def test_its_last_picture_counts_every_object_and_box_once(task):
    shown = panes(task, 90)
    values, counts = task.evaluate(), torch.as_tensor(shown["confusion"]["values"])
    assert counts[:-1].sum() == len(task.objects.boxes)
    assert counts[:, :-1].sum() == values["tp"] + values["fp"]
    assert f"TP {values['tp']}, FP {values['fp']}" in shown["boxes"]["title"]
    assert {"pixels", "boxes", "classes"} <= set(panes(task, 1)["boxes"])
