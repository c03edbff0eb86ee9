"""Pooling and its gradient are torch's; shown square by square, there and back, and on pictures that slide."""

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d, max_pool2d

from dltui.engine.algorithms.pooling import (
    AROUND,
    average_gradient,
    average_pool,
    build,
    change,
    circle,
    joined,
    max_gradient,
    max_pool,
    squares,
)
from dltui.engine.contracts.dataset import as_floats
from dltui.engine.data import clouds, digits
from dltui.errors import DltuiError
from tests.engine.conftest import context

BOTH = [(max_pool, max_gradient, max_pool2d), (average_pool, average_gradient, avg_pool2d)]


@pytest.mark.parametrize(("pool", "gradient", "torchs"), BOTH, ids=["max", "average"])
@pytest.mark.parametrize("s", [1, 2, 3])
def test_there_and_back_it_is_torchs(pool, gradient, torchs, s):
    """Also where the greatest number stands twice: digits 0 to 3 are equal often."""
    x = torch.randint(0, 4, (5, 6, 12), generator=torch.Generator().manual_seed(s)).double().requires_grad_()
    want = torchs(x, s)
    g = torch.arange(want.numel()).double().view_as(want)
    (back,) = torch.autograd.grad(want, x, g)
    assert torch.equal(pool(x.detach(), s), want)
    torch.testing.assert_close(gradient(g, x.detach(), s), back, rtol=0, atol=1e-12)


def test_what_is_beyond_the_last_square_is_cut_as_torch_does():
    x = torch.arange(35.0).view(1, 5, 7)
    assert torch.equal(max_pool(x, 3), max_pool2d(x, 3))


def test_squares_are_joined_again():
    x = torch.arange(48.0).view(2, 4, 6)
    assert torch.equal(joined(squares(x, 2), 2), x)
    assert squares(x, 2)[0, 0, 1].tolist() == [2, 3, 8, 9]


def test_a_change_is_a_share_of_what_was_there():
    before = torch.tensor([[[1.0, 3.0]], [[2.0, 2.0]]])
    assert change(before, torch.tensor([[[3.0, 1.0]], [[2.0, 2.0]]])).tolist() == [1, 0]


@pytest.fixture(scope="module")
def data():
    return digits.build().builtin()


def made(data, **options):
    torch.manual_seed(0)
    return build(**options)(context(data))


def numbers(walk, step):
    return next(picture.payload for picture in walk.at(step).pictures if picture.pane == "numbers")


@pytest.mark.parametrize("method", ["max", "average"])
def test_the_worked_example_fills_square_by_square_there_and_back(data, method):
    walk = made(data, method=method)
    assert [walk.at(step).metrics["wrong"] for step in range(9)] == list(range(8, -1, -1))
    assert walk.at(8).metrics["error"] < 1e-12


def test_the_notes_numbers_are_shown(data):
    values = [np.asarray(grid["values"]).tolist() for grid in numbers(made(data), 8)["grids"]]
    assert values[1] == [[5, 6], [7, 8]]
    assert values[3] == [[0, 0, 8, 0], [0, 4, 0, 0], [0, 0, 0, 0], [12, 0, 0, 16]]
    assert numbers(made(data, method="average"), 2)["caption"] == "(6 + 3 + 2 + 1) / 4 = 3"


def test_what_is_lit_is_what_decides(data):
    """The cell that is marked in the input is the greatest of the lit ones, and gets the slope."""
    walk = made(data)
    for step in range(5, 9):
        grids = numbers(walk, step)["grids"]
        x, gradient = np.asarray(grids[0]["values"]), np.asarray(grids[3]["values"])
        [winner], lit = grids[0]["now"], grids[0]["lit"]
        assert x[winner] == max(x[cell] for cell in lit)
        assert [cell for cell in lit if gradient[cell]] == [winner]


def test_a_change_is_that_of_one_pixels_move(data):
    walk = made(data, window=3)
    torch.manual_seed(0)
    rows = torch.randperm(len(data.test.inputs))[:100]
    x = torch.nn.functional.pad(as_floats(data.test.inputs[rows])[:, 0].double(), (0, 4, 0, 4))
    before, after = max_pool2d(x, 3), max_pool2d(x.roll(1, 2), 3)  # the first move is to the right
    want = ((after - before).abs().sum((1, 2)) / before.sum((1, 2))).mean()
    assert walk.at(9).metrics["changed"] == pytest.approx(want.item())


def test_the_way_leads_back_and_a_window_of_one_changes_as_the_pictures_do(data):
    walk = made(data, window=1)
    assert walk.length == 8 + len(AROUND)
    found = walk.at(walk.length).metrics
    assert torch.equal(walk.slid[0], walk.slid[-1]) and not torch.equal(walk.slid[0], walk.slid[8])
    assert found["moved"] == found["unpooled"]


def test_a_window_that_is_turned_counts_at_once(data):
    walk = made(data)
    before = walk.at(24).metrics["moved"]
    walk.window = 4
    assert walk.at(24).metrics["moved"] == made(data, window=4).at(24).metrics["moved"] != before


def test_the_circle_is_round():
    ring = circle(28, 28)
    assert torch.equal(ring, ring.T) and torch.equal(ring, ring.flip(0)) and ring[14, 14] == 0 and ring.max() > 0.9


def test_points_on_a_plane_cannot_be_pooled():
    with pytest.raises(DltuiError, match="needs pictures"):
        made(clouds.build().builtin())
