"""Thresholds: area, precision and recall are of the second class, at the threshold in use; or of classes never seen."""

import numpy as np
import pytest
import sklearn.metrics
import torch

from dltui.engine.data import clouds
from dltui.engine.losses import binary_cross_entropy as logistic
from dltui.engine.probes.thresholds import build
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context
from tests.engine.tasks.test_autoencode import made


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
        assert values["f1"] == pytest.approx(sklearn.metrics.f1_score(data.test.targets, predictions))
        area = sklearn.metrics.average_precision_score(data.test.targets, p)
        assert values["average_precision"] == pytest.approx(area)
        recall.append(values["recall"])
    assert recall == sorted(recall, reverse=True) and recall[0] > recall[-1]
    assert [picture.pane for picture in probe.pictures()] == ["ROC", "thresholds"]


def test_three_classes_have_no_threshold(data):
    three = data._replace(classes=("a", "b", "c"))
    with pytest.raises(DltuiError, match="classes: 2"):
        build()(classify.build()(context(three, {"model": torch.nn.Linear(2, 3)})))


@torch.no_grad()
def test_scores_and_counts_stand_beside_always_the_first_class():
    data = clouds.build(shape="imbalanced", rows=3000).builtin()
    torch.manual_seed(0)
    task = classify.build(threshold=0.4)(context(data, {"model": torch.nn.Linear(2, 1)}, loss=logistic.build()))
    probe = build(panes=["scores", "precision over recall", "counts"])(task)
    values = probe.evaluate() | task.evaluate()
    table, curve, counts = (picture.payload for picture in probe.pictures())
    assert table["columns"][1] == "always common" and values["majority_accuracy"] == 0.99
    for name, never, now in table["rows"]:
        assert now == pytest.approx(values[name]) and never == (pytest.approx(0.99) if name == "accuracy" else 0)
    mark, area, _ = curve["curves"]
    assert mark["x"][0] == pytest.approx(values["recall"]) and mark["y"][1] == pytest.approx(values["precision"])
    assert area["name"] == f"all, area {values['average_precision']:.2f}"
    assert counts["values"].sum() == 2000


def test_a_pane_that_there_is_not_is_told():
    with pytest.raises(DltuiError, match='no pane "roc"'):
        build(panes=["roc"])


class Grey(torch.nn.Module):
    """Reconstructs every picture as the same grey."""

    latent = 1

    def embed(self, pictures):
        return pictures.new_zeros(len(pictures), 1)

    def decode(self, codes):
        return torch.full((len(codes), 1, 6, 6), 0.02)


def test_of_an_autoencoder_the_scores_are_mean_squared_errors_and_the_unseen_are_positive():
    task = made(Grey(), unseen=[1])
    test = task.rows.test
    errors, unseen = (test.inputs - 0.02).square().flatten(1).mean(1), test.targets == 1
    assert build()(task).evaluate() == {
        "auc": pytest.approx(sklearn.metrics.roc_auc_score(unseen, errors)),
        "average_precision": pytest.approx(sklearn.metrics.average_precision_score(unseen, errors)),
        "positive_score": pytest.approx(errors[unseen].mean().item()),
        "negative_score": pytest.approx(errors[~unseen].mean().item()),
    }


def test_the_histogram_holds_nearly_all_scores_once():
    (picture,) = build(panes=["histogram"])(made(Grey(), unseen=[3])).pictures()
    shares = {curve["name"]: np.sum(curve["y"]) for curve in picture.payload["curves"]}
    assert set(shares) == {"positive", "negative"} and all(0.9 < share <= 1.0001 for share in shares.values())


def test_without_unseen_classes_there_are_no_anomalies():
    with pytest.raises(DltuiError, match="all are"):
        build()(made(Grey(), unseen=[]))
