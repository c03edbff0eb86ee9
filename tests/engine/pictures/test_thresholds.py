"""ROC and its area equal scikit-learn's, ties included."""

import numpy as np
import pytest
import sklearn.metrics
import torch

from dltui.engine.pictures.thresholds import precision_recall_picture, roc, roc_picture


@pytest.mark.parametrize("digits", [1, 6])
def test_equal_to_sklearn(digits):
    generator = torch.Generator().manual_seed(0)
    targets = torch.randint(0, 2, (300,), generator=generator)
    scores = (torch.rand(300, generator=generator) * 0.7 + targets * 0.3).mul(10**digits).round() / 10**digits
    false_rate, true_rate, area = roc(scores, targets)
    want_false, want_true, _ = sklearn.metrics.roc_curve(targets, scores, drop_intermediate=False)
    assert np.allclose(false_rate, want_false) and np.allclose(true_rate, want_true)
    assert area == pytest.approx(sklearn.metrics.roc_auc_score(targets, scores))
    curves = precision_recall_picture(scores, targets)["curves"]
    precision, recall, thresholds = sklearn.metrics.precision_recall_curve(targets, scores)
    assert np.allclose(curves[0]["y"][::-1], precision[:-1])
    assert np.allclose(curves[1]["y"][::-1], recall[:-1])
    assert np.allclose(curves[0]["x"][::-1], thresholds)


def test_the_threshold_in_use_is_marked_where_the_curves_have_it():
    scores, targets = torch.tensor([0.1, 0.4, 0.6, 0.9]), torch.tensor([0, 1, 0, 1])
    mark = roc_picture(scores, targets, 0.5)["curves"][-1]
    assert (mark["name"], mark["x"], mark["y"]) == ("threshold 0.5", [0.5, 0.5], [0.0, 0.5])
    assert precision_recall_picture(scores, targets, 0.5)["curves"][-1]["x"] == [0.5, 0.5]
    assert len(roc_picture(scores, targets)["curves"]) == 2
