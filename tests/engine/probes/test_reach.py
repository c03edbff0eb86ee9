"""Reach: what is measured on test pictures is the side of the square that a convolution of that size sees."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from dltui.engine.contracts.rows import Rows
from dltui.engine.data import scene_masks
from dltui.engine.probes import reach
from tests.engine.conftest import CPU


def task_of(net):
    rows = Rows(scene_masks.build(train_rows=10, test_rows=4, size=24).builtin(), CPU).masks()
    return SimpleNamespace(net=net, rows=rows)


@pytest.mark.parametrize("k", [1, 3, 7])
def test_the_side_of_a_convolution(k):
    torch.manual_seed(0)
    assert reach.build()(task_of(nn.Conv2d(3, 4, k, padding=k // 2))).evaluate() == {"reach": k}


def test_the_picture_is_of_a_thing_and_its_box_holds_what_moves_it():
    torch.manual_seed(0)
    task = task_of(nn.Conv2d(3, 4, 5, padding=2))
    (picture,) = reach.build()(task).pictures()
    left, top, right, bottom = picture.payload["boxes"][0]["box"]
    row, column = reach.middle_of(task.rows.test.targets[0] > 0)
    assert (left, top) == (max(0, column - 2), max(0, row - 2))
    assert (right, bottom) == (min(24, column + 3), min(24, row + 3))


def test_the_middle_of_nothing_is_the_middle_of_all():
    assert reach.middle_of(torch.zeros(5, 9, dtype=torch.bool)) == (2, 4)
