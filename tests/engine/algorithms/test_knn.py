"""k nearest neighbours: the rows and the votes are scikit-learn's."""

import torch
from sklearn.neighbors import KNeighborsClassifier

from dltui.engine.algorithms.knn import TOGETHER, nearest, vote


def drawn(rows, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, 5, generator=generator), torch.randint(0, 4, (rows,), generator=generator)


def test_neighbours_and_votes_are_those_of_sklearn():
    rows, labels = drawn(200, 0)
    queries, _ = drawn(TOGETHER + 30, 1)  # more than are looked at together
    near = nearest(queries, rows, 9)
    for k in (1, 4, 9):
        theirs = KNeighborsClassifier(k, algorithm="brute").fit(rows.double().numpy(), labels.numpy())
        assert near[:, :k].tolist() == theirs.kneighbors(queries.double().numpy(), return_distance=False).tolist()
        assert vote(labels[near], k).tolist() == theirs.predict(queries.double().numpy()).tolist()


def test_only_the_first_k_vote_and_of_equals_the_least_wins():
    labels = torch.tensor([[3, 1, 1, 3, 3]])
    assert [vote(labels, k).item() for k in range(1, 6)] == [3, 1, 1, 1, 3]


def test_a_row_is_its_own_nearest_unless_it_is_barred():
    rows, _ = drawn(40, 0)
    itself = torch.eye(40, dtype=torch.bool)
    assert nearest(rows, rows, 1)[:, 0].tolist() == list(range(40))
    near = nearest(rows, rows, 39, barred=itself)
    assert not (near == torch.arange(40)[:, None]).any()
    assert torch.equal(near[:, :3], nearest(rows, rows, 4)[:, 1:])
