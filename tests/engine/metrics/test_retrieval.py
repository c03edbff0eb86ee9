"""Retrieval: the nearest others, none of them the row itself, and the share of the right class among them."""

import torch
from sklearn.neighbors import NearestNeighbors

from dltui.engine.metrics.retrieval import found_first, precision_at


def test_found_first_is_scikit_learns_without_the_row_itself():
    x = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
    found = found_first(x, 5)
    near = NearestNeighbors(n_neighbors=6).fit(x.numpy()).kneighbors(x.numpy(), return_distance=False)[:, 1:]
    assert torch.equal(found, torch.from_numpy(near))


def test_a_twin_in_the_list_is_found_and_the_row_is_not():
    x = torch.tensor([[0.0], [0.0], [5.0], [5.1]])
    assert found_first(x, 1)[:, 0].tolist() == [1, 0, 3, 2]
    assert found_first(x, 9).shape == (4, 3)


def test_precision_counts_all_that_are_found():
    found, classes = torch.tensor([[1, 2], [0, 2], [3, 0], [2, 1]]), torch.tensor([0, 0, 1, 1])
    assert precision_at(found, classes) == 4 / 8
