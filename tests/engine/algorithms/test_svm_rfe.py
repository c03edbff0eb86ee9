"""SVM-RFE: the classifier and the order of elimination are scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.feature_selection import RFE
from sklearn.svm import LinearSVC

from dltui.engine.algorithms.svm_rfe import SVMRFE, linear_svm
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut
from dltui.engine.results import subset


def table(rows=90, D=7, seed=0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 3, (rows,), generator=generator)
    x = torch.randn(rows, D, generator=generator)
    x[:, 1] += y
    x[:, 4] -= 1.5 * (y == 1)
    return x, y


def made(x, y, C=0.1, retrain=True):
    return SVMRFE(x.double(), y, C, LeaveOneOut(x, y), retrain)


@pytest.mark.parametrize("C", [0.01, 1.0])
def test_the_weights_are_those_of_scikit_learn(C):
    """Guards the margin: squares of all rows, not only of those short of 1, make another classifier."""
    x, y = table()
    sign = torch.where(y == 1, 1.0, -1.0).double()
    theirs = LinearSVC(C=C, dual=False, tol=1e-10, fit_intercept=False, max_iter=10_000).fit(x.numpy(), sign.numpy())
    assert np.allclose(linear_svm(x.double(), sign, C), theirs.coef_[0], atol=1e-5)


def test_columns_go_in_scikit_learns_order():
    """Guards the least weight: taking the greatest out reverses the order."""
    x, y = table()
    ours = made(x, y)
    while not ours.done:
        ours.step()
    svm = LinearSVC(C=0.1, dual=False, tol=1e-10, max_iter=10_000)
    theirs = RFE(svm, n_features_to_select=1).fit(x.double().numpy(), y.numpy()).ranking_
    assert ours.sets.sum(0).tolist() == [8 - rank for rank in theirs.tolist()]


def test_the_weights_are_trained_anew_after_each_elimination():
    """Guards recursion: ranked once, a column keeps the weight that it shared with its twin."""
    x, y = table()
    x = torch.cat([x, x[:, 1:2] + 0.01 * torch.randn(len(x), 1)], 1)  # a twin of column 1
    ours = made(x, y)
    shared = ours.weights.clone()
    while ours.sets[int(ours.gone), 1] and ours.sets[int(ours.gone), 7]:
        ours.step()
    left = 1 if ours.sets[int(ours.gone), 1] else 7
    assert ours.weights[left] > 2 * shared[left]


def test_trained_once_columns_go_by_the_first_weights():
    """The ablation: the order of elimination is that of the weights with all columns in."""
    x, y = table()
    once = made(x, y, retrain=False)
    order = once.weights.argsort()
    while not once.done:
        once.step()
    assert once.sets.sum(0).argsort().tolist() == order.tolist()


def test_the_smallest_of_the_best_sets_is_chosen():
    x, y = table()
    ours = made(x, y)
    ours.sets[1:3] = False
    ours.sets[1, 1:], ours.sets[2, 2:] = True, True
    ours.worth[:3] = torch.tensor([0.5, 0.7, 0.7])
    assert int(subset.chosen(ours).sum()) == 5
