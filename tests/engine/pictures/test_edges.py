"""Strokes drawn for counted edges: along the edge, in their cell, as bright as their count."""

import pytest
import torch

from dltui.engine.algorithms.hog import histograms
from dltui.engine.pictures.edges import SIZE, edges_picture, strokes


@pytest.mark.parametrize("upright", [True, False])
def test_a_stroke_runs_along_the_edge(upright):
    """Light on the right half has an upright edge, drawn as an upright stroke."""
    x = torch.zeros(8, 8)
    x[:, 4:] = 1
    drawn = strokes(histograms((x if upright else x.T)[None], 8, 9)[0], 9)
    drawn = drawn if upright else drawn.T
    assert drawn.shape == (9, 9) and drawn[:, 4].sum() > 2 * drawn[4].sum()


def test_a_falling_edge_is_drawn_falling():
    """From the upper left to the lower right: a wrong sign of the angle would draw it rising."""
    drawn = strokes(histograms(torch.ones(8, 8).triu()[None], 8, 9)[0], 9)
    assert drawn.diag().sum() > 2 * drawn.flip(1).diag().sum()


def test_brightness_is_the_root_of_the_share_and_stays_in_its_cell():
    counts = torch.zeros(2, 1, 3)
    counts[0, 0, 0], counts[1, 0, 1] = 4, 1
    drawn = strokes(counts, 9).split(9, 1)
    assert [cell.max().item() for cell in drawn] == pytest.approx([1, 0.5, 0])


def test_the_picture_stands_beside_them():
    x = torch.rand(9, 9)
    payload = edges_picture(x, torch.zeros(3, 2, 2), 4, ["is 1", "says 2"], "after 30 rows")
    assert payload["pixels"].shape == (2 * SIZE, 4 * SIZE)
    assert payload["pixels"][::2, : 2 * SIZE : 2].tolist() == (x[:8, :8] * 255).round().int().tolist()
