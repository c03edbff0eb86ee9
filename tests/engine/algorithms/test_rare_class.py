"""Precision, recall, F1 and their curve as scikit-learn has them, ties and empty answers among them."""

import warnings

import numpy as np
import pytest
import torch
from sklearn import metrics

from dltui.engine.algorithms.rare_class import average_precision, precision_recall, scores


def drawn(seed, ties):
    generator = torch.Generator().manual_seed(seed)
    truth = torch.rand(500, generator=generator) < 0.05
    p = (torch.rand(500, generator=generator) + 0.3 * truth).double()
    return (p * 10).round() / 10 if ties else p, truth


@pytest.mark.parametrize("ties", [False, True])
def test_scores_and_curve_are_scikit_learns(ties):
    p, truth = drawn(int(ties), ties)
    said = p >= 0.8
    want = [
        metric(truth, said)
        for metric in (metrics.accuracy_score, metrics.precision_score, metrics.recall_score, metrics.f1_score)
    ]
    assert list(scores(said, truth)) == pytest.approx(want)
    precision, recall = precision_recall(p, truth)
    theirs = metrics.precision_recall_curve(truth, p)
    assert np.allclose(precision.flip(0), theirs[0][:-1]) and np.allclose(recall.flip(0), theirs[1][:-1])
    assert average_precision(precision, recall) == pytest.approx(metrics.average_precision_score(truth, p))


def test_who_calls_nothing_rare_is_right_and_finds_nothing():
    truth = torch.arange(100) == 7
    nothing = torch.zeros(100, dtype=torch.bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn says that 0 / 0 is taken as 0
        assert scores(nothing, truth)[1:] == (metrics.precision_score(truth, nothing), 0, 0)
    assert scores(nothing, truth).accuracy == pytest.approx(0.99)
