"""Generated clothes: the same every time, pieces cut as their corners say, cloth that does not tell the class."""

import numpy as np
import pytest
import torch

from dltui.engine.generators import garments


def test_clothes_are_the_same_whatever_else_was_drawn():
    first, classes = garments.garments(300, 5)
    np.random.seed(9)
    torch.manual_seed(9)
    again, same_classes = garments.garments(300, 5)
    assert np.array_equal(first, again) and np.array_equal(classes, same_classes)
    assert not np.array_equal(first, garments.garments(300, 6)[0])


def test_every_class_comes_equally_often_in_mixed_order():
    _, classes = garments.garments(1000, 0)
    assert np.bincount(classes).tolist() == [100] * 10
    assert np.bincount(classes[:200], minlength=10).min() > 5


@pytest.mark.parametrize("name", garments.CLASSES)
def test_every_piece_is_a_convex_quadrilateral_whose_corners_go_clockwise(name):
    """Else nothing would be inside it, and the garment would lack the piece."""
    for way in garments.WAYS[garments.CLASSES.index(name)]:
        for piece in [piece for line in way for piece in garments._pieces(line)]:
            for corners in piece.cuts:
                along = np.roll(corners, -1, 0) - corners
                following = np.roll(along, -1, 0)
                assert (along[:, 0] * following[:, 1] - along[:, 1] * following[:, 0] > 0).all(), corners


def test_what_lies_outside_is_as_far_from_the_edges_as_from_the_nearest_of_their_lines():
    """A square of side 8 in the middle: its distance by hand."""
    corners = np.array([[[-4, -4], [4, -4], [4, 4], [-4, 4]]], np.float32)
    outside = garments._outside(garments.GRID[None], corners)[0]
    assert np.allclose(outside, np.abs(garments.GRID).max(-1) - 4)


def test_shades_are_spread_alike_in_all_classes():
    """Means over a whole class of the brightest fifth of each picture: cloth is drawn without regard to the class."""
    pictures, classes = garments.garments(3000, 1)
    bright = np.quantile(pictures.reshape(3000, -1), 0.97, axis=1)
    means = [bright[classes == number].mean() for number in range(10)]
    assert max(means) - min(means) < 0.25 * bright.mean()
