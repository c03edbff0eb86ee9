"""Thresholds: area, precision and recall are of the second class, at the threshold in use."""

import pytest
import sklearn.metrics
import torch

from dltui.engine.losses import logistic
from dltui.engine.probes.thresholds import build
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


@torch.no_grad()
def test_a_lower_threshold_finds_more_and_alarms_more(data):
    torch.manual_seed(1)
    task = classify.build()(context(data, {"model": torch.nn.Linear(2, 1)}, loss=logistic.build()))
    probe, recall = build()(task), []
    p = task.probabilities(data.test.inputs)[:, 1]
    for task.threshold in p.quantile(torch.tensor([0.3, 0.5, 0.7])).tolist():
        values, predictions = probe.evaluate(), p >= task.threshold
        assert values["recall"] == pytest.approx(sklearn.metrics.recall_score(data.test.targets, predictions))
        assert values["precision"] == pytest.approx(sklearn.metrics.precision_score(data.test.targets, predictions))
        assert values["auc"] == pytest.approx(sklearn.metrics.roc_auc_score(data.test.targets, p))
        recall.append(values["recall"])
    assert recall == sorted(recall, reverse=True) and recall[0] > recall[-1]
    assert [picture.pane for picture in probe.pictures()] == ["ROC", "thresholds"]


def test_three_classes_have_no_threshold(data):
    three = data._replace(classes=("a", "b", "c"))
    with pytest.raises(DltuiError, match="classes: 2"):
        build()(classify.build()(context(three, {"model": torch.nn.Linear(2, 3)})))
