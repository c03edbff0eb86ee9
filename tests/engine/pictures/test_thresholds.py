"""ROC and its area equal scikit-learn's, ties included."""

import numpy as np
import pytest
import sklearn.metrics
import torch

from dltui.engine.pictures.thresholds import precision_recall_picture, roc


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
