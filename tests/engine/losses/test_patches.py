"""Patches: cut where they are asked for, moved no further than allowed, and set into a grid as they came."""

import pytest
import torch

from dltui.engine.losses.patches import GREY, cut, cut_grid, grid
from dltui.errors import DltuiError


def test_a_patch_is_the_slice_of_its_picture():
    pictures = torch.rand(2, 3, 9, 9)
    tops, lefts = torch.tensor([[0, 4], [5, 1]]), torch.tensor([[2, 0], [3, 4]])
    found = cut(pictures, tops, lefts, 4)
    for row in range(2):
        for place in range(2):
            top, left = tops[row, place], lefts[row, place]
            assert torch.equal(found[row, place], pictures[row, :, top : top + 4, left : left + 4])


@pytest.mark.parametrize(("side", "size", "gap"), [(3, 4, 0), (3, 3, 1), (2, 5, 2)])
def test_a_grid_that_is_cut_and_set_again_is_the_picture_without_its_gaps(side, size, gap):
    across = side * size + (side - 1) * gap
    pictures = torch.rand(2, 1, across, across)
    pieces = cut_grid(pictures, side, size, gap, 0)
    again = grid(pieces, side, gap)
    inside = torch.arange(across) % (size + gap) < size
    assert torch.equal(again, torch.where(inside[:, None] & inside, pictures, GREY))


def test_each_patch_is_moved_by_itself_and_no_further_than_allowed():
    """Patches of a picture of its own coordinates tell where they come from."""
    at = torch.arange(30.0)
    pictures = torch.stack([at[:, None].expand(30, 30), at.expand(30, 30)])[None].repeat(200, 1, 1, 1)
    corners = cut_grid(pictures, 3, 6, 3, 2)[..., 0, 0]  # (200, 9, 2) rows and columns
    moved = corners - cut_grid(pictures[:1], 3, 6, 3, 0)[..., 0, 0]
    assert moved.unique().tolist() == [-2, -1, 0, 1, 2]
    assert moved.std(1).mean() > 1, "those of one picture each by itself"


def test_what_does_not_fit_is_told():
    with pytest.raises(DltuiError, match="do not fit into pictures of 28 pixels"):
        cut_grid(torch.rand(1, 1, 28, 28), 3, 8, 2, 1)
    with pytest.raises(DltuiError, match="a patch has 3 at least"):
        cut_grid(torch.rand(1, 1, 28, 28), 3, 2, 2, 1)
