"""Generated cells, and the map of weights by its formula."""

import numpy as np
import pytest

from dltui.engine.generators.cells import border_iou, borders, cells, count_cells, weight_map


@pytest.fixture(scope="module")
def drawn():
    return cells(4, 0)


def test_the_same_seed_gives_the_same(drawn):
    again, other = cells(4, 0), cells(4, 1)
    assert all((a == b).all() for a, b in zip(drawn, again, strict=True)) and (drawn[0] != other[0]).any()


def test_light_alone_does_not_tell_a_wall():
    """A threshold, the best one there is, stays far below the claim of 0.7: faint walls, specks and uneven light."""
    pictures, walls = cells(30, 0, size=48)
    scores = [border_iou(pictures[:, 0] < threshold, walls) for threshold in range(60, 200, 10)]
    assert 0.4 < max(scores) < 0.6


def test_walls_part_cells_and_a_gap_joins_two():
    walls = np.zeros((12, 12), np.uint8)
    walls[:, 6] = 1
    assert count_cells(walls) == 2
    walls[5, 6] = 0
    assert count_cells(walls) == 1


def halves(thick=1, at=8, gap=False):
    """Two cells and the wall between them (16, 16)."""
    walls = np.zeros((16, 16), np.uint8)
    walls[:, at : at + thick] = 1
    walls[5, :] *= not gap
    return walls


def test_a_border_is_a_line_in_the_middle_however_thick_the_wall_is():
    """Guards against judging thickness: the cells on both sides grow until they meet."""
    for thick, at in ((1, 8), (3, 7), (5, 6)):
        lines = borders(halves(thick, at))
        assert (lines.sum(1) == 1).all() and set(np.nonzero(lines)[1].tolist()) <= {7, 8}
    assert border_iou(halves(5, 6)[None], halves()[None]) == 1


def test_a_wall_with_a_gap_is_worth_nothing_and_one_made_up_costs():
    """Guards against pixels counted instead of borders: 15 of 16 wall pixels part nothing."""
    true = halves()[None]
    assert border_iou(halves(gap=True)[None], true) == 0
    assert border_iou(halves(at=9)[None], true) == 1 and border_iou(halves(at=11)[None], true) == 0
    both = np.maximum(halves(), halves(at=13))[None]
    assert border_iou(both, true) == pytest.approx(0.5) and border_iou(true, both) == pytest.approx(0.5)


def test_specks_and_cells_below_the_least_size_draw_no_border():
    walls = halves()
    speckled = walls.copy()
    speckled[2:6, 2:6] = 1
    speckled[3:5, 3:5] = 0  # four pixels in a ring: no cell
    assert count_cells(speckled) == 2 and (borders(speckled) == borders(walls)).all()


def test_where_all_is_wall_or_all_is_cell_there_is_no_border():
    assert not borders(np.ones((5, 5))).any() and not borders(np.zeros((5, 5))).any()
    assert count_cells(np.zeros((5, 5))) == 1 and count_cells(np.ones((5, 5))) == 0


def test_a_thin_wall_weighs_what_the_formula_says_and_more_than_a_thick_one():
    """A wall one pixel wide: d1 = d2 = 1. Guards against one distance counted twice: at 3 pixels d1 = 1, d2 = 3."""
    walls = np.zeros((9, 20), np.uint8)
    walls[:, 5] = 1
    walls[:, 12:15] = 1
    weights = weight_map(walls, w0=3.0, sigma=2.0)
    assert weights[4, 5] == pytest.approx(1 + 3 * np.exp(-(2**2) / 8))
    assert weights[4, 12] == weights[4, 14] == pytest.approx(1 + 3 * np.exp(-(4**2) / 8))
    assert (weights[walls == 0] == 1).all()


def test_without_two_cells_nothing_is_stressed():
    assert (weight_map(np.zeros((5, 5), np.uint8), 3.0, 2.0) == 1).all()
