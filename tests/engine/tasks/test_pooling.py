"""Pooling shown: the worked example square by square, there and back, and pictures that slide by a pixel."""

import numpy as np
import pytest
import torch
from torch.nn.functional import max_pool2d

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.data import digits, moons
from dltui.engine.tasks.pooling import AROUND, build, circle
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


@pytest.fixture(scope="module")
def data():
    return digits.build().builtin()


def made(data, **options):
    torch.manual_seed(0)
    return build(**options)(data, {}, CPU)


def shown(task, pane="numbers"):
    with torch.no_grad():
        return {picture.pane: picture.payload for picture in task.pictures()}[pane]


@pytest.mark.parametrize("method", ["max", "average"])
def test_the_worked_example_fills_square_by_square_there_and_back(data, method):
    task, wrong = made(data, method=method), []
    for step in range(9):
        task.advance(step)
        wrong.append(task.evaluate()["wrong"])
    assert wrong == list(range(8, -1, -1)) and task.evaluate()["error"] < 1e-12


def test_the_notes_numbers_are_shown(data):
    task = made(data)
    task.advance(8)
    values = [np.asarray(grid["values"]).tolist() for grid in shown(task)["grids"]]
    assert values[1] == [[5, 6], [7, 8]]
    assert values[3] == [[0, 0, 8, 0], [0, 4, 0, 0], [0, 0, 0, 0], [12, 0, 0, 16]]
    task = made(data, method="average")
    task.advance(2)
    assert shown(task)["caption"] == "(6 + 3 + 2 + 1) / 4 = 3"


def test_what_is_lit_is_what_decides(data):
    """The cell that is marked in the input is the greatest of the lit ones, and gets the slope."""
    task = made(data)
    for step in range(5, 9):
        task.advance(step)
        grids = shown(task)["grids"]
        x, gradient = np.asarray(grids[0]["values"]), np.asarray(grids[3]["values"])
        [winner], lit = grids[0]["now"], grids[0]["lit"]
        assert x[winner] == max(x[cell] for cell in lit)
        assert [cell for cell in lit if gradient[cell]] == [winner]


def test_a_change_is_that_of_one_pixels_move(data):
    task = made(data, window=3)
    task.advance(9)
    torch.manual_seed(0)
    rows = torch.randperm(len(data.test.inputs))[:100]
    x = torch.nn.functional.pad(as_floats(data.test.inputs[rows])[:, 0].double(), (0, 4, 0, 4))
    before, after = max_pool2d(x, 3), max_pool2d(x.roll(1, 2), 3)  # the first move is to the right
    want = ((after - before).abs().sum((1, 2)) / before.sum((1, 2))).mean()
    assert task.evaluate()["changed"] == pytest.approx(want.item())


def test_the_way_leads_back_and_a_window_of_one_changes_as_the_pictures_do(data):
    task = made(data, window=1)
    task.advance(8 + len(AROUND))
    found = task.evaluate()
    assert torch.equal(task.slid[0], task.slid[-1]) and not torch.equal(task.slid[0], task.slid[8])
    assert found["moved"] == found["unpooled"]


def test_a_window_that_is_turned_counts_at_once(data):
    task = made(data)
    task.advance(30)
    before = task.evaluate()["moved"]
    task.window = 4
    assert task.evaluate()["moved"] == made_at(data, 30, window=4) != before


def made_at(data, step, **options):
    task = made(data, **options)
    task.advance(step)
    return task.evaluate()["moved"]


def test_the_circle_is_round():
    ring = circle(28, 28)
    assert torch.equal(ring, ring.T) and torch.equal(ring, ring.flip(0)) and ring[14, 14] == 0 and ring.max() > 0.9


def test_points_on_a_plane_cannot_be_pooled():
    with pytest.raises(DltuiError, match="at least 8 by 8"):
        made(moons.build().builtin())
