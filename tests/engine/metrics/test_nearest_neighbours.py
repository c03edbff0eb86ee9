"""Nearest neighbours vote as scikit-learn's do, many sets of columns at once too."""

import pytest
import torch
from sklearn.model_selection import LeaveOneOut as EachOut
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from dltui.engine.metrics.nearest_neighbours import K, LeaveOneOut, knn_accuracy, leave_one_out_accuracy


def table(rows: int = 60, D: int = 6, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 3, (rows,), generator=generator)
    x = torch.randn(rows, D, generator=generator)
    x[:, 1] += y
    x[:, 4] -= 1.5 * (y == 1)
    return x, y


def test_sets_of_columns_score_as_scikit_learns_leave_one_out():
    """Guards the diagonal: a row that votes for itself scores too well."""
    x, y = table()
    sets = torch.rand(6, 6, generator=torch.Generator().manual_seed(3)) < 0.5
    sets[:, 1] = True
    ours = LeaveOneOut(x, y)(sets)
    for bits, score in zip(sets, ours.tolist(), strict=True):
        theirs = cross_val_score(KNeighborsClassifier(K), x[:, bits].numpy(), y.numpy(), cv=EachOut()).mean()
        assert score == pytest.approx(theirs) == leave_one_out_accuracy(x[:, bits], y, K)


def test_no_column_is_worth_the_commonest_class():
    x, y = table()
    assert LeaveOneOut(x, y)(torch.zeros(1, 6)).item() == pytest.approx(y.bincount().max().item() / 60)
    right = (y[:20] == y.mode().values).double().mean().item()
    assert knn_accuracy(x[:, :0], y, x[:20, :0], y[:20]) == right


def test_test_rows_are_named_by_training_rows_and_few_rows_are_enough():
    x, y = torch.tensor([[0.0], [0.1], [5.0]]), torch.tensor([0, 0, 1])
    assert knn_accuracy(x, y, torch.tensor([[0.2], [4.0]]), torch.tensor([0, 1]), k=1) == 1
    assert knn_accuracy(x, y, torch.tensor([[0.2], [4.0]]), torch.tensor([0, 1])) == 0.5  # all three vote
    assert leave_one_out_accuracy(x, y, 10) == pytest.approx(2 / 3)
