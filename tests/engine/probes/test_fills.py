"""Fills without learning: the mean by hand; the smooth fill solves Laplace's equation, as a sparse solver does."""

import numpy as np
import pytest
import torch
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve
from torch import nn

from dltui.engine.contracts.dataset import Split
from dltui.engine.probes.fills import build, mean_filled, smoothly_filled
from dltui.engine.reading.target_pictures import dataset
from dltui.engine.tasks import restore
from dltui.errors import DltuiError
from tests.engine.conftest import context


def with_hole(size: int = 12) -> torch.Tensor:
    torch.manual_seed(0)
    picture = torch.rand(1, 3, size, size) * 0.9 + 0.05
    picture[..., 3:8, 4:10] = 0
    return picture


def test_the_mean_is_that_of_the_known_pixels():
    picture = with_hole()
    known = (picture != 0)[0, 0]
    filled = mean_filled(picture)
    assert torch.allclose(filled[0, :, 5, 5], picture[0, :, known].mean(1))
    assert torch.equal(filled[..., known], picture[..., known])


def test_the_smooth_fill_solves_laplaces_equation():
    picture = with_hole()
    places = [(y, x) for y in range(3, 8) for x in range(4, 10)]
    matrix, right = lil_matrix((len(places), len(places))), np.zeros((len(places), 3))
    for row, (y, x) in enumerate(places):
        matrix[row, row] = 4
        for near in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
            if near in places:
                matrix[row, places.index(near)] = -1
            else:
                right[row] += picture[0, :, *near].numpy()
    exact = spsolve(matrix.tocsc(), right)
    found = smoothly_filled(picture)[0, :, 3:8, 4:10].flatten(1).T.numpy()
    assert found == pytest.approx(exact, abs=1e-4)


def test_a_ramp_is_continued():
    ramp = torch.linspace(0.1, 0.9, 10).expand(1, 1, 10, 10).clone()
    given = ramp.clone()
    given[..., 2:7, 3:7] = 0
    assert torch.allclose(smoothly_filled(given), ramp, atol=1e-4)


def test_it_is_for_holes():
    pictures = torch.randint(1, 255, (3, 1, 8, 8), dtype=torch.uint8)
    rows = dataset(Split(pictures, pictures), Split(pictures, pictures), "builtin", "noise")
    task = restore.build()(context(rows, {"model": nn.Identity()}))
    with pytest.raises(DltuiError, match="fills holes"):
        build()(task)
