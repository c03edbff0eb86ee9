"""Filters made by hand: what they answer to is what they are called."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms.convolution import convolve
from dltui.engine.algorithms.image_filters import EDGE, FILTERS, build
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.data import photographs
from tests.engine.conftest import context


@pytest.fixture
def data():
    return photographs.build(size=32).builtin()


def shown(walk, step, pane):
    return next((picture.payload for picture in walk.at(step).pictures if picture.pane == pane), None)


def answers(name, picture):
    return convolve(picture, torch.tensor(FILTERS[name], dtype=torch.float64))


def test_the_notes_edge_filter_begins_with_minus_two(data):
    """1*0 + 0*0 - 1*2. Guards the direction: a kernel that is turned around gives +2."""
    walk = build(row=[0, 0, 2, 2, 5])(context(data))
    payload = shown(walk, 1, "edge filter")
    assert np.asarray(payload["grids"][2]["values"]).tolist()[0][0] == -2
    assert payload["caption"] == "1*0 + 0*0 + -1*2 = -2"
    assert walk.at(1).metrics["edge"] == -2
    assert shown(walk, 5, "edge filter")["title"] == "edge filter, stride 2"


def test_equal_neighbours_are_answered_with_nothing():
    flat = torch.full((5, 5), 0.7, dtype=torch.float64)
    for name in ("left diagonals", "vertical lines", "all edges"):
        assert answers(name, flat).abs().max() < 1e-12
    assert torch.allclose(answers("blur", flat), flat[1:-1, 1:-1])
    edge = torch.tensor(EDGE, dtype=torch.float64)
    assert convolve(flat[:1], edge).abs().max() == 0


def test_each_filter_answers_most_to_what_it_is_called_after():
    diagonal, vertical = torch.eye(5).double(), torch.zeros(5, 5).double()
    vertical[:, 2] = 1
    others = {"diagonal": diagonal, "anti": diagonal.flip(1), "vertical": vertical, "horizontal": vertical.T}
    for name, best in (("left diagonals", "diagonal"), ("vertical lines", "vertical")):
        most = {key: answers(name, picture)[1, 1].abs().item() for key, picture in others.items()}
        assert max(most, key=most.get) == best and most[best] == 6
    everywhere = [answers("all edges", picture)[1, 1].item() for picture in others.values()]
    assert min(everywhere) >= 6


def test_a_picture_is_filtered_from_the_top_down(data):
    walk = build(row=[0, 0, 2])(context(data))
    heights = []
    for step in (1, 2, 3, 4):
        pixels = shown(walk, step, "filter")["pixels"][:, 32:].max((1, 2))  # of the right half, by rows
        heights.append(np.flatnonzero(pixels).max() + 1)
    assert heights[:3] == [8, 16, 24] and heights[3] in (31, 32)


def test_the_sheet_holds_the_filters_that_are_done(data):
    walk = build(row=[0, 0, 2])(context(data))
    sheet = shown(walk, 8, "all filters")
    assert [caption for caption in sheet["captions"] if caption] == ["identity", "left diagonals"] * 2
    lit = sheet["pixels"].reshape(2, 32, 5, 32).max((0, 1, 3))
    assert (lit[:2] > 0).all() and (lit[2:] == 0).all()


def test_without_a_row_the_first_pictures_middle_one_is_taken():
    ramp = (torch.arange(8) * 32).to(torch.uint8).repeat(1, 1, 8, 1)
    split = Split(ramp, torch.zeros(1, dtype=torch.int64))
    walk = build(row=[])(context(Dataset(split, split, ("a",), "builtin", "", {})))
    assert walk.row[0].tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
