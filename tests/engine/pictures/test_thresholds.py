"""ROC, precision and recall as curves: those of scikit-learn, and where the threshold in use stands on them."""

import torch
from sklearn.metrics import precision_recall_curve

from dltui.engine.pictures.thresholds import precision_over_recall, precision_recall_picture, roc_picture, scores_table


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


def test_precision_over_recall_is_scikit_learns_from_the_highest_threshold_to_the_lowest():
    generator = torch.Generator().manual_seed(0)
    targets = (torch.rand(500, generator=generator) < 0.05).long()
    scores = ((torch.rand(500, generator=generator) + 0.3 * targets) * 10).round() / 10  # with ties
    all_, guessing = precision_over_recall(scores, targets).curves
    precision, recall, _ = precision_recall_curve(targets, scores)
    assert (all_.x == recall[:-1][::-1]).all() and (all_.y == precision[:-1][::-1]).all()
    assert (all_.x[1:] >= all_.x[:-1]).all() and guessing.y[0] == targets.double().mean()


def test_scores_of_who_predicts_no_row_of_the_second_class():
    targets, predictions = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 1, 0, 1])
    rows = {name: (always, now) for name, always, now in scores_table(targets, predictions, ("a", "b")).rows}
    assert rows["accuracy"] == (0.75, 0.75) and rows["precision"] == (0, 0.5) and rows["recall"] == (0, 1)
