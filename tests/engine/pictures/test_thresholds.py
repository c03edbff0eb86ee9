"""ROC, precision and recall as curves: those of scikit-learn, and where the threshold in use stands on them."""

import torch

from dltui.engine.pictures.thresholds import precision_recall_picture, roc_picture


def test_the_curves_end_where_they_must():
    scores, targets = torch.tensor([0.1, 0.4, 0.6, 0.9]), torch.tensor([0, 1, 0, 1])
    roc, _ = roc_picture(scores, targets).curves
    assert roc.name == "ROC, area 0.750" and (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    precision, recall = precision_recall_picture(scores, targets).curves
    assert precision.x.tolist() == recall.x.tolist() and recall.y[0] == 1 and precision.y[-1] == 1


def test_the_threshold_in_use_is_marked_where_the_curves_have_it():
    scores, targets = torch.tensor([0.1, 0.4, 0.6, 0.9]), torch.tensor([0, 1, 0, 1])
    mark = roc_picture(scores, targets, 0.5).curves[-1]
    assert (mark.name, mark.x, mark.y) == ("threshold 0.5", [0.5, 0.5], [0.0, 0.5])
    assert precision_recall_picture(scores, targets, 0.5).curves[-1].x == [0.5, 0.5]
    assert len(roc_picture(scores, targets).curves) == 2
